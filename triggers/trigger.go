package triggers

// Matching messages against the triggers of trigger files.

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"temporal-twilio/javaregex"
	"temporal-twilio/sms"
)

// Trigger is one rule of a trigger file, checked and compiled.
type Trigger struct {
	// Name is unique in its set. It is part of workflow IDs.
	Name string
	// File and Line are where it is defined.
	File string
	Line int

	event     sms.EventKind
	source    string // the pattern as written
	pattern   *pattern
	condition condition // nil: always
	to        []string  // none: any number
	account   string    // "": any account
	reactions bool      // also matches reactions
	stop      bool
	retry     bool
	catchUp   bool
	echo      template
	echoError template
	action    action
	// id is the workflow ID, if the trigger sets one. Each part of it must have
	// a value.
	id template
	// notes say what the parts of an Alfresco file became.
	notes []string
	// secret is used to derive the pseudonyms of the numbers.
	secret []byte
	// alfresco is true if the trigger comes from an Alfresco file.
	alfresco bool
}

// Set holds all triggers, in the order of their files. It is immutable and safe
// for concurrent use.
type Set struct {
	triggers []*Trigger
	// keywords holds the keywords of numbers that do not use Twilio's defaults.
	keywords map[string]sms.Keywords
	// warnings report likely mistakes.
	warnings []Finding
}

// Event returns a message's event, as determined by Twilio's classification and
// the keywords of the number that it was sent to.
func (s *Set) Event(message sms.Inbound) sms.EventKind {
	return s.keywordsOf(message.To).Classify(message)
}

// OptsIn reports whether a message opts in. Such a message may also be an
// ordinary one: "yes" often answers a question.
func (s *Set) OptsIn(message sms.Inbound) bool {
	return s.keywordsOf(message.To).OptsIn(message)
}

func (s *Set) keywordsOf(number string) sms.Keywords {
	if words, ok := s.keywords[number]; ok {
		return words
	}
	return sms.DefaultKeywords
}

// meant reports whether a trigger is for a message's event. A message that opts
// in counts as two events, unless Twilio classified it.
func (s *Set) meant(t *Trigger, message sms.Inbound) bool {
	if t.event == sms.EventOptIn {
		return s.OptsIn(message)
	}
	return t.event == s.Event(message)
}

// Warnings reports the likely mistakes that were found while reading the files.
// [Set.Lint] finds more, and takes longer.
func (s *Set) Warnings() []Finding { return s.warnings }

// Names lists the names of the triggers, in order.
func (s *Set) Names() []string {
	names := make([]string, len(s.triggers))
	for i := range s.triggers {
		names[i] = s.triggers[i].Name
	}
	return names
}

// Len returns the number of triggers.
func (s *Set) Len() int { return len(s.triggers) }

// Match is a trigger that matches a message, or may match it.
type Match struct {
	trigger *Trigger
	// Event is what is published.
	Event Event
	// Err says why nothing can be published. Either the pattern exceeded
	// its budget, so there are no groups and it is unknown whether the
	// message matches, or a part of the workflow ID has no value.
	Err error
}

// Trigger returns the name of the trigger.
func (m *Match) Trigger() string { return m.trigger.Name }

// CatchUp reports whether the trigger also applies to missed messages.
func (m *Match) CatchUp() bool { return m.trigger.catchUp }

// Replies reports whether the trigger has a reply to the sender.
func (m *Match) Replies() bool { return !m.trigger.echo.empty() || !m.trigger.echoError.empty() }

// Texts reports whether publishing starts a send, as Alfresco's SEND_SMS action
// does.
func (m *Match) Texts() bool {
	s, ok := m.trigger.action.(*start)
	return ok && s.workflow == sendWorkflow
}

// Match returns the triggers that match the message, in order, up to the first
// that stops the triggers after it. A trigger whose pattern exceeds its budget
// may match, so it is included with an Err, but it stops no others.
func (s *Set) Match(ctx context.Context, message sms.Inbound) []Match {
	var matches []Match
	left := budget(textSteps)
	reaction := message.Reaction()
	for _, trigger := range s.triggers {
		if !s.meant(trigger, message) || reaction != nil && !trigger.reactions {
			continue
		}
		message.Event = trigger.event
		match, matched := trigger.match(ctx, message, reaction, &left)
		if !matched {
			continue
		}
		matches = append(matches, match)
		if trigger.stop && !errors.As(match.Err, new(*javaregex.BudgetError)) {
			break
		}
	}
	return matches
}

func (t *Trigger) match(ctx context.Context, message sms.Inbound, reaction *sms.Reaction, left *budget) (m Match, matched bool) {
	if len(t.to) > 0 && !slices.Contains(t.to, message.To) || t.account != "" && message.AccountSID != t.account {
		return m, false
	}
	groups, found, err := t.pattern.match(ctx, message.Body, left)
	m = Match{trigger: t, Event: newEvent(t.Name, t.secret, message, groups)}
	m.Event.Reaction = reaction
	if err != nil {
		m.Err = fmt.Errorf("trigger %s: match its pattern: %w", t.Name, err)
		return m, true
	}
	if !found || t.condition != nil && !t.condition(&m.Event) {
		return m, false
	}
	if name := t.missing(&m.Event); name != "" {
		m.Err = fmt.Errorf("trigger %s: the workflow ID needs ${%s}, and the text has none", t.Name, name)
	}
	return m, true
}

// missing returns the name of a part of the workflow ID that has no value, or
// "" if all have one. Without this check, all texts that leave the part out
// would share one ID, and therefore one workflow.
func (t *Trigger) missing(e *Event) string {
	for i, value := range t.id.references {
		if inText(value(e)) == "" {
			return t.id.names[i]
		}
	}
	return ""
}
