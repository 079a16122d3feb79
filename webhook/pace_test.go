package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"temporal-twilio/sms"
)

// ListWorkflowExecutions lists the texts set by the test.
func (s *server) ListWorkflowExecutions(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	s.query = r.Query
	response := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, text := range s.listed {
		response.Executions = append(response.Executions, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: sms.TextWorkflowID(text.MessageSID)}, StartTime: timestamppb.New(text.At),
		})
	}
	return response, nil
}

func TestTextsOfPairAreListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var parties []string
		now := time.Now()
		s := &server{listed: []Accepted{{"SM2", now}, {"SM2", now.Add(-time.Hour)}, {"SM2", now.Add(-time.Minute)}}} // this workflow has continued as new
		s.start = func(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) error {
			return json.Unmarshal(r.GetSearchAttributes().GetIndexedFields()[sms.AttributeParty].GetData(), &parties)
		}
		d, _ := dispatcher(t, s)
		m, firings := matched(t, plainStart, "a")
		if taken, err := d.Accepted(t.Context(), m, now); err != nil || taken != nil || s.query != "" {
			t.Errorf("without search attributes: got %v, error %v, query %q; want no texts and no query", taken, err, s.query)
		}
		d.Attributes = func(context.Context) Attributes {
			return Attributes{
				sms.AttributeTrigger: enumspb.INDEXED_VALUE_TYPE_KEYWORD, sms.AttributeOutcome: enumspb.INDEXED_VALUE_TYPE_KEYWORD,
				sms.AttributeParty: enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
			}
		}
		d.Receive(t.Context(), m, firings, Live)
		taken, err := d.Accepted(t.Context(), m, now)
		if err != nil || len(taken) != 1 || taken[0].MessageSID != "SM2" || !taken[0].At.Equal(now.Add(-time.Hour)) {
			t.Errorf("got %v, error %v; want SM2 once, with its earliest start", taken, err)
		}
		asked := func(party string) bool { return strings.Contains(s.query, "'"+party+"'") }
		if len(parties) != 2 || asked(parties[0]) || !asked(parties[1]) || strings.Contains(s.query, "+1500") {
			t.Errorf("for the texts of %q: got query %s, want one for the pair only, without a phone number", parties, s.query)
		}
		m.MessageSID = another(m.MessageSID)
		if d.Receive(t.Context(), m, firings, Late); len(parties) != 1 || asked(parties[0]) {
			t.Errorf("got parties %q for a text that is caught up on, want only the sender", parties)
		}
		other := m
		if other.To = "+15005550007"; strings.Contains(s.query, d.pair(other)) {
			t.Error("got the same query for another number, want a different one")
		}
		other = m
		if other.AccountSID = "AC2"; strings.Contains(s.query, d.pair(other)) {
			t.Error("got the same query for another account's texts, want a different one")
		}
	})
}

func TestSlowClockHidesNoTexts(t *testing.T) {
	g, now := newGuard(&Options{}), time.Now()
	m := sms.Inbound{MessageSID: "SMnew", From: "+15005550011", To: "+15005550006"}
	var taken []Accepted
	for n := range echoBurst {
		taken = append(taken, Accepted{"SM" + string(rune('a'+n)), now.Add(time.Minute)})
	}
	g.streak(m, now)
	g.learned(m, taken, nil, now)
	if within, _ := g.withinPace(g.pace(m), m, now); within {
		t.Error("got an echo, want texts that are newer by Temporal's clock to count")
	}
	if streak := g.streakOfAll(m, time.Time{}, now); streak != echoBurst {
		t.Errorf("got a streak of %d, want %d", streak, echoBurst)
	}
}

