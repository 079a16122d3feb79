// Regenerate asks Apache FreeMarker again for its answers to the corpus in
// freemarker/testdata/corpus. It runs in the folder freemarker and needs a JDK
// and libfreemarker-java:
//
//	go run ./internal/corpus/regenerate
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"

	"temporal-twilio/freemarker/internal/corpus"
)

func main() {
	base, files, err := corpus.Load("testdata/corpus")
	if err != nil {
		log.Fatalf("reading the corpus (run this in the folder freemarker): %v", err)
	}
	for _, name := range files {
		cases, err := corpus.ReadFile(name)
		if err != nil {
			log.Fatal(err)
		}
		if err := answer(base, cases); err != nil {
			log.Fatalf("asking for the answers to %s: %v", name, err)
		}
		if err := corpus.WriteFile(name, cases); err != nil {
			log.Fatal(err)
		}
		fmt.Println(name, len(cases))
	}
}

// answer fills in the answers to cases.
func answer(base corpus.Base, cases []corpus.Case) error {
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
			return fmt.Errorf("there are only %d answers to %d cases", i, len(cases))
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
