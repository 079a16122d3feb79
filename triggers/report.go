package triggers

// A report describes how trigger files were interpreted.

import (
	"strings"
)

// Read describes how a trigger was interpreted.
type Read struct {
	Trigger string `json:"trigger"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	// As describes the trigger in a few words. For an Alfresco file, it also
	// says what each part became.
	As string `json:"as"`
}

// Report lists all triggers and how they were interpreted.
func (s *Set) Report() []Read {
	report := make([]Read, len(s.triggers))
	for i, t := range s.triggers {
		as := t.action.String()
		if len(t.notes) > 0 {
			as += " (" + strings.Join(t.notes, "; ") + ")"
		}
		report[i] = Read{Trigger: t.Name, File: t.File, Line: t.Line, As: as}
	}
	return report
}
