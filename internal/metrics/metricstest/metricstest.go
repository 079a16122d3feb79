// Package metricstest reads metrics in tests.
package metricstest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// Values returns every non-zero series of a registry, in Prometheus's notation
// but without quotes: sms_sends_total{account=default,code=,outcome=sent}. The
// value of a histogram is its number of observations.
func Values(t testing.TB, registry prometheus.Gatherer) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	for name, value := range All(t, registry) {
		if value != 0 {
			values[name] = value
		}
	}
	return values
}

// All returns every series.
func All(t testing.TB, registry prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, label := range m.GetLabel() {
				labels = append(labels, label.GetName()+"="+label.GetValue())
			}
			name := fmt.Sprintf("%s{%s}", family.GetName(), strings.Join(labels, ","))
			values[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return values
}
