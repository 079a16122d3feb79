package webhook

// Calls that Temporal would always refuse. A workflow that made such a call
// could not proceed, and would hold up the other triggers of its text.

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"temporal-twilio/sms"
)

const (
	// maxID limits IDs, names, and the values of Keyword attributes, in
	// bytes. Temporal itself accepts longer ones, but its tables in
	// PostgreSQL and MySQL have VARCHAR(255), and it would retry writing
	// them forever.
	maxID = 255
	// maxAttribute is Temporal's limit for the values of other search
	// attributes, in bytes.
	maxAttribute = 2 << 10
)

// refusal returns why Temporal would refuse a call, or "" if it would not.
func (r *reception) refusal(c *sms.Call) string {
	switch {
	case c.WorkflowID == r.workflowID:
		return "its workflow ID is that of the text's own workflow: leave it out, or choose another"
	case sms.OwnsWorkflowID(c.WorkflowID):
		return "its workflow ID is reserved for the workflows of sending and receiving: choose another"
	case strings.Contains(c.WorkflowID, "\x00"):
		return "its workflow ID contains a NUL character, which Temporal cannot store in every database"
	case len(c.WorkflowID) > maxID:
		return "its workflow ID is longer than 255 bytes, which Temporal cannot store in every database"
	case max(len(c.Workflow), len(c.TaskQueue), len(c.Name)) > maxID || strings.HasPrefix(c.TaskQueue, "/_sys/"):
		return "its workflow, task queue, signal or update has a name that Temporal does not allow"
	case r.attributes == nil:
		return "" // the namespace's attributes are unknown
	case c.Catchers != "" && r.attributes[sms.AttributeCatches] != enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST:
		return "the namespace lacks the search attribute " + sms.AttributeCatches + " of type KeywordList; create it with: temporal operator search-attribute create"
	}
	for name, value := range c.SearchAttributes {
		kind, there := r.attributes[name]
		switch {
		case !there:
			return "the namespace lacks the search attribute " + name + "; create it with: temporal operator search-attribute create"
		case len(value) > maxAttribute, kind == enumspb.INDEXED_VALUE_TYPE_KEYWORD && len(value) > maxID+len(`""`):
			return "the value of the search attribute " + name + " is longer than Temporal allows"
		case strings.Contains(textOf(value), "\x00"):
			return "the value of the search attribute " + name + " contains a NUL character, which Temporal cannot store in every database"
		case !isOf(kind, value):
			return "the value of the search attribute " + name + " does not have the attribute's type, " + kind.String()
		}
	}
	return ""
}

// textOf returns a JSON string, or the concatenation of all strings in a JSON
// list.
func textOf(value json.RawMessage) string {
	var text string
	var list []string
	_ = errors.Join(json.Unmarshal(value, &text), json.Unmarshal(value, &list)) // at most one of these succeeds
	return text + strings.Join(list, "")
}

// isOf reports whether a JSON value has the type of a search attribute.
func isOf(kind enumspb.IndexedValueType, value json.RawMessage) bool {
	var into any
	switch kind {
	case enumspb.INDEXED_VALUE_TYPE_INT:
		into = new(int64)
	case enumspb.INDEXED_VALUE_TYPE_DOUBLE:
		into = new(float64)
	case enumspb.INDEXED_VALUE_TYPE_BOOL:
		into = new(bool)
	case enumspb.INDEXED_VALUE_TYPE_DATETIME:
		into = new(time.Time)
	case enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST:
		if json.Unmarshal(value, &[]string{}) == nil {
			return true
		}
		into = new(string) // a single string is valid too
	default:
		into = new(string)
	}
	return json.Unmarshal(value, into) == nil
}
