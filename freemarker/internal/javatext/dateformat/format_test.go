package dateformat

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"temporal-twilio/freemarker/internal/javatext/cases"
	"temporal-twilio/freemarker/internal/javatext/locale"
)

var unescape = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r")

// TestDatesMatchJava formats and parses the dates of testdata/dates.txt.gz,
// which gen/DateCases.java wrote, or of the file that JAVATEXT_DATES names.
func TestDatesMatchJava(t *testing.T) {
	s, name := cases.Open(t, "testdata/dates.txt.gz", "JAVATEXT_DATES")
	total, wrong := 0, 0
	s.Buffer(nil, 1<<20)
	if !s.Scan() {
		t.Fatalf("%s is empty, want the time at which it was written in the first line", name)
	}
	written, err := strconv.ParseInt(s.Text(), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	now = func() time.Time { return time.UnixMilli(written) }
	defer func() { now = time.Now }()
	for s.Scan() {
		c := strings.Split(s.Text(), "\t")
		for i := range c {
			c[i] = unescape.Replace(c[i])
		}
		total++
		if got := answer(c); got != c[6] {
			if wrong++; wrong <= 30 {
				t.Errorf("%s %s kind %s %q %s %q: got %q, Java has %q", c[0], c[1], c[2], c[3], c[4], c[5], got, c[6])
			}
		}
	}
	if s.Err() != nil || total < 1000 {
		t.Fatalf("%s: got %d cases, error %v, want at least 1000", name, total, s.Err())
	}
	t.Logf("%d of %d cases wrong", wrong, total)
}

func answer(c []string) string {
	kind, _ := strconv.Atoi(c[2])
	f, err := New(c[3], Kind(kind), locale.Parse(c[0]), LoadZone(c[1]))
	switch {
	case err != nil:
		return "!" + err.Error()
	case c[4] == "!":
		return "compiles"
	case c[4] == "f":
		ms, _ := strconv.ParseInt(c[5], 10, 64)
		return written(f, ms)
	}
	ms, err := f.Parse(c[5])
	if err != nil {
		return "!" + err.Error()
	}
	return strconv.FormatInt(ms, 10)
}

// written returns a formatted date, or "!" and the reason why it cannot be
// formatted.
func written(f *Format, ms int64) string {
	out, err := f.Append(nil, ms)
	if err != nil {
		return "!" + err.Error()
	}
	return string(out)
}

func TestLoadZoneReadsNoFiles(t *testing.T) {
	for _, id := range []string{"../../etc/passwd", "/etc/localtime", "Europe/../Europe/Berlin", "europe/berlin", "", "GMT+24", "GMT+1:5", "GMT+99999999999999"} {
		if z := LoadZone(id); z.ID() != "GMT" {
			t.Errorf("LoadZone(%q) = %s, want GMT", id, z.ID())
		}
		if _, ok := LoadZoneStrict(id); ok {
			t.Errorf("LoadZoneStrict(%q) accepted the ID, want it refused", id)
		}
	}
	for id, want := range map[string]string{"GMT+2": "GMT+02:00", "GMT-0330": "GMT-03:30", "GMT+0": "GMT+00:00", "Asia/Tokyo": "Asia/Tokyo", "UTC": "UTC"} {
		if z := LoadZone(id); z.ID() != want {
			t.Errorf("LoadZone(%q) = %s, want %s", id, z.ID(), want)
		}
	}
}

func TestFormatKeepsParsedZone(t *testing.T) {
	f, err := New("yyyy-MM-dd HH:mm z", DateTime, locale.Parse("en_US"), UTC)
	if err != nil {
		t.Fatal(err)
	}
	ms, after, err := f.ParseZone("2024-07-05 12:00 PST")
	if err != nil {
		t.Fatal(err)
	}
	if got := written(after, ms); got != "2024-07-05 13:00 PDT" {
		t.Errorf("with the format after parsing: got %s, want 13:00 PDT", got)
	}
	if got := written(f, ms); got != "2024-07-05 20:00 UTC" {
		t.Errorf("with the original format: got %s, want 20:00 UTC", got)
	}
}

func FuzzFormat(f *testing.F) {
	for _, spec := range []string{"yyyy-MM-dd HH:mm:ss.SSS z", "iso_m_nz", "xs", "full_short", "YYYY-'W'ww-u", "G W F D a K k XXX Z"} {
		f.Add(spec, "de_DE", "Europe/Berlin", int64(1709647629000), "2024-03-05T14:07:09Z")
	}
	f.Add("yY", "de_DE", "UTC", int64(0), "  0") // spaces take the place of the digits
	f.Fuzz(func(t *testing.T, spec, l, zone string, ms int64, text string) {
		for kind := Unknown; kind <= DateTime; kind++ {
			format, err := New(spec, kind, locale.Parse(l), LoadZone(zone))
			if err != nil {
				continue
			}
			if n := len(written(format, ms)); n > 400*(len(spec)+1) {
				t.Errorf("got %d bytes for the format %q, want at most %d", n, spec, 400*(len(spec)+1))
			}
			format.Parse(text)
			format.Parse(written(format, ms))
		}
	})
}

func BenchmarkFormat(b *testing.B) {
	for _, spec := range []string{"yyyy-MM-dd HH:mm", "medium", "iso"} {
		f, err := New(spec, DateTime, locale.Parse("en_US"), LoadZone("Europe/Berlin"))
		if err != nil {
			b.Fatal(err)
		}
		text := written(f, 1709647629000)
		b.Run(spec+"/append", func(b *testing.B) {
			b.ReportAllocs()
			var buf [64]byte
			for b.Loop() {
				f.Append(buf[:0], 1709647629000)
			}
		})
		b.Run(spec+"/parse", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(spec+"/compile", func(b *testing.B) {
			b.ReportAllocs()
			l, z := locale.Parse("en_US"), LoadZone("Europe/Berlin")
			for b.Loop() {
				New(spec, DateTime, l, z)
			}
		})
	}
}
