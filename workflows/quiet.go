package workflows

// Quiet hours: who sleeps is texted later.

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"temporal-twilio/activities"
	"temporal-twilio/sms"
)

// sleepers are recipients whose quiet hours end at a time.
type sleepers struct {
	Until      time.Time             `json:"until"`
	Recipients activities.Recipients `json:"recipients"`
}

// asleep parts recipients into those who may be texted now and those who sleep,
// who wakes first being the first. With together, either all may or none.
func asleep(ctx workflow.Context, recipients activities.Recipients, input *activities.SendSmsInput, together bool) (awake activities.Recipients, groups []sleepers, err error) {
	in := sms.FindQuietInput{DefaultRegion: input.DefaultRegion, QuietHours: *input.QuietHours, At: workflow.Now(ctx), Together: together}
	for i := range recipients {
		in.To = append(in.To, recipients[i].To)
	}
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: time.Minute, Summary: "Find who is in quiet hours",
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
	})
	var quiet []sms.QuietGroup
	if err := workflow.ExecuteLocalActivity(ctx, sms.FindQuietName, in).Get(ctx, &quiet); err != nil {
		return nil, nil, err
	}
	sleeps := make([]bool, len(recipients))
	for _, group := range quiet {
		g := sleepers{Until: group.Until}
		for _, place := range group.Places {
			sleeps[place] = true
			g.Recipients = append(g.Recipients, recipients[place])
		}
		groups = append(groups, g)
	}
	for place := range recipients {
		if !sleeps[place] {
			awake = append(awake, recipients[place])
		}
	}
	return awake, groups, nil
}
