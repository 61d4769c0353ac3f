#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every domain of tests/check/domains through "dmarcmilter-check domain", without a
# network: what it prints, as text and as JSON, and its exit status are those in
# tests/check/golden/domain. "domains.sh --accept" takes what comes out as right.
srcdir=$(cd "${srcdir:-.}" && pwd)
check=$(pwd)/dmarcmilter-check
zones=$srcdir/tests/check/domains
golden=$srcdir/tests/check/golden/domain
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
unset COLUMNS NO_COLOR
export LC_ALL=C
cd "$zones" || exit 99
bad=0

# run NAME SUFFIX OPTION...: output and status of one domain.
run() {
	name=$1 suffix=$2
	shift 2
	arguments=$(sed -n 's/^# arguments: //p' "$name.zone")
	# The arguments are words without blanks.
	"$check" domain $arguments --zone "$name.zone" "$@" >"$work/$name.$suffix" 2>&1
	echo $? >"$work/status"
	[ "$suffix" != txt ] || echo "exit status $(cat "$work/status")" >>"$work/$name.txt"
}

for zone in *.zone; do
	name=${zone%.zone}
	run "$name" txt
	run "$name" json --json
done
if [ "${1:-}" = --accept ]; then
	mkdir -p "$golden"
	rm -f "$golden"/*.txt "$golden"/*.json
	cp "$work"/*.txt "$work"/*.json "$golden"
	exit
fi
rm -f "$work/status"
diff -ru "$golden" "$work" || bad=1
exit $bad
