package corpus

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

// Answer runs the cases in Apache FreeMarker, and replaces their results. It
// must run in the directory freemarker, and needs a JDK and libfreemarker-java.
func Answer(base Base, cases []Case) error {
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, c := range cases {
		question := map[string]any{"template": base.Source(c), "model": base.ModelOf(c)}
		if c.Locale != "" {
			question["locale"] = c.Locale
		}
		if c.TimeZone != "" {
			question["timezone"] = c.TimeZone
		}
		if err := enc.Encode(question); err != nil {
			return err
		}
	}
	cmd := exec.Command("sh", "testdata/oracle/answers.sh")
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 16<<20)
	for i := range cases {
		if !lines.Scan() {
			return fmt.Errorf("got only %d results from Apache FreeMarker for %d cases", i, len(cases))
		}
		c := &cases[i]
		c.Output, c.Class, c.Line, c.Column = nil, "", 0, 0
		if err := json.Unmarshal(lines.Bytes(), c); err != nil {
			return err
		}
		if c.Class != "parse" {
			c.Line, c.Column = 0, 0
		}
	}
	return nil
}
