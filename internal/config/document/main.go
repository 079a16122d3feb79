// Command document writes docs/configuration.md and the schema of the
// configuration file.
package main

import (
	"fmt"
	"os"

	"temporal-twilio/internal/config"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: document PAGE SCHEMA")
		os.Exit(2)
	}
	for i, text := range [][]byte{[]byte(config.Markdown()), config.Schema()} {
		if err := os.WriteFile(os.Args[i+1], text, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "document:", err)
			os.Exit(1)
		}
	}
}
