package javaregex

// This file defines the limits of a pattern and a match, and the error for
// exceeding one.

import (
	"fmt"
	"time"
)

// Limits bounds what a pattern and one call may cost. A zero field means its
// default. A match that exceeds a limit ends with a *BudgetError; a pattern
// that exceeds one does not compile.
type Limits struct {
	// Steps is the maximum number of steps of one call. A step is one
	// instruction of the pattern at one position of the input, or sixteen
	// characters of a scan: 5 to 20 ns. Default 3,000,000, about a tenth of a
	// second.
	Steps int
	// Time is the maximum duration of one call. It matters on a busy machine,
	// where the steps may take longer than usual. Default 150 ms.
	Time time.Duration
	// Memory is the maximum number of bytes that one call may hold for
	// backtracking and for remembered failures. Default 32 MiB.
	Memory int
	// Input is the maximum length of the input in bytes. Default 16 MiB, at
	// most 1 GiB.
	Input int
	// Output is the maximum number of bytes that ReplaceAll, ReplaceFirst,
	// Split and FindAll may produce. Default 16 MiB.
	Output int
	// Pattern is the maximum length of the pattern in bytes. Default 64 KiB, at
	// most 1 MiB.
	Pattern int
	// Nesting is the maximum depth of groups and classes in a pattern. Default
	// 5,000.
	Nesting int
}

// DefaultLimits are the limits of Compile and CompileFlags.
var DefaultLimits = Limits{
	Steps:   3_000_000,
	Time:    150 * time.Millisecond,
	Memory:  32 << 20,
	Input:   16 << 20,
	Output:  16 << 20,
	Pattern: 64 << 10,
	Nesting: 5000,
}

// withDefaults returns l with each field that is not positive replaced by its
// default.
func (l Limits) withDefaults() Limits {
	fill := func(field *int, value int) {
		if *field <= 0 {
			*field = value
		}
	}
	if l.Time <= 0 {
		l.Time = DefaultLimits.Time
	}
	fill(&l.Steps, DefaultLimits.Steps)
	fill(&l.Memory, DefaultLimits.Memory)
	fill(&l.Input, DefaultLimits.Input)
	fill(&l.Output, DefaultLimits.Output)
	fill(&l.Pattern, DefaultLimits.Pattern)
	fill(&l.Nesting, DefaultLimits.Nesting)
	l.Input = min(l.Input, 1<<30) // positions are 32-bit numbers
	l.Pattern = min(l.Pattern, 1<<20)
	return l
}

// Budget names one of the limits in Limits.
type Budget string

// The budgets that a call can use up.
const (
	BudgetSteps  Budget = "steps"
	BudgetTime   Budget = "milliseconds"
	BudgetMemory Budget = "bytes of memory"
	BudgetInput  Budget = "bytes of input"
	BudgetOutput Budget = "bytes of output"

	budgetContext Budget = "the context" // used only inside the matcher
)

// BudgetError reports that a call ended because it exceeded a limit, so it is
// unknown whether there is a match. If the context is cancelled, the error is
// the context's own.
type BudgetError struct {
	Budget Budget
	Limit  int
}

func (e *BudgetError) Error() string {
	return fmt.Sprintf("javaregex: match ended after %d %s: simplify the pattern (nested repetition is the usual cause) or shorten the input", e.Limit, e.Budget)
}
