// Package version0 reads and writes the record of a send in the form that
// workers used before its current one.
package version0

import "encoding/json"

// Reduce returns the fields of a record that version 0 had.
func Reduce(record []byte) (known map[string]json.RawMessage, err error) {
	if err := json.Unmarshal(record, &known); err != nil {
		return nil, err
	}
	for name := range known {
		switch name {
		case "list", "window", "runs", "problems", "recent", "known", "stalls", "quiet":
		default:
			delete(known, name)
		}
	}
	return known, nil
}
