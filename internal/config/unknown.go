package config

// Unknown variables: those that look like ours but are not.

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"temporal-twilio/internal/yamlfile"
)

// ours matches the prefixes of our variables.
var ours = regexp.MustCompile(`^(TWILIO|WEBHOOK|SEND|SMS|CATCH_UP|CATCHUP|TRIGGERS?|BROADCAST|ID_SECRET|PAYLOADS?|CODEC)(_|$)`)

// kubernetes matches variables that Kubernetes sets for each service of the
// namespace, which may well be named webhook or twilio.
var kubernetes = regexp.MustCompile(`_SERVICE_(HOST|PORT)(_|$)|_PORT_[0-9]+_(TCP|UDP)`)

// unknown returns a line for each variable that looks like ours but is not,
// with the name that was probably meant.
func unknown(variables map[string]string) (lines []string) {
	known := map[string]bool{}
	for _, v := range variablesOf() {
		for _, name := range []string{v.name, aliases[v.name]} {
			known[name] = name != ""
			if v.file {
				known[name+"_FILE"] = name != ""
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if known[name] || !ours.MatchString(name) || kubernetes.MatchString(name) || strings.HasPrefix(variables[name], "tcp://") {
			continue
		}
		line := fmt.Sprintf("the environment variable %s is not read by this program", name)
		if meant := nearest(name, known); meant != "" {
			line += fmt.Sprintf("; did you mean %s?", meant)
		}
		lines = append(lines, line)
	}
	return lines
}

// nearest returns the most similar known name, "" if none is similar: a few
// letters differ, or one name contains all words of the other.
func nearest(name string, known map[string]bool) (best string) {
	least := len(name)
	for _, other := range slices.Sorted(maps.Keys(known)) {
		d := yamlfile.Distance(name, other)
		if known[other] && d < least && (d <= len(name)/4 || within(name, other) || within(other, name)) {
			best, least = other, d
		}
	}
	return best
}

// within reports whether one name contains all words of the other.
func within(few, many string) bool {
	words := strings.Split(many, "_")
	return !slices.ContainsFunc(strings.Split(few, "_"), func(word string) bool { return !slices.Contains(words, word) })
}
