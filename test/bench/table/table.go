// Package table keeps what benchmarks measured: rows, each beside its aim. The tests
// of a run append them to a file, and a page is made of all of them.
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
	// Part is the heading that it is under.
	Part string `json:"part"`
	Name string `json:"name"`
	// Beside is what it was measured against. Optional.
	Beside string `json:"beside,omitempty"`
	// Unit is "×" for ratios. Optional.
	Unit string `json:"unit,omitempty"`
	// Median is the figure, and Low and High its least and greatest value. Both are 0
	// if it was measured once.
	Median float64 `json:"median"`
	Low    float64 `json:"low,omitempty"`
	High   float64 `json:"high,omitempty"`
	// AtLeast and AtMost are aims. Optional.
	AtLeast float64 `json:"atLeast,omitempty"`
	AtMost  float64 `json:"atMost,omitempty"`
	// Why says what an aim that is missed is missed for. Optional.
	Why string `json:"why,omitempty"`
	// Note has what else is known, such as absolute figures. Optional.
	Note string `json:"note,omitempty"`
	// Missing says why there is no figure. Optional.
	Missing string `json:"missing,omitempty"`
}

// Append adds a row to a file of rows. No file means that nobody wants it.
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

// Read returns the rows of a file, and none if there is no file.
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

// Of makes a row of several figures.
func Of(row Row, figures []float64) Row {
	slices.Sort(figures)
	row.Median = figures[len(figures)/2]
	if len(figures) > 1 {
		row.Low, row.High = figures[0], figures[len(figures)-1]
	}
	return row
}

// Missed says by how much the aim is missed; empty if it is met or there is none.
func (r Row) Missed() string {
	switch {
	case r.Missing != "":
		return ""
	case r.AtLeast > 0 && r.Median < r.AtLeast:
		return fmt.Sprintf("%.0f %%", 100*(1-r.Median/r.AtLeast))
	case r.AtMost > 0 && r.Median > r.AtMost:
		return fmt.Sprintf("%.0f %%", 100*(r.Median/r.AtMost-1))
	}
	return ""
}

func (r Row) aim() string {
	switch {
	case r.AtLeast > 0:
		return "≥ " + number(r.AtLeast)
	case r.AtMost > 0:
		return "≤ " + number(r.AtMost)
	}
	return ""
}

func (r Row) figure() string {
	if r.Missing != "" {
		return "–"
	}
	return strings.TrimSpace(number(r.Median) + " " + r.Unit)
}

func (r Row) spread() string {
	if r.Low == 0 && r.High == 0 {
		return ""
	}
	return number(r.Low) + " to " + number(r.High)
}

// number writes three digits that count.
func number(x float64) string {
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

// verdict says whether the aim is met, or by how much and why it is not.
func (r Row) verdict() string {
	switch missed := r.Missed(); {
	case r.Missing != "":
		return "not measured: " + r.Missing
	case missed != "" && r.Why != "":
		return "missed by " + missed + ": " + r.Why
	case missed != "":
		return "missed by " + missed
	case r.aim() != "":
		return "met"
	}
	return ""
}

// String is the row in one line.
func (r Row) String() string {
	return strings.Join([]string{r.Name, r.Beside, r.figure(), r.spread(), r.aim(), r.verdict(), r.Note}, " | ")
}

// Write writes the rows as tables of Markdown, one for each part, in the order in
// which the parts first occur.
func Write(w io.Writer, rows []Row) {
	var parts []string
	for _, row := range rows {
		if !slices.Contains(parts, row.Part) {
			parts = append(parts, row.Part)
		}
	}
	for _, part := range parts {
		fmt.Fprintf(w, "\n## %s\n\n| what | beside | median | spread | aim | | |\n|---|---|---|---|---|---|---|\n", part)
		for _, row := range rows {
			if row.Part == part {
				fmt.Fprintf(w, "| %s |\n", row)
			}
		}
	}
}
