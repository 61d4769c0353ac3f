#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Files up to 500 lines (tables of data do not count), functions up to 80, lines
# up to 100 columns with tabs of eight, indented with tabs.
. "${srcdir:-.}/tests/style/sources.sh"
tables="milter/config/options.c"

for file in $(c_files); do
	lines=$(wc -l <"$file")
	case " $tables " in
	*" $file "*) ;;
	*)
		case $file in
		milter/*) [ "$lines" -le 500 ] || complain "$file: $lines lines" ;;
		esac
		;;
	esac
	# A function's braces stand in the first column; those of a table end with "};".
	found=$(awk -v file="$file" '
		/^\{$/ { start = NR }
		/^\}$/ { if (start && NR - start + 1 > 80) print file ":" start ": a function of " NR - start + 1 " lines"; start = 0 }
		/^    / { print file ":" NR ": indented with spaces" }
		/[ \t]$/ { print file ":" NR ": blanks at the end" }' "$file")
	[ -z "$found" ] || complain "$found"
	found=$(expand -t 8 "$file" | awk -v file="$file" 'length($0) > 100 { print file ":" NR ": " length($0) " columns" }')
	[ -z "$found" ] || complain "$found"
done
exit $bad
