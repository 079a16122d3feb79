package freemarker

// Interpolations that also print the text after them: half as many elements
// to run in the usual template.

// joinTexts moves each text that follows an interpolation into that, in an
// element and all within it. White space must have been stripped.
func joinTexts(b *element) {
	kept := b.kids[:0]
	var before *outputNode
	for _, k := range b.kids {
		switch k := k.(type) {
		case *textNode:
			if before != nil {
				before.after = k.text
				before = nil
				continue
			}
		case *outputNode:
			before = k
		default:
			before = nil
			if el := k.base(); len(el.kids) > 0 {
				joinTexts(el)
			}
		}
		kept = append(kept, k)
	}
	clear(b.kids[len(kept):])
	b.kids = kept
}
