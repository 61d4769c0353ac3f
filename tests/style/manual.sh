#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The manual pages are well formed, and dmarcmilter.8 names every option of the command
# line, every metric, and every status the program ends with; dmarcmilter-check.1 too.
srcdir=${srcdir:-.}
page=$srcdir/milter/programs/dmarcmilter.8
bad=0

complain() {
	echo "$*"
	bad=1
}

options=$(./dmarcmilter --help | sed -n 's/^  \(--*[A-Za-z-]*\).*/\1/p')
[ -n "$options" ] || complain 'dmarcmilter --help names no option'
for option in $options; do
	grep -q "^\.It Fl $(echo "${option#-}" | sed 's/^-/\\\\-/')\( \|\$\)" "$page" || complain "$page: $option is missing"
done
# And those of the synopsis, which --help has too.
for option in $(sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/s/.*Fl \\\{0,1\}\([A-Za-z-]*\).*/-\1/p' "$page"); do
	echo "$options" | grep -qx -e "$option" || complain "dmarcmilter --help: $option is missing"
done

metrics=$(sed -n 's/^	{ "dmarcmilter_\([a-z_]*\)".*/\1/p' "$srcdir/milter/programs/metrics.c")
[ -n "$metrics" ] || complain 'metrics.c names no metric'
for metric in $metrics; do
	grep -q "^\.It Cm $metric\( \|\$\)" "$page" || complain "$page: the metric $metric is missing"
done

# has_statuses PAGE FILE...: the page has every status of <sysexits.h> that the files name.
has_statuses() {
	manual=$1
	shift
	statuses=$(cat "$@" | grep -o '\bEX_[A-Z]*\b' | grep -v '^EX_INIT' | sort -u)
	[ -n "$statuses" ] || complain 'the source has no status'
	for status in $statuses; do
		number=$(sed -n "s/^#define[[:blank:]]*${status}[[:blank:]]*\([0-9]*\).*/\1/p" /usr/include/sysexits.h)
		[ -n "$number" ] || continue
		sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/p' "$manual" | grep -q "^\.It $number\$" ||
			complain "$manual: the status $number ($status) is missing"
	done
}
tool_page=$srcdir/milter/tool/dmarcmilter-check.1
has_statuses "$page" "$srcdir"/milter/[!t]*/*.c
has_statuses "$tool_page" "$srcdir"/milter/tool/*.c
for option in $(./dmarcmilter-check domain --help | sed -n 's/^  .*\(--[a-z-]*\).*/\1/p'); do
	grep -q "^\.It .*Fl $(echo "${option#-}" | sed 's/-/\\\\-/g')\( \|\$\)" "$tool_page" ||
		complain "$tool_page: $option is missing"
done

[ "$bad" -eq 0 ] || exit 1
command -v mandoc >/dev/null || { echo 'mandoc is not here'; exit 77; }
findings=$(mandoc -T lint -W warning "$page" "$tool_page" "$srcdir/conf/dmarcmilter.conf.5") && [ -z "$findings" ] || {
	echo "$findings"
	exit 1
}
