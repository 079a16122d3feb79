// Package javatext implements the part of java.text and java.util that the
// output of Apache FreeMarker 2.3.31 depends on. It matches JDK 17 with its
// default (CLDR) locale data, byte for byte.
//
// Its parts are separate packages:
//
//   - locale: locales as FreeMarker's settings write them ("pt_BR"), the data the JDK has
//     for them, and upper and lower case.
//   - decimal: java.text.DecimalFormat, with FreeMarker's pattern extension and its named
//     formats ("number", "currency", "percent", "computer").
//   - dateformat: time zones, java.text.SimpleDateFormat, the styles of
//     java.text.DateFormat and FreeMarker's "iso" and "xs" formats; formatting and parsing.
//   - collate: java.text.Collator.
//
// This package itself holds the text of floating point numbers
// (Double.toString).
//
// All returned values are immutable and safe for concurrent use. No pattern or
// text from a template causes a panic, and time and memory are linear in their
// length.
//
// # Tables
//
// The tables are generated from a JDK by the programs in gen (gen/generate.sh),
// and are unpacked on first use:
//
//   - locale/locales.txt.gz, 60 kB: numbers, currencies and dates of all locales of the JDK.
//   - dateformat/zones.txt.gz, 340 kB: the rules of all time zones, and their names in all
//     languages of the JDK. The rules are not those of time/tzdata, which would take 450 kB
//     more, and which disagree with Java before 1970 and about winter time in Ireland.
//   - collate/rules.txt.gz, 100 kB: the collation rules, which are the JDK's own.
//
// The corpora of the tests contain the answers of a JDK and of FreeMarker
// (gen/cases.sh).
//
// # Differences from Java
//
// The locale ja_JP_JP does not use the calendar of Japanese eras. Week years BC
// may be off by one. A number of more than 2^20 digits is an error.
package javatext

//go:generate gen/generate.sh
