// Package table stores the results of benchmarks: rows, each with its aim. The tests
// of a run append them to a file, from which a page is made.
package table

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Row is one figure.
type Row struct {
	// Part is the heading under which the row appears.
	Part string `json:"part"`
	Name string `json:"name"`
	// Beside names what the figure is compared with. Optional.
	Beside string `json:"beside,omitempty"`
	// Unit is "×" for ratios. Optional.
	Unit string `json:"unit,omitempty"`
	// Median is the figure; Low and High are the lowest and the highest value, or
	// 0 if there was only one measurement.
	Median float64 `json:"median"`
	Low    float64 `json:"low,omitempty"`
	High   float64 `json:"high,omitempty"`
	// AtLeast or AtMost is the aim: the lowest or the highest Median that meets
	// it. Optional.
	AtLeast float64 `json:"atLeast,omitempty"`
	AtMost  float64 `json:"atMost,omitempty"`
	// Why says why the aim is missed, if it is. Optional.
	Why string `json:"why,omitempty"`
	// Note holds additional information, such as absolute figures. Optional.
	Note string `json:"note,omitempty"`
	// Missing says why there is no figure. Optional.
	Missing string `json:"missing,omitempty"`
}

// Append adds a row to a file of rows. Without a path, it does nothing.
func Append(path string, row Row) error {
	if path == "" {
		return nil
	}
	line, err := json.Marshal(row)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return cmp.Or(err, file.Close())
}

// Read returns the rows of a file, or none if the file does not exist.
func Read(path string) (rows []Row, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var row Row
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Of completes a row with the median and the spread of several measurements.
func Of(row Row, figures []float64) Row {
	slices.Sort(figures)
	row.Median = figures[len(figures)/2]
	if len(figures) > 1 {
		row.Low, row.High = figures[0], figures[len(figures)-1]
	}
	return row
}

// missed returns by how much a figure misses the aim, in percent. It is 0 or
// less if the figure meets the aim.
func (r Row) missed(figure float64) float64 {
	if r.AtLeast > 0 {
		return 100 * (1 - figure/r.AtLeast)
	}
	return 100 * (figure/r.AtMost - 1)
}

func (r Row) aim() string {
	switch {
	case r.AtLeast > 0:
		return "≥ " + Number(r.AtLeast)
	case r.AtMost > 0:
		return "≤ " + Number(r.AtMost)
	}
	return ""
}

func (r Row) figure() string {
	switch {
	case r.Missing != "":
		return "–"
	case r.Unit == "actions" && r.Median == 1:
		return "1 action"
	}
	return strings.TrimSpace(Number(r.Median) + " " + r.Unit)
}

func (r Row) spread() string {
	if r.Low == 0 && r.High == 0 {
		return ""
	}
	return Number(r.Low) + " to " + Number(r.High)
}

// Number formats a figure with three significant digits.
func Number(x float64) string {
	switch {
	case x >= 100 || x == float64(int64(x)):
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	case x >= 0.1:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

// If the highest turn exceeds the lowest by more than a factor of tooWide, the
// verdict is "unclear" when only some turns meet the aim and, for a comparison,
// also when all do. If the median meets the aim but a turn misses it by more
// than smallMiss percent, the verdict is that only the median meets it.
const (
	tooWide   = 2
	smallMiss = 5
)

// verdict says whether the aim is met and, if not, by how much it is missed
// and why.
func (r Row) verdict() string {
	switch {
	case r.Missing != "":
		return "not measured: " + r.Missing
	case r.aim() == "":
		return ""
	case r.High > tooWide*r.Low && min(r.missed(r.Low), r.missed(r.High)) <= 0 && (r.Beside != "" || max(r.missed(r.Low), r.missed(r.High)) > 0):
		return fmt.Sprintf("unclear: turns differ by a factor of %.1f", r.High/r.Low)
	case r.missed(r.Median) > 0:
		by := "less than 1"
		if missed := r.missed(r.Median); missed >= 1 {
			by = fmt.Sprintf("%.0f", missed)
		}
		return strings.TrimSuffix("missed by "+by+"%: "+r.Why, ": ")
	case r.High > 0 && max(r.missed(r.Low), r.missed(r.High)) > smallMiss:
		return "met by the median only"
	}
	return "met"
}

// String formats the row in one line.
func (r Row) String() string {
	return strings.Join([]string{r.Name, r.Beside, r.figure(), r.spread(), r.aim(), r.verdict(), r.Note}, " | ")
}

// Write writes the rows as Markdown tables, one per part, in the order in which
// the parts first occur.
func Write(w io.Writer, rows []Row) {
	var parts []string
	for _, row := range rows {
		if !slices.Contains(parts, row.Part) {
			parts = append(parts, row.Part)
		}
	}
	for _, part := range parts {
		fmt.Fprintf(w, "\n## %s\n\n| what | compared with | median | spread | aim | | |\n|---|---|---|---|---|---|---|\n", part)
		for _, row := range rows {
			if row.Part == part {
				fmt.Fprintf(w, "| %s |\n", row)
			}
		}
	}
}