func TestOldSilenceDoesNotEndStreak(t *testing.T) {
	g, now := newGuard(&Options{}), time.Now()
	m := sms.Inbound{MessageSID: "SMnew", From: "+15005550011", To: "+15005550006"}
	g.streak(m, now)
	if streak := g.streakOfAll(m, now.Add(-time.Hour), now); streak != 1 {
		t.Errorf("after a silence that ended an hour before the streak: got a streak of %d, want 1", streak)
	}
	if streak := g.streakOfAll(m, now.Add(time.Second), now); streak != 0 {
		t.Errorf("after a silence that ended during the streak: got a streak of %d, want 0", streak)
	}
}

func TestFastClockHidesNoTexts(t *testing.T) {
	g, now := newGuard(&Options{}), time.Now()
	m := sms.Inbound{MessageSID: "SMnew", From: "+15005550011", To: "+15005550006"}
	const ahead = time.Hour
	here := m
	here.MessageSID = "SMhere"
	g.streak(here, now.Add(ahead))
	accepted := []Accepted{{"SMhere", now}}
	for n := range echoBurst {
		accepted = append(accepted, Accepted{"SM" + string(rune('a'+n)), now.Add(time.Second)})
	}
	now = now.Add(ahead + 2*time.Second)
	g.streak(m, now)
	g.learned(m, accepted, nil, now)
	if within, _ := g.withinPace(g.pace(m), m, now); within {
		t.Error("got an echo, want texts that appear old by this webhook's clock to count")
	}
	if streak := g.streakOfAll(m, time.Time{}, now); streak != echoBurst+1 {
		t.Errorf("got a streak of %d, want %d", streak, echoBurst+1)
	}
	if streak := g.streakOfAll(m, time.Time{}, now.Add(2*maxPause)); streak != 2 {
		t.Errorf("after a pause: got a streak of %d, want 2, this webhook's own", streak)
	}
}

func TestClocksHoursAheadHideNoTexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := &shared{behind: 3 * time.Hour}
		hooks := all.webhooks(t, everything)
		echoed := 0
		for n := range 60 {
			if strings.Contains(hooks[n%3].deliver(numbered(n, "hi"), token).Body.String(), "Got it") {
				echoed++
			}
		}
		// Texts that a webhook echoed before it learned the time may
		// not be counted.
		if most := echoBurst + unasked*len(hooks); echoed < echoBurst || echoed > most {
			t.Errorf("got %d echoes, want %d to %d", echoed, echoBurst, most)
		}
	})
}

func TestManyWebhooksSilenceSlowLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const webhooks, period = 10, 7 * time.Second
		all := &shared{}
		hooks := slices.Concat(all.webhooks(t, everything), all.webhooks(t, everything), all.webhooks(t, everything), all.webhooks(t, everything))[:webhooks]
		texts := 0
		for ; all.silent == 0 && texts < 10*maxStreak; texts++ {
			hooks[texts%webhooks].deliver(numbered(texts, "hi"), token)
			time.Sleep(period)
		}
		if texts <= maxStreak || texts > 2*watched*webhooks {
			t.Errorf("silenced after %d texts, want %d to %d", texts, maxStreak+1, 2*watched*webhooks)
		}
	})
}

// With its own token, an account can sign any form, even one that claims to be
// for another account's number.
func TestAccountCannotSilenceOthersNumber(t *testing.T) {
	g, now := newGuard(&Options{}), time.Now()
	m := sms.Inbound{AccountSID: "AC2", From: "+15005550011", To: "+15005550006", Event: sms.EventReceived}
	for n := range maxStreak {
		m.MessageSID = fmt.Sprint(n)
		g.streak(m, now)
		g.unsaid(m)
	}
	g.silence(m, true)
	m.AccountSID, m.MessageSID = "AC1", "another"
	streak, watch, silent := g.streak(m, now)
	if unsaid := g.unsaid(m); unsaid != "" || streak != 1 || watch || silent {
		t.Errorf("got a streak of %d, watched %t, silent %t, unsaid %q; want a streak of 1 that is neither watched nor silent, and an echo", streak, watch, silent, unsaid)
	}
}
