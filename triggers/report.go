package triggers

// Reports: what was read as what.

import (
	"fmt"
	"strings"
)

// Read says what of a trigger file was understood.
type Read struct {
	Trigger string `json:"trigger"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	// As is what the trigger does, in a few words, and for Alfresco's files
	// what each part became.
	As string `json:"as"`
}

// Report lists all triggers and what they were read as.
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

func (a action) String() string {
	switch {
	case a.start != nil:
		return fmt.Sprintf("start %s on task queue %s", a.start.workflow, a.start.taskQueue)
	case a.signal != nil:
		return "signal " + a.signal.name
	case a.signalWithStart != nil:
		return fmt.Sprintf("signal %s, with start of %s on task queue %s", a.signalWithStart.signal.name, a.signalWithStart.start.workflow, a.signalWithStart.start.taskQueue)
	case a.signalAll != nil && a.signalAll.correlation != nil:
		return "signal all that catch message " + a.signalAll.name + " with the correlation key"
	case a.signalAll != nil:
		return "signal all that catch " + a.signalAll.name
	case a.update != nil:
		return "update " + a.update.name
	}
	return "nothing"
}
