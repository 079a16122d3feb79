package main

// starter scaffold: writes a project of workflow stubs for an Alfresco
// application.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"temporal-twilio/starter/scaffold"
)

func scaffoldCommand() *cobra.Command {
	var out, language string
	var o scaffold.Options
	cmd := &cobra.Command{
		Use:   "scaffold FOLDER --out NEW-FOLDER",
		Short: "Write a project of workflow stubs for an Alfresco application",
		Long: `Write a project with one workflow for each process of an Alfresco application:
those that its trigger files (*.json) start, and those that its models
(*.bpmn20.xml) describe. Each has a typed input, a test, and a list of the model's
steps with their counterparts in a workflow. The trigger files are copied unchanged,
and checked as by starter triggers lint.`,
		Example: `  starter scaffold my-alfresco-app --out ../shop-workflows
  starter scaffold my-alfresco-app --out ../shop-workflows --language typescript`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(scaffold.Languages, language) {
				return fmt.Errorf("--language %q: want one of %s", language, strings.Join(scaffold.Languages, ", "))
			}
			if o.Name == "" {
				o.Name = projectName(out)
			}
			if o.Library == "" {
				o.Library = repository()
			}
			app, err := scaffold.Read(args[0])
			if err != nil {
				return fmt.Errorf("scaffold %s: %w", args[0], err)
			}
			files, err := app.Write(out, language, o)
			if err != nil {
				return fmt.Errorf("scaffold: %w", err)
			}
			if err := lintScaffold(cmd.Context(), cmd.OutOrStdout(), app, filepath.Join(out, scaffold.TriggersDir), o); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "workflows: %d, files: %d; see %s for how to run them\n", len(app.Processes), len(files), filepath.Join(out, "README.md"))
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&out, "out", "", "directory of the project; must be new or empty")
	flags.StringVar(&language, "language", "go", strings.Join(scaffold.Languages, " or "))
	flags.StringVar(&o.Name, "name", "", "name of the Go module or npm package (default: that of the directory)")
	flags.StringVar(&o.TaskQueue, "task-queue", "processes", "task queue of the project's worker")
	flags.StringVar(&o.Library, "library", "", "path of the temporal-twilio repository (default: the one around the working directory or the starter)")
	_ = cmd.MarkFlagRequired("out") // the flag is defined above
	return cmd
}

// lintScaffold prints what lint finds in the trigger files of the project.
// These findings do not fail the command.
func lintScaffold(ctx context.Context, out io.Writer, app *scaffold.App, folder string, o scaffold.Options) error {
	if len(app.Triggers) == 0 {
		return nil
	}
	how, err := options()
	if err != nil {
		return err
	}
	how.TaskQueue = o.TaskQueue
	all := newLinted()
	if _, err := all.check(ctx, folder, how); err != nil {
		return err
	}
	all.printFindings(out)
	return nil
}

// projectName derives a name that Go and npm accept from a directory's name.
func projectName(folder string) string {
	if absolute, err := filepath.Abs(folder); err == nil {
		folder = absolute
	}
	name := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(filepath.Base(folder)), "-")
	if name = strings.Trim(name, "-"); name == "" {
		return "workflows"
	}
	return name
}

// repository returns the root of this repository. It searches the working
// directory, the directory of the program, and their parents. If it finds
// nothing, it returns a directory next to the project.
func repository() string {
	var starts []string
	for _, at := range []func() (string, error){os.Getwd, os.Executable} {
		if dir, err := at(); err == nil {
			starts = append(starts, dir)
		}
	}
	for _, at := range starts {
		for ; ; at = filepath.Dir(at) {
			data, err := os.ReadFile(filepath.Join(at, "go.mod"))
			if err == nil && strings.HasPrefix(string(data), "module temporal-twilio\n") {
				return at
			}
			if errors.Is(err, os.ErrPermission) || at == filepath.Dir(at) {
				break
			}
		}
	}
	return "../temporal-twilio"
}
