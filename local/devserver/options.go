package main

// The flags of start-dev, and how their NAME=VALUE forms are parsed.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/dynamicconfig"
)

// options configures one server.
type options struct {
	ip         string
	port       int
	namespaces []string

	headless bool
	uiIP     string
	uiPort   int
	uiCodec  string

	dbFilename       string
	searchAttributes map[string]enumspb.IndexedValueType
	dynamicConfig    dynamicconfig.StaticClient

	logLevel  string
	logFormat string
}

// complete validates the options, and fills in those that default to others.
func (o *options) complete() error {
	var err error
	if o.ip, err = parseIP("--ip", o.ip); err != nil {
		return err
	}
	if o.uiIP == "" {
		o.uiIP = o.ip
	}
	if o.uiIP, err = parseIP("--ui-ip", o.uiIP); err != nil {
		return err
	}
	if o.uiPort == 0 {
		o.uiPort = o.port + 1000
	}
	if err := checkPort("--port", o.port); err != nil {
		return err
	}
	if !o.headless {
		if err := checkPort("--ui-port", o.uiPort); err != nil {
			return err
		}
	}
	switch o.logLevel {
	case "debug", "info", "warn", "error", "never":
	default:
		return fmt.Errorf("--log-level %q: want debug, info, warn, error or never", o.logLevel)
	}
	switch o.logFormat {
	case "text", "pretty", "json":
	default:
		return fmt.Errorf("--log-format %q: want text, pretty or json", o.logFormat)
	}
	return nil
}

func parseIP(flag, s string) (string, error) {
	if s == "localhost" {
		return loopback, nil
	}
	if net.ParseIP(s) == nil {
		return "", fmt.Errorf("%s %q: want an IP address such as 127.0.0.1", flag, s)
	}
	return s, nil
}

func checkPort(flag string, port int) error {
	if port < 1 || port > 65535 {
		return fmt.Errorf("%s %d: want a port between 1 and 65535", flag, port)
	}
	return nil
}

// parseSearchAttributes parses Name=Type pairs. The types are Temporal's: Text,
// Keyword, Int, Double, Bool, Datetime, KeywordList.
func parseSearchAttributes(pairs []string) (map[string]enumspb.IndexedValueType, error) {
	attributes := make(map[string]enumspb.IndexedValueType, len(pairs))
	for _, pair := range pairs {
		name, typeName, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--search-attribute %q: want Name=Type", pair)
		}
		t, err := enumspb.IndexedValueTypeFromString(typeName)
		if err != nil || t == enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED {
			return nil, fmt.Errorf("--search-attribute %q: want one of the types Text, Keyword, Int, Double, Bool, Datetime, KeywordList", pair)
		}
		attributes[name] = t
	}
	return attributes, nil
}

// parseDynamicConfig parses key=JSON pairs. The last value of a key wins.
func parseDynamicConfig(pairs []string) (dynamicconfig.StaticClient, error) {
	values := make(dynamicconfig.StaticClient, len(pairs))
	for _, pair := range pairs {
		key, text, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("--dynamic-config-value %q: want key=JSON", pair)
		}
		decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil || decoder.More() {
			return nil, fmt.Errorf("--dynamic-config-value %q: the value is not JSON (a string needs quotes)", pair)
		}
		values[dynamicconfig.MakeKey(key)] = plainNumbers(value)
	}
	return values, nil
}

// plainNumbers converts json.Number to int or float64, because the server
// refuses a float64 where it wants an int.
func plainNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if i, err := strconv.Atoi(v.String()); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plainNumbers(v[k])
		}
	}
	return value
}
