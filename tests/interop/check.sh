#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every Authentication-Results field of the scenarios, and fields with hostile text wherever
# remote text can stand, read by our parser and by two others. Part of `make check`.
python=
for candidate in python3 /usr/bin/python3; do
	[ -n "$python" ] || ! "$candidate" -c 'import authres' 2>/dev/null || python=$candidate
done
if [ -z "$python" ] || ! perl -MMail::AuthenticationResults::Parser -e 1 2>/dev/null; then
	echo "SKIPPED: python3-authres or libmail-authenticationresults-perl is missing"
	exit 77
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
set -e
here=$srcdir/tests/interop

tests/tools/run_scenarios -v -k "$srcdir/tests/keys" "$srcdir"/tests/scenarios/*.scn >"$work/run"
sed -n 's/^    added Authentication-Results: / /p' "$work/run" | sort -u >"$work/values"
[ "$(wc -l <"$work/values")" -gt 100 ]
tests/tools/read_results -w <"$here/hostile.txt" >>"$work/values"
tests/tools/read_results <"$work/values" >"$work/ours"
"$python" "$here/read_results.py" <"$work/values" >"$work/authres"
perl "$here/read_results.pl" <"$work/values" >"$work/perl"
"$python" "$here/compare.py" "$work/values" "$here/differences.txt" "$work/ours" \
	authres="$work/authres" perl="$work/perl"
