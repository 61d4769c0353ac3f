#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The table of log fields and the manual page name the same fields in the same order.
cd "${srcdir:-.}" || exit 1
table=$(sed -n '/^} items\[\] = {/,/^};/s/^\t{ "\([a-z]*\)",.*/\1/p' milter/core/log_line.c)
manual=$(sed -n '/^\.Sh LOG LINE/,/^\.Sh SIGNALS/s/^\.It Cm \([a-z]*\)$/\1/p' \
	milter/programs/dmarcmilter.8)
[ -n "$table" ] && [ "$table" = "$manual" ] && exit 0
echo "milter/core/log_line.c has: $table"
echo "dmarcmilter.8 has: $manual"
exit 1
