package javaregex

import (
	"context"
	"testing"
)

func BenchmarkFind(b *testing.B) {
	for _, c := range []struct{ name, pattern, input string }{
		{"order", `Order Number (?<orderNumber>.+)`, "Order Number 10045"},
		{"yes", `(?i)^\s*(yes|no|y|n)\b`, "Yes please"},
		{"code", `(?i)\b(?:code|otp|pin)\b\D{0,20}(?<code>\d{4,8})\b`, "Your verification code is 482913. Do not share it."},
		{"keyword", `(?i)^(?<command>track|status|cancel)\s+(?<orderId>\d{4,10})\s*$`, "STATUS 20451"},
		{"amount", `\$(?<amount>\d+(?:\.\d{2})?)`, "You owe $12.50 for last month, due on Friday"},
		{"e-mail", `(?<user>[\w.+-]+)@(?<host>[\w-]+(?:\.[\w-]+)+)`, "Please send the invoice to anna.meier+billing@example.co.uk, thank you"},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, err := Compile(c.pattern)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Find(context.Background(), c.input); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(`(?i)\b(?:appointment|appt)\b.*?(?<day>mon|tue|wed|thu|fri|sat|sun)[a-z]*\s+(?:at\s+)?(?<hour>\d{1,2})(?::(?<minute>\d{2}))?\s*(?<half>am|pm)?`); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReplace(b *testing.B) {
	for _, c := range []struct{ name, pattern, replacement, input string }{
		{"class", `[^0-9+]`, "", "+34 (600) 111-222"},
		{"run", `\s+`, " ", "Corner  shop,   Main street"},
		{"groups", `(\d+)-(\d+)`, "$2/$1", "03-2024, 04-2024"},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, err := Compile(c.pattern)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var out []byte
			for b.Loop() {
				if out, _, err = p.AppendReplaced(context.Background(), out[:0], c.input, c.replacement, true); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
