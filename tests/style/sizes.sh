#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Files up to 500 lines, functions up to 80, lines up to 100 columns with tabs of
# eight, indented with tabs. Tables of data do not count, and in tests the tables
# stand in the functions and their rows in one line each.
. "${srcdir:-.}/tests/style/sources.sh"
for file in $(c_files); do
	lines_max=500 function_max=80 columns_max=100
	case $file in
	tests/*) lines_max=1000 function_max=200 columns_max=120 ;;
	milter/config/options.c) lines_max=1000 ;;
	esac
	lines=$(wc -l <"$file")
	[ "$lines" -le $lines_max ] || complain "$file: $lines lines"
	# A function's braces stand in the first column; those of a table end with "};".
	found=$(awk -v file="$file" -v most=$function_max '
		/^\{$/ { start = NR }
		/^\}$/ { if (start && NR - start + 1 > most) print file ":" start ": a function of " NR - start + 1 " lines"; start = 0 }
		/^        / { print file ":" NR ": indented with spaces" }
		/[ \t]$/ { print file ":" NR ": blanks at the end" }' "$file")
	[ -z "$found" ] || complain "$found"
	found=$(expand -t 8 "$file" | awk -v file="$file" -v most=$columns_max 'length($0) > most { print file ":" NR ": " length($0) " columns" }')
	[ -z "$found" ] || complain "$found"
done
exit $bad
