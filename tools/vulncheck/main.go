// Command vulncheck runs govulncheck on the packages that its arguments name,
// and fails if they call code with a known vulnerability.
//
// The vulnerability database is that of https://vuln.go.dev, from the module
// golang.org/x/vulndb. It is downloaded through the same proxy as every other
// module, and kept in the module cache. If the newest version is unreachable, a
// pinned older version is used, with a loud warning; if that is unavailable
// too, the check fails.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/version"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/vuln/scan"
)

const (
	vulndb = "golang.org/x/vulndb"
	// pinned is the version of the database to use if the newest is
	// unreachable.
	pinned = "v0.0.0-20261105234957-e22db6528018"
	// complete is the minimum number of entries in a complete database. It had
	// 4,789 in November 2026, and entries are withdrawn but never deleted.
	complete = 4000
)

func main() {
	folder := flag.String("C", ".", "the `folder` that contains the packages")
	goVersion := flag.String("go", "", "the Go `version` that the programs are released with, such as go1.26.10 (default: the running one)")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	database, err := find(ctx, os.Stderr, download)
	if err == nil {
		err = check(ctx, os.Stdout, database, *folder, *goVersion, flag.Args())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "vulncheck:", err)
		os.Exit(1)
	}
}

// find returns the folder of the newest database. If that is unreachable, it
// writes a warning and returns the folder of the pinned one.
func find(ctx context.Context, warnings io.Writer, download func(context.Context, string) (dir, release string, err error)) (string, error) {
	dir, release, newest := download(ctx, "latest")
	if newest != nil {
		var err error
		if dir, release, err = download(ctx, pinned); err != nil {
			return "", fmt.Errorf("download the vulnerability database: %w", errors.Join(newest, err))
		}
	}
	made, err := module.PseudoVersionTime(release)
	if err != nil {
		return "", fmt.Errorf("parse the date in the version of %s, %s: %w", vulndb, release, err)
	}
	if newest != nil {
		fmt.Fprintf(warnings, "WARNING: the newest vulnerability database is unreachable (%v).\n"+
			"WARNING: vulnerabilities published after %s are not detected.\n", newest, made.Format(time.DateOnly))
	}
	database := filepath.Join(dir, "data", "osv")
	entries, err := filepath.Glob(filepath.Join(database, "GO-*.json"))
	if err != nil {
		return "", err
	}
	if len(entries) < complete {
		return "", fmt.Errorf("the vulnerability database in %s has only %d entries", database, len(entries))
	}
	fmt.Fprintf(warnings, "%d vulnerabilities known as of %s\n", len(entries), made.Format(time.DateOnly))
	return database, nil
}

// download puts a version of the database into the module cache unless it is
// already there, and returns its folder and its exact version.
func download(ctx context.Context, query string) (dir, release string, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "mod", "download", "-json", vulndb+"@"+query).Output()
	var answer struct{ Dir, Version, Error string }
	if len(out) > 0 {
		if unread := json.Unmarshal(out, &answer); unread != nil {
			return "", "", fmt.Errorf("parse the output of go mod download: %w", unread)
		}
	}
	if answer.Error != "" {
		err = errors.New(strings.TrimSpace(answer.Error))
	}
	if err != nil {
		return "", "", fmt.Errorf("download %s@%s: %w", vulndb, query, err)
	}
	return answer.Dir, answer.Version, nil
}

// check writes a report of the vulnerabilities in the code that the packages
// call, and returns an error if there are any. The packages are checked as if
// they were built with goVersion or, if that is empty, with the running version
// of Go.
func check(ctx context.Context, report io.Writer, database, folder, goVersion string, packages []string) error {
	if len(packages) == 0 {
		return errors.New("no packages to check: name some, such as ./...")
	}
	// With a version that cannot be parsed, govulncheck would report no
	// vulnerabilities in the standard library.
	if goVersion != "" && !version.IsValid(goVersion) {
		return fmt.Errorf("%q is not a Go version: want one such as go1.26.10", goVersion)
	}
	command := scan.Command(ctx, append([]string{"-C", folder, "-db", "file://" + filepath.ToSlash(database)}, packages...)...)
	command.Stdout, command.Stderr = report, report
	if goVersion != "" {
		command.Env = append(os.Environ(), "GOVERSION="+goVersion)
	}
	if err := command.Start(); err != nil {
		return err
	}
	if err := command.Wait(); err != nil {
		return fmt.Errorf("check %s: %w", strings.Join(packages, " "), err)
	}
	return nil
}
