package twiliosim

// The phone page: static files that use the controls under /sim/.

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed page
var pageFiles embed.FS

// pagePolicy allows images from anywhere, but everything else only from the
// simulator itself. It keeps scripts from turning strings into HTML, because
// messages contain text from anyone.
const pagePolicy = "default-src 'self'; img-src *; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

func pageHandler() http.Handler {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // cannot happen: the directory is embedded
	}
	static := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", pagePolicy)
		static.ServeHTTP(w, r)
	})
}
