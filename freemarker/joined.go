package freemarker

// Interpolations that also print the text after them: half as many elements
// to run in the usual template.

// joinTexts moves each text that follows an interpolation into that, in a
// node and all within it. White space must have been stripped.
func joinTexts(n node) {
	g := n.inside()
	if g == nil {
		return
	}
	kept := g.kids[:0]
	var before *outputNode
	for _, k := range g.kids {
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
			joinTexts(k)
		}
		kept = append(kept, k)
	}
	clear(g.kids[len(kept):])
	g.kids = kept
}
