package triggers

// A plan is a match's request to Temporal and its reply to the sender, resolved
// once.

import "temporal-twilio/sms"

// Plan resolves the match. The result depends only on the message and the
// trigger.
func (m *Match) Plan() sms.Firing {
	t := m.trigger
	plan := sms.Firing{Trigger: t.Name, EchoError: t.echoError.text(&m.Event), Retry: t.retry || t.catchUp}
	err := m.Err
	if err == nil {
		plan.Call, err = t.action.call(&m.Event)
		plan.Echo = t.echo.reply(&m.Event)
	}
	if err != nil {
		plan.Problem = err.Error()
	}
	return plan
}

// resultPath is the value of a reference to the call's result, which is unknown
// when the plan is made.
type resultPath string

// reply resolves a template, except for the result of the call.
func (t template) reply(e *Event) (echo sms.Echo) {
	add := func(text string) {
		if last := len(echo) - 1; last >= 0 && echo[last].Result == "" {
			echo[last].Text += text
		} else if text != "" {
			echo = append(echo, sms.EchoPart{Text: text})
		}
	}
	for i, literal := range t.literals {
		add(literal)
		if i == len(t.references) {
			break
		}
		value := t.references[i](e)
		if path, ok := value.(resultPath); ok {
			echo = append(echo, sms.EchoPart{Result: string(path)})
		} else {
			add(inText(value))
		}
	}
	return echo
}
