// Regenerate runs the corpus in freemarker/testdata/corpus on Apache FreeMarker
// again, and replaces the results. It must run in the directory freemarker and
// needs a JDK and libfreemarker-java:
//
//	go run ./internal/corpus/regenerate
package main

import (
	"fmt"
	"log"

	"temporal-twilio/freemarker/internal/corpus"
)

func main() {
	base, files, err := corpus.Load("testdata/corpus")
	if err != nil {
		log.Fatalf("read the corpus (run this in the folder freemarker): %v", err)
	}
	for _, name := range files {
		cases, err := corpus.ReadFile(name)
		if err != nil {
			log.Fatal(err)
		}
		if err := corpus.Answer(base, cases); err != nil {
			log.Fatalf("run the cases of %s on Apache FreeMarker: %v", name, err)
		}
		if err := corpus.WriteFile(name, cases); err != nil {
			log.Fatal(err)
		}
		fmt.Println(name, len(cases))
	}
}
