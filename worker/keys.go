package main

// worker keys creates and changes the file named by PAYLOAD_KEYS.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"temporal-twilio/internal/payload"
)

func keysCommand() *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Create and rotate the keys that encrypt payloads",
		Long: `Create and rotate the keys that encrypt payloads in Temporal.

A new key only decrypts. Give the file to every worker, webhook, codec server and
starter, and only then make the key current: whatever one process encrypts, all
others must be able to read. Remove an old key once nothing in Temporal is
encrypted with it anymore: after the retention and the longest workflow.`,
		Example: `  worker keys new 2026-11 --file keys.json
  worker keys use 2026-11 --file keys.json --metrics http://sms-1:9090/metrics
  worker keys list --file keys.json
  worker keys remove 2026-05 --file keys.json`,
	}
	cmd.PersistentFlags().StringVar(&file, "file", "", "the key file (default PAYLOAD_KEYS)")
	change := func(use, short, done string, how func([]byte, string) ([]byte, error)) *cobra.Command {
		return &cobra.Command{
			Use: use + " ID", Short: short, Args: cobra.ExactArgs(1),
			Example: "  worker keys " + use + " 2026-11 --file keys.json",
			RunE: func(cmd *cobra.Command, args []string) error {
				return changeKeys(cmd.OutOrStdout(), file, args[0], done, how)
			},
		}
	}
	var processes []string
	use := change("use", "Make a key the current one, which encrypts payloads", "key %s of %s encrypts payloads from now on", payload.MakeCurrent)
	use.Flags().StringArrayVar(&processes, "metrics", nil, "the /metrics URL of a process that must have the key; if it does not, nothing changes; may be repeated")
	use.PreRunE = func(cmd *cobra.Command, args []string) error { return allHave(cmd.Context(), args[0], processes) }
	cmd.AddCommand(
		use,
		change("new", "Add a key, which only decrypts at first, and create the file if it is missing", "key %s is in %s and only decrypts; once every process has the file, run worker keys use %[1]s", payload.Add),
		change("remove", "Remove a key: data encrypted with it can never be read again", "key %s has been removed from %s", payload.Remove),
		&cobra.Command{
			Use: "list", Short: "List the keys, without their secrets", Args: cobra.NoArgs,
			Example: "  worker keys list --file keys.json",
			RunE:    func(cmd *cobra.Command, _ []string) error { return listKeys(cmd.OutOrStdout(), file) },
		},
	)
	return cmd
}

// allHave returns an error unless the metrics of each process show the key.
func allHave(ctx context.Context, id string, processes []string) error {
	var lacking []error
	for _, address := range processes {
		has, err := inventoryAt(ctx, address)
		if err == nil && !slices.Contains(has.Known, id) {
			err = fmt.Errorf("%s lacks key %s; give it the key file first", address, id)
		}
		lacking = append(lacking, err)
	}
	return errors.Join(lacking...)
}

// inventoryAt returns the key IDs of the process whose metrics are served at an
// address.
func inventoryAt(ctx context.Context, address string) (has payload.Inventory, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return has, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return has, fmt.Errorf("ask a process for its keys: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return has, fmt.Errorf("ask a process for its keys: %s responds with status %d", address, response.StatusCode)
	}
	return payload.ReadInventory(response.Body)
}

// keyFile returns the path of the key file that a command works on.
func keyFile(flag string) (string, error) {
	path := cmp.Or(flag, strings.TrimSpace(os.Getenv("PAYLOAD_KEYS")))
	if path == "" {
		return "", errors.New("name the key file with --file, or set PAYLOAD_KEYS")
	}
	return path, nil
}

// changeKeys applies how to the key file and replaces the file atomically, so a
// process that reads it in the meantime gets the old contents.
func changeKeys(out io.Writer, file, id, done string, how func([]byte, string) ([]byte, error)) error {
	path, err := keyFile(file)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	changed, err := how(text, id)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".keys-") // created with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // already renamed on success
	_, err = temporary.Write(changed)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return err
	}
	fmt.Fprintf(out, done+"\n", id, path)
	return nil
}

func listKeys(out io.Writer, file string) error {
	path, err := keyFile(file)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	described, err := payload.Describe(text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	_, err = io.WriteString(out, described)
	return err
}
