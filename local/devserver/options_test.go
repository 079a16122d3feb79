package main

import (
	"reflect"
	"strings"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/dynamicconfig"
)

func TestParseSearchAttributes(t *testing.T) {
	got, err := parseSearchAttributes([]string{"Customer=Keyword", "Amount=Double"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]enumspb.IndexedValueType{
		"Customer": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Amount":   enumspb.INDEXED_VALUE_TYPE_DOUBLE,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, bad := range []string{"Customer", "=Keyword", "Customer=keyword", "Customer=", "Customer=Unspecified"} {
		if _, err := parseSearchAttributes([]string{bad}); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%q: got error %v, want one that quotes it", bad, err)
		}
	}
}

func TestParseDynamicConfig(t *testing.T) {
	got, err := parseDynamicConfig([]string{"a.int=40", "a.float=0.5", `a.string="x=y"`, "a.list=[1,2.5]", "a.int=41"})
	if err != nil {
		t.Fatal(err)
	}
	want := dynamicconfig.StaticClient{
		dynamicconfig.MakeKey("a.int"):    41,
		dynamicconfig.MakeKey("a.float"):  0.5,
		dynamicconfig.MakeKey("a.string"): "x=y",
		dynamicconfig.MakeKey("a.list"):   []any{1, 2.5},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, bad := range []string{"a", "=1", "a=", "a=word", "a=1 2"} {
		if _, err := parseDynamicConfig([]string{bad}); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%q: got error %v, want one that quotes it", bad, err)
		}
	}
}

func TestDynamicConfigFlagOverridesDefault(t *testing.T) {
	key := dynamicconfig.MakeKey("history.timerProcessorMaxPollRPS")
	if got := withDefaults(nil)[key]; got != 400 {
		t.Errorf("got the default %v, want 400", got)
	}
	if got := withDefaults(dynamicconfig.StaticClient{key: 7})[key]; got != 7 {
		t.Errorf("got %v instead of the override, want 7", got)
	}
}

func TestOptionsComplete(t *testing.T) {
	good := options{ip: "localhost", port: 7233, logLevel: "warn", logFormat: "pretty"}
	opts := good
	if err := opts.complete(); err != nil {
		t.Fatal(err)
	}
	if opts.ip != "127.0.0.1" || opts.uiIP != "127.0.0.1" || opts.uiPort != 8233 {
		t.Errorf("got the options %+v, want 127.0.0.1 for both addresses and port 8233 for the Web UI", opts)
	}
	for flag, breakIt := range map[string]func(*options){
		"--ip":         func(o *options) { o.ip = "example" },
		"--port":       func(o *options) { o.port = 0 },
		"--ui-port":    func(o *options) { o.uiPort = 70000 },
		"--log-level":  func(o *options) { o.logLevel = "loud" },
		"--log-format": func(o *options) { o.logFormat = "xml" },
	} {
		opts := good
		breakIt(&opts)
		if err := opts.complete(); err == nil || !strings.HasPrefix(err.Error(), flag) {
			t.Errorf("an invalid %s: got error %v, want one that begins with the flag", flag, err)
		}
	}
}

func TestSearchAttributesBeyondLimitAreRefused(t *testing.T) {
	attributes := map[string]enumspb.IndexedValueType{}
	for _, name := range strings.Fields("a b c d e f g h i j k l m n o p q r s t u v w x y z") {
		attributes[name] = enumspb.INDEXED_VALUE_TYPE_BOOL
	}
	if _, err := addAliases(map[string]string{}, attributes); err == nil {
		t.Error("addAliases accepts 26 attributes of type Bool, want an error: SQLite's tables have fewer columns of that type")
	}
}
