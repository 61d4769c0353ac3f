#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The example configurations can be used as they are, and with the lines that they offer
# behind a number sign: no error and no warning.
srcdir=${srcdir:-.}
bad=0
found=0

offered=$(mktemp)
trap 'rm -f "$offered"' EXIT

for file in "$srcdir"/conf/examples/*.conf "$srcdir"/contrib/container/dmarcmilter.conf; do
	found=$((found + 1))
	output=$(./dmarcmilter -n -c "$file" 2>&1) && [ -z "$output" ] ||
		{ echo "$file: ${output:-no reason given}"; bad=1; }
	sed 's/^#\([A-Z]\)/\1/' "$file" >"$offered"
	output=$(./dmarcmilter -n -c "$offered" 2>&1) && [ -z "$output" ] ||
		{ echo "$file, with what it offers: ${output:-no reason given}"; bad=1; }
done
[ "$found" -eq 4 ] || { echo "$found files, not 4"; bad=1; }
exit $bad
