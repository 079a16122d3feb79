// Package alerts checks the alert rules, the dashboard and the runbook against
// each other and against the metrics of running workers.
package alerts

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

const (
	rulesFile     = "../../deploy/prometheus/alerts.yaml"
	rulesTests    = "../../deploy/prometheus/alerts_test.yaml"
	dashboardFile = "../../deploy/grafana/dashboard.json"
	runbookFile   = "../../docs/runbook.md"
)

// rule is an alerting rule.
type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func rules(t *testing.T) (all []rule) {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(read(t, rulesFile), &file); err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	if len(all) == 0 {
		t.Fatal("there are no rules")
	}
	return all
}

// panel is one chart of the dashboard, with its queries.
type panel struct {
	Title   string `json:"title"`
	Targets []struct {
		Expr string `json:"expr"`
	} `json:"targets"`
}

func panels(t *testing.T) []panel {
	t.Helper()
	var dashboard struct {
		Panels []panel `json:"panels"`
	}
	if err := json.Unmarshal(read(t, dashboardFile), &dashboard); err != nil {
		t.Fatal(err)
	}
	if len(dashboard.Panels) == 0 {
		t.Fatal("the dashboard has no panels")
	}
	return dashboard.Panels
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// program returns the path of one of Prometheus's programs. If the program is
// missing, the test is skipped or, in CI, fails.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") != "":
		t.Fatalf("%s is not installed: run apt-get install prometheus", name)
	}
	t.Skipf("%s is not installed: run apt-get install prometheus", name)
	return ""
}

func TestAlertsFireAloneWhenProvoked(t *testing.T) {
	t.Parallel()
	promtool := program(t, "promtool")
	for _, args := range [][]string{{"check", "config", "prometheus.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = filepath.Dir(rulesFile)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	tests := string(read(t, rulesTests))
	for _, r := range rules(t) {
		if !strings.Contains(tests, `exp_samples: [{labels: '{alertname="`+r.Alert+`"}'`) {
			t.Errorf("%s has no test of the alert %s", rulesTests, r.Alert)
		}
	}
}

func TestAlertsHaveRunbookEntries(t *testing.T) {
	t.Parallel()
	runbook := string(read(t, runbookFile))
	alerts := map[string]bool{}
	for _, r := range rules(t) {
		alerts[r.Alert] = true
		if !strings.Contains(runbook, "\n### "+r.Alert+"\n") {
			t.Errorf("%s has no entry in docs/runbook.md", r.Alert)
		}
		if r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
			t.Errorf("%s lacks a severity or a summary", r.Alert)
		}
	}
	for _, heading := range regexp.MustCompile(`(?m)^### (.+)$`).FindAllStringSubmatch(runbook, -1) {
		if !alerts[heading[1]] {
			t.Errorf("docs/runbook.md has an entry for %s, which is not an alert", heading[1])
		}
	}
}

// every returns the names that a pattern captures in files. The suffix that
// Prometheus adds to each series of a histogram (_bucket, _count or _sum) is
// removed.
func every(t *testing.T, pattern *regexp.Regexp, files []string) map[string]bool {
	t.Helper()
	if len(files) == 0 {
		t.Fatal("got no files to search")
	}
	found := map[string]bool{}
	for _, file := range files {
		for _, match := range pattern.FindAllStringSubmatch(string(read(t, file)), -1) {
			found[regexp.MustCompile(`_(bucket|count|sum)$`).ReplaceAllString(match[1], "")] = true
		}
	}
	return found
}

func TestMetricsMatchThePages(t *testing.T) {
	t.Parallel()
	glob := func(patterns ...string) (files []string) {
		for _, pattern := range patterns {
			found, err := filepath.Glob(pattern)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, slices.DeleteFunc(found, func(name string) bool { return strings.HasSuffix(name, "_test.go") })...)
		}
		return files
	}
	exist := map[string]bool{}
	for name := range every(t, regexp.MustCompile(`"(sms_[a-z_]+)"`), glob("../../internal/*/*.go")) {
		exist[name] = true
	}
	// OpenTelemetry's exporter adds _total to the names of counters.
	exist["sms_payloads_unreadable_total"] = exist["sms_payloads_unreadable"]
	delete(exist, "sms_payloads_unreadable")
	named := every(t, regexp.MustCompile(`\b(sms_[a-z_]+)\b`), glob("../../docs/*.md", "../../*.md", "../../deploy/*/*.yaml", "../../deploy/*/*.json"))
	delete(named, "sms_from") // a field of an input, not a metric
	for name := range named {
		if !exist[name] {
			t.Errorf("a page, rule or dashboard names the metric %s, which does not exist", name)
		}
	}
	for name := range exist {
		if !named[name] {
			t.Errorf("no page, rule or dashboard names the metric %s", name)
		}
	}
}
