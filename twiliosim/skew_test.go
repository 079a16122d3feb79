package twiliosim

import (
	"net/http"
	"testing"
	"time"
)

func TestClockSkewShowsInResponses(t *testing.T) {
	for _, skew := range []time.Duration{90 * time.Second, -90 * time.Second} {
		s, err := Start(Options{Skew: skew})
		if err != nil {
			t.Fatal(err)
		}
		request, _ := http.NewRequest(http.MethodGet, s.URL+"/2010-04-01/Accounts/"+s.Account+".json", nil)
		request.SetBasicAuth(s.Account, s.Token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		date, err := http.ParseTime(response.Header.Get("Date"))
		if off := date.Sub(time.Now().Add(skew)).Abs(); err != nil || off > 30*time.Second {
			t.Errorf("skew %s: got the Date header %s (error %v), want the skewed time within 30 s", skew, date, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
