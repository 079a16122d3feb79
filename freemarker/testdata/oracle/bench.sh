#!/bin/sh
# Times the Java engine on templates of ../bench/rows.json; see Speed.java.
. "$(dirname "$0")/classes.sh"
exec $run Speed "$here/../bench"
