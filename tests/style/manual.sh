#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The manual pages are well formed; dmarcmilter.8 names every option of the command line,
# every metric, and every status the program ends with, dmarcmilter-check.1 every option.
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

# has_statuses PAGE FILE...: every status in these sources stands in the page.
has_statuses() {
	manual=$1
	shift
	statuses=$(cat "$@" | grep -o '\bEX_[A-Z]*\b' | grep -v '^EX_INIT' | sort -u)
	[ -n "$statuses" ] || complain "$manual: the source has no status"
	for status in $statuses; do
		number=$(sed -n "s/^#define[[:blank:]]*${status}[[:blank:]]*\([0-9]*\).*/\1/p" /usr/include/sysexits.h)
		[ -n "$number" ] || continue
		sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/p' "$manual" | grep -q "^\.It $number\$" ||
			complain "$manual: the status $number ($status) is missing"
	done
}

check_page=$srcdir/milter/tool/dmarcmilter-check.1
daemon_files=$(find "$srcdir/milter" -name '*.c' ! -path '*/tool/*')
# shellcheck disable=SC2086
has_statuses "$page" $daemon_files
has_statuses "$check_page" "$srcdir"/milter/tool/*.c

# dmarcmilter-check.1 has every option of each command.
for command in message domain 'domain --zone-template' log; do
	# shellcheck disable=SC2086
	for option in $(./dmarcmilter-check $command --help | sed -n 's/^  \(--*[A-Za-z0-9-]*\).*/\1/p'); do
		sed 's/\\-/-/g' "$check_page" | grep -q "^\.It.* Fl ${option#-}\( \|\$\)" ||
			complain "$check_page: $command $option is missing"
	done
done
[ -n "$(./dmarcmilter-check message --help | grep -e '^  --replay')" ] ||
	complain 'dmarcmilter-check message --help names no option'

[ "$bad" -eq 0 ] || exit 1
command -v mandoc >/dev/null || { echo 'mandoc is not here'; exit 77; }
findings=$(mandoc -T lint -W warning "$page" "$check_page" \
	"$srcdir/conf/dmarcmilter.conf.5") && [ -z "$findings" ] || {
	echo "$findings"
	exit 1
}
