package schemas

// Reads comments and constants, which exist only in the source code of the
// types.

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// source holds comments, keyed by "Type" or "Type.Field", and the values of
// constants, keyed by type.
type source struct {
	comments  map[string]string
	constants map[string][]any
}

func readSource(root string) (*source, error) {
	s := &source{comments: map[string]string{}, constants: map[string][]any{}}
	files, err := filepath.Glob(filepath.Join(root, "sms", "*.go"))
	if err != nil {
		return nil, err
	}
	for _, path := range append(files, filepath.Join(root, "triggers", "event.go")) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("read the comments of the types: %w", err)
		}
		for _, declaration := range file.Decls {
			if general, ok := declaration.(*ast.GenDecl); ok {
				s.read(general, filepath.Base(filepath.Dir(path)))
			}
		}
	}
	return s, nil
}

func (s *source) read(declaration *ast.GenDecl, folder string) {
	for _, spec := range declaration.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if structure, ok := spec.Type.(*ast.StructType); ok {
				s.readStruct(spec.Name.Name, declaration.Doc, structure)
			} else if folder == "sms" {
				s.comments[spec.Name.Name] = plain(declaration.Doc, nil)
			}
		case *ast.ValueSpec:
			kind, typed := spec.Type.(*ast.Ident)
			for _, value := range spec.Values {
				literal, isLiteral := value.(*ast.BasicLit)
				if !typed || !isLiteral {
					continue
				}
				if text, err := strconv.Unquote(literal.Value); err == nil && text != "" {
					s.constants[kind.Name] = append(s.constants[kind.Name], text)
				}
			}
		}
	}
}

func (s *source) readStruct(name string, comment *ast.CommentGroup, structure *ast.StructType) {
	names := map[string]string{} // the JSON names of the fields
	for _, field := range structure.Fields.List {
		if field.Tag == nil {
			continue
		}
		tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`"))
		for _, ident := range field.Names {
			names[ident.Name], _, _ = strings.Cut(tag.Get("json"), ",")
		}
	}
	s.comments[name] = plain(comment, nil)
	shared := "" // the comment shared by several fields
	for _, field := range structure.Fields.List {
		own := plain(field.Doc, names)
		for _, ident := range field.Names {
			switch {
			case own != "":
				shared = own
			case names[ident.Name] == "" || !regexp.MustCompile(`\b`+names[ident.Name]+`\b`).MatchString(shared):
				shared = ""
			}
			s.comments[name+"."+ident.Name] = shared
		}
	}
}

var (
	link = regexp.MustCompile(`\[\*?([A-Z][A-Za-z.]*)\]`)
	word = regexp.MustCompile(`\b[A-Z][A-Za-z]+\b`)
)

// plain returns a comment as a single line that refers to fields by their JSON
// names.
func plain(comment *ast.CommentGroup, names map[string]string) string {
	text := strings.Join(strings.Fields(comment.Text()), " ")
	text = link.ReplaceAllString(text, "$1")
	return word.ReplaceAllStringFunc(text, func(name string) string {
		if json := names[name]; json != "" {
			return json
		}
		return name
	})
}
