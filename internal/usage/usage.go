// Package usage explains mistakes on a command line. Each error names the flag
// or argument and says what to write instead.
package usage

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"temporal-twilio/internal/yamlfile"
)

// Cobra's own annotations for flags that are required, alone or as a group, or
// that exclude each other.
const (
	required    = cobra.BashCompOneRequiredFlag
	oneRequired = "cobra_annotation_one_required"
	notTogether = "cobra_annotation_mutually_exclusive"
)

// Explain makes a command and its subcommands explain usage mistakes.
func Explain(root *cobra.Command) *cobra.Command {
	root.SetFlagErrorFunc(flagError)
	explain(root)
	return root
}

func explain(cmd *cobra.Command) {
	if cmd.HasSubCommands() && cmd.Args == nil { // cobra itself reports these or shows the help
		cmd.Args = cobra.NoArgs
	}
	if !cmd.Runnable() {
		cmd.DisableFlagsInUseLine = true
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return argumentError(cmd, args)
			}
			return nil
		}
	}
	next := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if err := missing(cmd); err != nil || next == nil { // cobra itself checks the flags later
			return err
		}
		return next(cmd, args)
	}
	for _, sub := range cmd.Commands() {
		explain(sub)
	}
}

// flagError explains a flag that cannot be parsed.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			return fmt.Errorf("unknown flag -%s; %s --help lists the flags", name, cmd.CommandPath())
		}
		return fmt.Errorf("unknown flag --%s; %s%s --help lists the flags", name, near(cmd, name), cmd.CommandPath())
	case errors.As(err, &empty):
		return fmt.Errorf("--%s has no value", empty.GetFlag().Name)
	}
	return Value(err)
}

// Value replaces pflag's error for a value that cannot be parsed with one that
// says what the flag expects. It returns any other error unchanged.
func Value(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	flag := invalid.GetFlag()
	want := wanted[flag.Value.Type()]
	if want == "" {
		return err
	}
	return fmt.Errorf("--%s is %q: want %s", flag.Name, invalid.GetValue(), want)
}

// wanted describes the values of the types whose parse errors come from strconv
// or time.
var wanted = map[string]string{
	"duration": "a duration such as 30s, 10m or 24h", "bool": "true or false",
	"int": "a whole number", "float64": "a number such as 1.5",
}

// near suggests the flag that was probably meant, if any.
func near(cmd *cobra.Command, name string) (suggestion string) {
	best := 3 // names that differ by this many letters are different words
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		d := yamlfile.Distance(name, flag.Name)
		if strings.HasPrefix(flag.Name, name) {
			d = 1
		}
		if !flag.Hidden && d < best && d < len(flag.Name) {
			best, suggestion = d, "did you mean --"+flag.Name+"? "
		}
	})
	return suggestion
}

// argumentError explains an argument that is missing or unexpected.
func argumentError(cmd *cobra.Command, args []string) error {
	if cmd.HasSubCommands() && len(args) > 0 {
		meant := ""
		if cmd.SuggestionsMinimumDistance <= 0 {
			cmd.SuggestionsMinimumDistance = 2
		}
		if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
			meant = "did you mean " + strings.Join(names, " or ") + "? "
		}
		return fmt.Errorf("unknown command %q for %s; %s%[2]s --help lists the commands", args[0], cmd.CommandPath(), meant)
	}
	if len(args) == 0 {
		return fmt.Errorf("an argument is missing: %s", cmd.UseLine())
	}
	return fmt.Errorf("unexpected argument %q: put quotes around a value with spaces, and the name of its flag before it: %s", args[len(args)-1], cmd.UseLine())
}

// missing returns the error for the flags that are missing or exclude each
// other.
func missing(cmd *cobra.Command) error {
	var absent []string
	var err error
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if slices.Equal(flag.Annotations[required], []string{"true"}) && !flag.Changed {
			absent = append(absent, "--"+flag.Name)
		}
		for _, group := range flag.Annotations[oneRequired] {
			if all := strings.Fields(group); len(given(cmd, all)) == 0 && all[0] == flag.Name {
				absent = append(absent, "--"+strings.Join(all, " or --"))
			}
		}
		for _, group := range flag.Annotations[notTogether] {
			if set := given(cmd, strings.Fields(group)); len(set) > 1 {
				err = fmt.Errorf("--%s exclude each other: use only one", strings.Join(set, " and --"))
			}
		}
	})
	if len(absent) > 0 {
		return fmt.Errorf("missing: %s; %s --help has examples", strings.Join(absent, ", "), cmd.CommandPath())
	}
	return err
}

// given returns the flags that are set.
func given(cmd *cobra.Command, names []string) (set []string) {
	for _, name := range names {
		if flag := cmd.Flags().Lookup(name); flag != nil && flag.Changed {
			set = append(set, name)
		}
	}
	return set
}
