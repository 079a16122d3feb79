package freemarker_test

// Undocumented behavior of java.text.SimpleDateFormat and java.lang.Character.
// The expected values are from FreeMarker 2.3.31.

import (
	"testing"

	"temporal-twilio/freemarker"
)

func TestDateFormatKeepsParsedZone(t *testing.T) {
	for _, c := range []struct{ name, template, want string }{
		{
			"a format keeps the zone that it has parsed",
			`${"2024-07-05 12:00 PST"?datetime("yyyy-MM-dd HH:mm z")?string("yyyy-MM-dd HH:mm z")}`,
			"2024-07-05 13:00 PDT",
		},
		{
			"another format, or one for another time_zone, does not have that zone",
			`<#assign d="2024-07-05 12:00 PST"?datetime("yyyy-MM-dd HH:mm z")>${d?string("HH:mm z")} ${d?string("yyyy-MM-dd HH:mm z")}<#setting time_zone="Europe/Berlin">${d?string("yyyy-MM-dd HH:mm z")}<#setting time_zone="UTC"> ${d?string("yyyy-MM-dd HH:mm z")}`,
			"20:00 UTC 2024-07-05 13:00 PDT2024-07-05 22:00 CEST 2024-07-05 20:00 UTC",
		},
		{
			"a change of number_format keeps that zone, one of the locale does not",
			`<#assign d="2024-07-05 12:00 PST"?datetime("yyyy-MM-dd HH:mm z")><#setting number_format="0.0">${d?string("yyyy-MM-dd HH:mm z")} <#setting time_zone="UTC">${d?string("yyyy-MM-dd HH:mm z")} <#setting locale="de">${d?string("yyyy-MM-dd HH:mm z")}`,
			"2024-07-05 13:00 PDT 2024-07-05 13:00 PDT 2024-07-05 20:00 UTC",
		},
		{
			"the format in the settings is separate",
			`<#setting datetime_format="yyyy-MM-dd HH:mm z"><#assign d="2024-07-05 12:00 PST"?datetime>${d} ${d?datetime} ${d?string("yyyy-MM-dd HH:mm z")}`,
			"2024-07-05 13:00 PDT 2024-07-05 13:00 PDT 2024-07-05 20:00 UTC",
		},
		{
			"each type of date has a separate format",
			`<#assign d="2024-07-05 12:00 PST"?date("yyyy-MM-dd HH:mm z")>${d?string("yyyy-MM-dd HH:mm z")} <#assign t="2024-07-05 12:00 EST"?datetime("yyyy-MM-dd HH:mm z")>${t?string("yyyy-MM-dd HH:mm z")} ${d?string("yyyy-MM-dd HH:mm z")}`,
			"2024-07-05 13:00 PDT 2024-07-05 13:00 EDT 2024-07-05 13:00 PDT",
		},
		{
			"a format keeps the zone even if parsing fails afterwards",
			`<#attempt>${"2024-07-05 12:00 PST x"?datetime("yyyy-MM-dd HH:mm z'y'")}<#recover>E</#attempt> ${"2024-07-05T12:00:00Z"?datetime.iso?string("yyyy-MM-dd HH:mm z'y'")}`,
			"E 2024-07-05 05:00 PDTy",
		},
		{
			"the format in the settings also keeps the zone",
			`<#setting datetime_format="yyyy-MM-dd HH:mm z">${"2024-07-05 12:00 PST"?datetime} ${"2024-07-05 12:00 UTC"?datetime("yyyy-MM-dd HH:mm z")?string("yyyy-MM-dd HH:mm z")} ${"2024-07-05 12:00 UTC"?datetime} ${"2024-07-05T12:00:00Z"?datetime.iso}`,
			"2024-07-05 13:00 PDT 2024-07-05 12:00 UTC 2024-07-05 12:00 UTC 2024-07-05 12:00 UTC",
		},
		{
			"the case of a first letter is changed as a single char",
			`${"İstanbul"?uncap_first} ${"İstanbul"?uncap_first?length} ${" ÄB"?uncap_first} ${"ßa"?cap_first}`,
			"istanbul 8  äB ßa",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 { // a rendering does not affect the next one
				if got := render(t, benchRow{Template: c.template}.parse(t), freemarker.Map()); got != c.want {
					t.Errorf("got %q, want %q as in Java", got, c.want)
				}
			}
		})
	}
}
