//go:build !race

package freemarker_test

// Tests of the time that hostile templates take. They run without the race
// detector, which would slow them down and find nothing, because rendering uses
// a single goroutine.

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"temporal-twilio/freemarker"
	"temporal-twilio/test/cputime"
)

// TestHostileTemplatesAreAnsweredInTime allows each template 2 s of CPU time.
func TestHostileTemplatesAreAnsweredInTime(t *testing.T) {
	model := freemarker.Map(
		freemarker.Entry{Key: "m", Value: freemarker.Map()},
		freemarker.Entry{Key: "a", Value: freemarker.String("a")},
	)
	for name, source := range hostile {
		t.Run(name, func(t *testing.T) {
			var took, parsed time.Duration
			var err error
			const allowed = 2 * time.Second
			for range 5 { // the garbage collector may take some of the time
				var tpl *freemarker.Template
				start := cputime.Used()
				tpl, err = freemarker.Parse("hostile", source)
				parsed = cputime.Used() - start
				if err == nil {
					_, err = tpl.Render(context.Background(), model)
				}
				if took = cputime.Used() - start; took <= allowed {
					break
				}
			}
			if took > allowed {
				t.Errorf("parsing and rendering took %v, of which parsing took %v; want at most %v", took, parsed, allowed)
			}
			if err != nil && strings.Contains(err.Error(), "internal error") {
				t.Error(err)
			}
			var re *freemarker.RenderError
			if strings.Contains(name, "caught") && !(errors.As(err, &re) && re.Kind == freemarker.KindLimit) {
				t.Errorf("got error %v, want one of KindLimit, which no template can catch", err)
			}
			t.Logf("%v (parsing %v): %v", took.Round(time.Millisecond), parsed.Round(time.Millisecond), err)
		})
	}
}

// TestContextEndsARendering checks that each hostile template ends within 50 ms
// of CPU time after a deadline in the middle of its rendering. The garbage
// collector may take up that time, so the test makes up to ten attempts.
func TestContextEndsARendering(t *testing.T) {
	model := freemarker.Map(freemarker.Entry{Key: "a", Value: freemarker.String("a")})
	for name, source := range hostile {
		tpl, err := freemarker.Parse("hostile", source, freemarker.WithLimits(freemarker.Limits{Time: time.Minute}))
		if err != nil {
			continue
		}
		const deadline, tolerance = 20 * time.Millisecond, 50 * time.Millisecond
		late := time.Duration(0)
		for range 10 {
			ctx, cancel := context.WithTimeout(context.Background(), deadline)
			start := cputime.Used()
			_, err = tpl.Render(ctx, model)
			late = cputime.Used() - start - deadline
			cancel()
			if late < tolerance {
				break
			}
		}
		if late >= tolerance {
			t.Errorf("%s: ended %v after the deadline, want less than %v; error %v", name, late, tolerance, err)
		}
	}
}
