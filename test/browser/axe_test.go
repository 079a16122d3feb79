package browser

// axe-core, which detects many accessibility problems of a page. npm installs
// the version that axe/package-lock.json pins, once, into .local/ at the root
// of the repository; no other part of the project needs it.

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

var axe = sync.OnceValues(func() (string, error) {
	files := map[string][]byte{}
	digest := sha256.New()
	for _, name := range []string{"package.json", "package-lock.json"} {
		file, err := os.ReadFile(filepath.Join("axe", name))
		if err != nil {
			return "", err
		}
		files[name] = file
		digest.Write(file)
	}
	root := filepath.Join("..", "..", ".local", "axe")
	folder := filepath.Join(root, hex.EncodeToString(digest.Sum(nil))[:16])
	script := filepath.Join(folder, "node_modules", "axe-core", "axe.min.js")
	if source, err := os.ReadFile(script); err == nil {
		return string(source), nil
	}
	for name, file := range files {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(folder, name), file, 0o644); err != nil {
			return "", err
		}
	}
	install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir, install.Stdout, install.Stderr = folder, os.Stderr, os.Stderr
	if err := install.Run(); err != nil {
		return "", err
	}
	source, err := os.ReadFile(script)
	return string(source), err
})

// violations returns what axe finds wrong with the page in its current state.
func violations(p *tab) []string {
	p.Helper()
	source, err := axe()
	if err != nil {
		p.Fatalf("axe-core cannot be installed; it needs npm: %v", err)
	}
	if !eval[bool](p, `Boolean(window.axe)`) {
		p.run(source + `; void 0`)
	}
	return eval[[]string](p, `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
		violations.flatMap(({ id, help, nodes }) => nodes.map((node) => id + ", " + help + ": " + node.html.slice(0, 160))))`)
}
