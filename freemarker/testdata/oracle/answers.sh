#!/bin/sh
# usage: answers.sh < cases.jsonl > answers.jsonl
. "$(dirname "$0")/classes.sh"
exec $run Answers
