package main

// This file chooses the Temporal server to run.

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// The oldest version of the CLI that works. Its server is too old for
// standalone activities, which need version 1.31; the embedded server is new
// enough.
const (
	oldestMajor = 1
	oldestMinor = 5
)

// temporalServer is a binary that accepts `server start-dev`.
type temporalServer struct {
	path    string
	version string // empty for the embedded server
}

// database returns the path of the SQLite file. Versions of the server cannot
// read each other's files, so each CLI version has its own.
func (t temporalServer) database(data string) string {
	if t.version == "" {
		return filepath.Join(data, "temporal.db")
	}
	return filepath.Join(data, "temporal-"+t.version+".db")
}

func (t temporalServer) String() string {
	if t.version == "" {
		return "the embedded server"
	}
	return fmt.Sprintf("%s, version %s", t.path, t.version)
}

// chooseTemporal returns the binary that was given, or else a CLI on PATH that
// is new enough, or else the embedded server, which it builds if necessary.
func chooseTemporal(ctx context.Context, s settings, out *console) (temporalServer, error) {
	if s.temporal != "" {
		version, err := cliVersion(ctx, s.temporal)
		return temporalServer{path: s.temporal, version: version.String()}, err
	}
	if path, err := exec.LookPath("temporal"); err == nil {
		version, err := cliVersion(ctx, path)
		if err == nil && version.atLeast(oldestMajor, oldestMinor) {
			return temporalServer{path: path, version: version.String()}, nil
		}
		if err != nil {
			out.print(fmt.Sprintf("not using %s: %v\n", path, err))
		} else {
			out.print(fmt.Sprintf("not using %s: its version is %s; 1.5 or newer is needed\n", path, version))
		}
	}
	path, err := buildEmbedded(ctx, s.bin, out)
	return temporalServer{path: path}, err
}

type version struct{ major, minor, patch int }

func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch) }

func (v version) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}

// cliVersion runs a Temporal CLI with --version and parses its output.
func cliVersion(ctx context.Context, path string) (version, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	output, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return version{}, fmt.Errorf("%s --version: %w", path, err)
	}
	v, ok := parseVersion(string(output))
	if !ok {
		return version{}, fmt.Errorf("%s --version prints %.100q: it is not Temporal's CLI", path, output)
	}
	return v, nil
}

// "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)".
var versionPattern = regexp.MustCompile(`^temporal\S* version v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})`)

func parseVersion(output string) (version, bool) {
	m := versionPattern.FindStringSubmatch(output)
	if m == nil {
		return version{}, false
	}
	var v version
	for i, field := range []*int{&v.major, &v.minor, &v.patch} {
		*field, _ = strconv.Atoi(m[i+1])
	}
	return v, true
}
