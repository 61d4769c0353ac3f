#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Functions that are not used, because they overrun, cut silently, or are not safe
# in threads; and notes about unfinished work.
. "${srcdir:-.}/tests/style/sources.sh"
functions='strcpy|strcat|sprintf|vsprintf|strncpy|strncat|strtok|alloca|gets|localtime|gmtime|asctime|ctime|gethostbyname|gethostbyaddr|strerror|setenv|putenv|rand|atoi|atol'

found=$(grep -nwE "($functions)[[:space:]]*\(" -r milter --include='*.[ch]')
[ -z "$found" ] || complain "$found"
# Put together so that this file does not find itself.
notes='TO''DO|XX''X|FIX''ME'
found=$(grep -nwE "$notes" -r milter tests contrib conf systemd --include='*.[ch]' --include='*.sh' \
	--include='*.py' --include='*.am' --include='*.in' --include='*.conf' --include='*.[58]')
[ -z "$found" ] || complain "$found"
# An #ifdef inside a function hides a second program in the first.
found=$(find milter -name '*.c' -exec awk '
	/^\{$/ { inside = 1 }
	/^\}/ { inside = 0 }
	inside && /^#[ \t]*(if|else|elif|endif)/ { print FILENAME ":" FNR ": " $0 }' {} \;)
[ -z "$found" ] || complain "$found"
exit $bad
