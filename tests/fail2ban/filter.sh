#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs fail2ban-regex over lines.txt in each mode of the filter: exactly the true
# clients come out. "servers" names a folder into which fail2ban was unpacked. With
# a log of the end-to-end tests as argument, over that one.
set -u

source=$(cd "${srcdir:-.}" && pwd)
servers=${servers:-}
regex=$servers/usr/bin/fail2ban-regex
[ -x "$regex" ] || regex=$(command -v fail2ban-regex) || { echo "fail2ban is not here"; exit 77; }
python=
[ -z "$servers" ] || python=$servers/usr/lib/python3/dist-packages
common=/etc/fail2ban/filter.d/common.conf
[ ! -e "$servers$common" ] || common=$servers$common
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# The filter includes common.conf, which fail2ban seeks beside it.
cp "$source/contrib/fail2ban/filter.d/dmarcmilter.conf" "$common" "$work/"
grep -v '^#' "$source/tests/fail2ban/lines.txt" | sed 's/^[^|]*|//' >"$work/log"

# check MODE LETTER: compares the addresses found.
check() {
	grep -v '^#' "$source/tests/fail2ban/lines.txt" | sed -n "s/^[sra]*$2[sra]* \([^|]*\)|.*/\1/p" |
		sort >"$work/expected"
	PYTHONPATH=$python /usr/bin/python3 "$regex" -o ip "$work/log" "$work/dmarcmilter.conf[mode=$1]" \
		>"$work/out" 2>"$work/errors" || true
	sort "$work/out" >"$work/found"
	if ! diff "$work/expected" "$work/found"; then
		echo "mode $1: not the expected addresses"
		cat "$work/errors"
		bad=1
	fi
}
# The log as the daemon wrote it: the spoofer that the tests use, once per refused spoof, and nobody else.
check_real() {
	PYTHONPATH=$python /usr/bin/python3 "$regex" -o ip "$1" "$work/dmarcmilter.conf[mode=spoof]" >"$work/found"
	grep ' action=reject client=203.0.113.66 class=spoof ' "$1" | sed 's/.*/203.0.113.66/' >"$work/expected"
	[ -s "$work/expected" ] && diff "$work/expected" "$work/found" || bad=1
}

if [ $# -eq 1 ]; then
	check_real "$1"
	exit $bad
fi
check spoof s
check reject r
check aggressive a

# The jail is off as shipped, and uses our filter.
jail=$source/contrib/fail2ban/jail.d/dmarcmilter.conf
grep -qx 'enabled = false' "$jail" && grep -q '^filter = dmarcmilter' "$jail" || { echo "$jail"; bad=1; }
exit $bad
