#!/bin/sh
# Generates the tables from the JDK on the path: collate/rules.txt.gz,
# dateformat/zones.txt.gz, locale/locales.txt.gz. The committed tables are those of
# JDK 17.
set -e
cd "$(dirname "$0")"
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
javac -encoding UTF-8 -d "$classes" Collations.java Locales.java Zones.java
run() { java --add-exports java.base/jdk.internal.icu.impl=ALL-UNNAMED -Dfile.encoding=UTF-8 -cp "$classes" "$@" | gzip -9n; }
run Locales >../locale/locales.txt.gz
run Collations >../collate/rules.txt.gz
run Zones >../dateformat/zones.txt.gz
