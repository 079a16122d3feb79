package main

import (
	"strings"
	"testing"
)

func TestSummary(t *testing.T) {
	tests := []struct {
		name    string
		input   string
		want    []string
		wantNot []string
	}{
		{
			name: "tests that pass are counted and their output is not shown",
			input: `{"Action":"output","Package":"p","Test":"TestA","Output":"chatter\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`,
			want:    []string{"ok  \tp\t0.1s\n", "\n2 passed, 0 failed, 0 skipped\n"},
			wantNot: []string{"chatter"},
		},
		{
			name: "a test that fails shows its output and is counted once",
			input: `{"Action":"output","Package":"p","Test":"TestA","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}
`,
			want: []string{"got 1, want 2\n", "0 passed, 1 failed, 0 skipped\n"},
		},
		{
			name: "a skipped test is named",
			input: `{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p"}
`,
			want: []string{"skipped: p TestA\n", "0 passed, 0 failed, 1 skipped\n"},
		},
		{
			name: "a package that does not build is a failure",
			input: `{"ImportPath":"p","Action":"build-output","Output":"p.go:1: undefined: x\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p"}
`,
			want: []string{"undefined: x", "FAIL\tp [build failed]", "0 passed, 1 failed, 0 skipped\n"},
		},
		{
			name: "a package that crashes during a test is a failure with that test's output",
			input: `{"Action":"output","Package":"p","Test":"TestA","Output":"panic: oh\n"}
{"Action":"fail","Package":"p"}
`,
			want: []string{"panic: oh", "0 passed, 1 failed, 0 skipped\n"},
		},
		{
			name:  "other lines pass through",
			input: "make: Entering\n{not json\n",
			want:  []string{"make: Entering\n{not json\n", "0 passed, 0 failed, 0 skipped\n"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			s := newSummary(&out)
			if err := s.read(strings.NewReader(tt.input)); err != nil {
				t.Fatal(err)
			}
			s.printTotals(&out)
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the summary lacks %q:\n%s", want, out.String())
				}
			}
			for _, not := range tt.wantNot {
				if strings.Contains(out.String(), not) {
					t.Errorf("the summary contains %q, but should not:\n%s", not, out.String())
				}
			}
		})
	}
}
