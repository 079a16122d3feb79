package twiliosim

// What the application reports about itself, for the page: example texts, and
// whether sending is paused.

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"time"
)

const (
	maxExamples = 20
	// aboutEvery is how often the application is polled while a client follows
	// the events, and aboutTimeout is how long it may take to respond.
	aboutEvery   = 2 * time.Second
	aboutTimeout = 2 * time.Second
)

// about is the response from Options.Examples.
type about struct {
	Examples []string `json:"examples"`
	// Paused says why nothing is sent. It is nil if the application sends.
	Paused *string `json:"paused,omitempty"`
}

// UnmarshalJSON also decodes a plain list of examples.
func (a *about) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &a.Examples) == nil {
		return nil
	}
	type plain about
	return json.Unmarshal(data, (*plain)(a))
}

// askApplication requests Options.Examples, and publishes the response if it
// has changed. If the request fails, it publishes nothing and returns no texts.
func (s *Sim) askApplication(ctx context.Context) about {
	none := about{Examples: []string{}}
	if s.options.Examples == "" {
		return none
	}
	ctx, cancel := context.WithTimeout(ctx, aboutTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.options.Examples, nil)
	if err != nil {
		return none
	}
	res, err := s.client.Do(req)
	if err != nil {
		return none
	}
	defer res.Body.Close()
	said := none
	if json.NewDecoder(io.LimitReader(res.Body, maxTwiML)).Decode(&said) != nil || res.StatusCode != http.StatusOK {
		return none
	}
	said.Examples = append([]string{}, said.Examples[:min(len(said.Examples), maxExamples)]...)
	s.mu.Lock()
	changed := !reflect.DeepEqual(s.about, said)
	s.about = said
	s.mu.Unlock()
	if changed {
		s.events.publish(eventApplication, said)
	}
	return said
}

// watchApplication polls the application while a client follows the events,
// until the simulator is closed.
func (s *Sim) watchApplication() {
	ticker := time.NewTicker(aboutEvery)
	defer ticker.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
			if s.events.followers.Load() > 0 {
				s.askApplication(s.ctx)
			}
		}
	}
}
