#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Feeds every corpus to its fuzz target. Run by `make check`.
cd "${top_builddir:-.}" || exit 1
failed=0
count=0
for program in tests/fuzz/fuzz_*; do
	case $program in *.o) continue ;; esac
	[ -x "$program" ] || continue
	name=${program##*/fuzz_}
	if "$program" "$srcdir/tests/fuzz/corpus/$name"; then
		count=$((count + 1))
	else
		echo "fuzz corpus of $name: FAILED"
		failed=$((failed + 1))
	fi
done
echo "$count targets, $failed failed"
[ "$failed" -eq 0 ] && [ "$count" -gt 0 ]
