#!/bin/sh
# Generates the results that the tests compare with, using the JDK on the PATH (a
# JDK 17) and FreeMarker 2.3.31 (FREEMARKER_JAR). Each program can also generate a
# larger corpus; to use it, set JAVATEXT_NUMBERS, JAVATEXT_DATES, JAVATEXT_COLLATION,
# JAVATEXT_FLOATS or JAVATEXT_CASING to the name of its packed file.
set -e
cd "$(dirname "$0")"
jar=${FREEMARKER_JAR:-/usr/share/java/freemarker.jar}
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
javac -nowarn -encoding UTF-8 -cp "$jar" -d "$classes" *Cases.java
run() { java -Dfile.encoding=UTF-8 -cp "$classes:$jar" "$@" 2>/dev/null | gzip -9n; }
run NumberCases 5000 2026 >../decimal/testdata/numbers.txt.gz
run DateCases 10000 2026 >../dateformat/testdata/dates.txt.gz
run CollationCases 8000 2026 >../collate/testdata/comparisons.txt.gz
run TextCases floats 4000 2026 >../testdata/floats.txt.gz
run TextCases casing 3000 2026 >../locale/testdata/casing.txt.gz
