package config

// Warns of variables that look like ours but do not exist.

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

// kubernetes matches the variables that Kubernetes sets for each service in the
// namespace, because a service may be named webhook or twilio.
var kubernetes = regexp.MustCompile(`_SERVICE_(HOST|PORT)(_|$)|_PORT_[0-9]+_(TCP|UDP)`)

// unknown returns a warning for each variable that looks like ours but does not
// exist, with the name that was probably meant.
func unknown(variables map[string]string) (lines []string) {
	known := spellings()
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if _, is := known[name]; is || !ours.MatchString(name) || kubernetes.MatchString(name) || strings.HasPrefix(variables[name], "tcp://") {
			continue
		}
		lines = append(lines, fmt.Sprintf("the environment variable %s is not read by this program%s", name, didYouMean(name)))
	}
	return lines
}

// didYouMean returns "; did you mean …?" with the most similar known name, or
// "" if none is similar. A name is similar if only a few letters differ, or if
// one name contains all words of the other.
func didYouMean(name string) (hint string) {
	least := len(name)
	for _, other := range slices.Sorted(maps.Keys(spellings())) {
		d := yamlfile.Distance(name, other)
		if d < least && (d <= len(name)/4 || within(name, other) || within(other, name)) {
			hint, least = fmt.Sprintf("; did you mean %s?", other), d
		}
	}
	return hint
}

// within reports whether the name many contains all words of the name few.
func within(few, many string) bool {
	words := strings.Split(many, "_")
	return !slices.ContainsFunc(strings.Split(few, "_"), func(word string) bool { return !slices.Contains(words, word) })
}
