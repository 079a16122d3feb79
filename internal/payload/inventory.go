package payload

// An inventory lists the keys of a process. Every process must have a key
// before any process encrypts with it.

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Inventory lists the keys of a process.
type Inventory struct {
	// Known are the IDs of the keys with which the process can read.
	Known []string
	// Current is the ID of the key with which the process encrypts, or "" if it
	// does not encrypt.
	Current string
}

// Inventory returns the keys in use.
func (r *Ring) Inventory() Inventory {
	k := r.inForce()
	return Inventory{Known: k.known(), Current: k.current}
}

// keysMetric is the name of a metric with labels for a key and a use of it. The
// metric is 1 for each use that the process makes of a key.
const keysMetric = "sms_payload_keys"

// Measure exposes the ring in metrics: sms_payload_keys by key and use
// ("reads", "encrypts"), sms_payload_keys_broken, which is 1 while the file
// cannot be used, and sms_payloads_unreadable_total by reason ("missing key",
// "damaged").
func (r *Ring) Measure(meter metric.Meter) error {
	inForce, err := meter.Int64ObservableGauge(keysMetric, metric.WithDescription("The keys with which this process reads payloads, and the one with which it encrypts."))
	if err != nil {
		return err
	}
	broken, err := meter.Int64ObservableGauge("sms_payload_keys_broken", metric.WithDescription("1 while the key file cannot be used and the previous keys remain in use."))
	if err != nil {
		return err
	}
	unreadable, err := meter.Int64ObservableCounter("sms_payloads_unreadable", metric.WithDescription("Payloads that could not be read, by reason."))
	if err != nil {
		return err
	}
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		has := r.Inventory()
		for _, key := range has.Known {
			o.ObserveInt64(inForce, 1, metric.WithAttributes(attribute.String("key", key), attribute.String("use", "reads")))
		}
		if has.Current != "" {
			o.ObserveInt64(inForce, 1, metric.WithAttributes(attribute.String("key", has.Current), attribute.String("use", "encrypts")))
		}
		isBroken := int64(0)
		if r.Err() != nil {
			isBroken = 1
		}
		o.ObserveInt64(broken, isBroken)
		o.ObserveInt64(unreadable, r.missing.Load(), metric.WithAttributes(attribute.String("reason", "missing key")))
		o.ObserveInt64(unreadable, r.damaged.Load(), metric.WithAttributes(attribute.String("reason", "damaged")))
		return nil
	}, inForce, broken, unreadable)
	return err
}

// measured matches a sample of keysMetric in Prometheus's text format.
var measured = regexp.MustCompile(`^` + keysMetric + `\{(?:[^}]*,)?key="([^"]*)"(?:,[^}]*)?use="([^"]*)"[^}]*\} 1(?:\.0+)?(?: |$)`)

// ReadInventory extracts the keys of a process from its /metrics.
func ReadInventory(metrics io.Reader) (has Inventory, err error) {
	lines := bufio.NewScanner(io.LimitReader(metrics, 16<<20))
	for lines.Scan() {
		if found := measured.FindStringSubmatch(lines.Text()); found != nil && found[2] == "reads" {
			has.Known = append(has.Known, found[1])
		} else if found != nil {
			has.Current = found[1]
		}
	}
	slices.Sort(has.Known)
	return has, lines.Err()
}

// Differences compares the inventories of processes, given by the name of the
// process. It returns a line for each process that encrypts with a key that
// another process lacks, and therefore writes what the other one cannot read.
func Differences(all map[string]Inventory) (lines []string) {
	for _, writer := range slices.Sorted(maps.Keys(all)) {
		key := all[writer].Current
		if key == "" {
			continue
		}
		for _, reader := range slices.Sorted(maps.Keys(all)) {
			if !slices.Contains(all[reader].Known, key) {
				lines = append(lines, fmt.Sprintf("%s encrypts with the key %q, which %s lacks: add it to the key file of %s", writer, key, reader, reader))
			}
		}
	}
	return lines
}
