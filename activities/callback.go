package activities

// The URL at which Twilio reports the status of a message to our webhook.

import (
	"maps"
	"net/url"
	"strconv"
	"strings"

	"temporal-twilio/sms"
)

// maxCallback is the length of the longest URL that Twilio accepts. Longer ones
// cause error 21609.
const maxCallback = 4000

// callback returns the query of the status callback URL, which identifies the
// workflow to signal and the sending account. It returns nil if the workflow
// did not ask for status signals.
func (a *Activities) callback(workflowID string, input *sms.SendSmsInput) url.Values {
	if given, err := url.Parse(input.StatusCallback); err == nil && input.StatusCallback != "" {
		if query := given.Query(); a.StatusCallback != "" && strings.HasPrefix(input.StatusCallback, a.StatusCallback+"?") && sms.StatusProven(a.IDSecret, query) {
			return query // set by the caller of this keyed send
		}
		return nil
	}
	if a.StatusCallback == "" || workflowID == "" || input.StatusSignals == nil || !*input.StatusSignals {
		return nil
	}
	query := url.Values{sms.CallbackWorkflow: {workflowID}}
	if sid := a.Accounts[input.Account].SID; sid != "" {
		query.Set(sms.CallbackAccount, sid)
	}
	return query
}

// callbackAddress adds a proof to the query of a status callback and returns
// the URL, or "" if the URL is too long for Twilio. The fragment makes Twilio
// retry a failed callback up to three times. Source:
// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
func (a *Activities) callbackAddress(query url.Values) string {
	if len(a.IDSecret) > 0 {
		sms.ProveStatus(a.IDSecret, query)
	}
	address := a.StatusCallback + "?" + query.Encode() + "#rc=3&rp=5xx,ct,rt"
	if len(address) > maxCallback {
		return ""
	}
	return address
}

// reference returns an ID for a recipient in callbacks and in OUTCOME_UNKNOWN
// errors. The activity's ID alone would not be unique: it is the same in each
// run of a workflow, and in all workflows of keyed sends.
func (s *send) reference(to *recipient) string {
	name := s.info.ActivityID + "." + strconv.Itoa(to.place)
	if run := s.info.WorkflowExecution.RunID; run != "" {
		name += "." + run[strings.LastIndex(run, "-")+1:]
	}
	return name
}

// callbackOf returns the callback URL for one recipient's message.
func (s *send) callbackOf(to *recipient) string {
	if s.callback == nil {
		return s.input.StatusCallback
	}
	query := maps.Clone(s.callback)
	query.Set(sms.CallbackRecipient, s.reference(to))
	query.Set(sms.CallbackAttempt, strconv.Itoa(int(s.info.Attempt)))
	return s.activities.callbackAddress(query)
}
