#!/bin/sh
# Prints the speed of the Java engine for each template of ../bench/rows.json.
. "$(dirname "$0")/classes.sh"
exec $run Speed "$here/../bench"
