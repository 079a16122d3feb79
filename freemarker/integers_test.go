package freemarker_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"temporal-twilio/freemarker"
)

func TestARemainderByALiteralIsThatOfADivision(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, divisor := range []int64{1, 2, 3, 7, 10, 641, 65536, 1<<31 - 1, 1<<32 - 1, 1 << 32, 1<<32 + 1} {
		tpl, err := freemarker.Parse("", fmt.Sprintf("${(x %% %d)?c}", divisor))
		if err != nil {
			t.Fatal(err)
		}
		numbers := []int64{0, 1, divisor - 1, divisor, divisor + 1, 1<<32 - 1, 1 << 32, -1, -divisor}
		for range 2000 {
			numbers = append(numbers, int64(rng.Uint64()>>rng.IntN(64)))
		}
		for _, x := range numbers {
			got := render(t, tpl, freemarker.Map(freemarker.Entry{Key: "x", Value: freemarker.Int(x)}))
			if want := fmt.Sprint(x % divisor); got != want {
				t.Fatalf("%d %% %d is %s, not %s", x, divisor, want, got)
			}
		}
	}
}

func TestSumsOfIntegersCountAsSteps(t *testing.T) {
	for name, template := range map[string]string{
		"in an endless loop":    "<#assign s = 0><#list 1.. as i><#assign s = s + i></#list>",
		"many in a short loop":  "<#assign s = 0><#list 1..9 as i>" + strings.Repeat("<#assign s = s + 1>", 2000) + "</#list>",
		"compared without end":  "<#list 1.. as i><#if i + 1 < 0>never</#if></#list>",
		"as arguments of calls": "<#function f n><#return n></#function><#list 1.. as i>${f(i + 1)}</#list>",
	} {
		tpl, err := freemarker.Parse("", template, freemarker.WithLimits(freemarker.Limits{Steps: 20_000}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = tpl.Render(context.Background(), freemarker.Map())
		var re *freemarker.RenderError
		if !errors.As(err, &re) || re.Kind != freemarker.KindLimit || !strings.Contains(re.Error(), "steps") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
