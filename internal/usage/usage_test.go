package usage

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// program has commands with required flags, with groups of flags, and with
// arguments.
func program() *cobra.Command {
	run := func(*cobra.Command, []string) error { return nil }
	root := &cobra.Command{Use: "prog", SilenceErrors: true, SilenceUsage: true}
	send := &cobra.Command{Use: "send --to NUMBER", Args: cobra.NoArgs, RunE: run}
	send.Flags().String("from", "", "")
	send.Flags().String("messaging-service", "", "")
	send.Flags().String("to", "", "")
	send.Flags().Duration("timeout", 0, "")
	send.Flags().Float64("rate", 0, "")
	send.MarkFlagsOneRequired("from", "messaging-service")
	send.MarkFlagsMutuallyExclusive("from", "messaging-service")
	_ = send.MarkFlagRequired("to")
	check := &cobra.Command{Use: "check", Args: cobra.NoArgs, RunE: run}
	check.AddCommand(&cobra.Command{Use: "test FILE", Args: cobra.ExactArgs(1), RunE: run})
	keys := &cobra.Command{Use: "keys"}
	keys.AddCommand(&cobra.Command{Use: "new", RunE: run})
	root.AddCommand(send, check, keys)
	return Explain(root)
}

func TestMistakesAreExplained(t *testing.T) {
	for _, tc := range []struct{ args, want string }{
		{"send --from 1 --to 2", ""},
		{"send", "missing: --from or --messaging-service, --to; prog send --help has examples"},
		{"send --from 1", "missing: --to; prog send --help has examples"},
		{"send --from 1 --messaging-service MG1 --to 2", "--from and --messaging-service exclude each other: use only one"},
		{"send --frm 1", "unknown flag --frm; did you mean --from? prog send --help lists the flags"},
		{"send --time 1s", "unknown flag --time; did you mean --timeout? prog send --help lists the flags"},
		{"send --reason x", "unknown flag --reason; prog send --help lists the flags"},
		{"send -x", "unknown flag -x; prog send --help lists the flags"},
		{"send --to", "--to has no value"},
		{"send --timeout 10", `--timeout is "10": want a duration such as 30s, 10m or 24h`},
		{"send --rate fast", `--rate is "fast": want a number such as 1.5`},
		{"send --from 1 --to 2 Hello", `unexpected argument "Hello": put quotes around a value with spaces, and the name of its flag before it: prog send --to NUMBER [flags]`},
		{"sned", `unknown command "sned" for prog; did you mean send? prog --help lists the commands`},
		{"keys nwe", `unknown command "nwe" for prog keys; did you mean new? prog keys --help lists the commands`},
		{"keys", ""},
		{"check tset", `unknown command "tset" for prog check; did you mean test? prog check --help lists the commands`},
		{"check test", "an argument is missing: prog check test FILE [flags]"},
		{"check test a.yaml Order", `unexpected argument "Order": put quotes around a value with spaces, and the name of its flag before it: prog check test FILE [flags]`},
	} {
		cmd := program()
		cmd.SetArgs(strings.Fields(tc.args))
		got := ""
		if err := cmd.Execute(); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: got error %q, want %q", tc.args, got, tc.want)
		}
	}
}
