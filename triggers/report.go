package triggers

// A report says how trigger files were understood.

import (
	"strings"
)

// Read says how a trigger was understood.
type Read struct {
	Trigger string `json:"trigger"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	// As describes the trigger in a few words, and for Alfresco's files what
	// each part became.
	As string `json:"as"`
}

// Report lists all triggers and how they were understood.
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
