#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# libmilter exports sendmail's globals. One of ours with such a name would merge
# with it silently, so there is none, but for the functions that we replace on
# purpose, and those must be visible to the library.
. "${srcdir:-.}/tests/style/sources.sh"
overrides="mi_pool_controller_init mi_start_session mi_control_startup mi_rd_cmd mi_wr_cmd"
program=$build/dmarcmilter

[ -e "$program" ] || { echo "there is no $program"; exit 1; }
library=$(ldd "$program" | awk '/libmilter\.so/ { print $3 }')
[ -n "$library" ] || { echo "dmarcmilter is not linked with libmilter"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nm -D --defined-only "$library" | awk '$2 ~ /[A-Z]/ { print $3 }' | sed 's/@.*//' | sort -u >"$work/theirs"
[ "$(wc -l <"$work/theirs")" -gt 50 ] || complain "cannot read the symbols of $library"
# Ours as the objects have them: the linker has made hidden ones local in the program.
find "$build/milter" -name '*.o' -exec nm -g --defined-only {} + | awk 'NF == 3 { print $3 }' | sort -u >"$work/ours"
[ "$(wc -l <"$work/ours")" -gt 20 ] || complain "cannot read the symbols of our objects"
for name in $(comm -12 "$work/theirs" "$work/ours"); do
	case " $overrides " in
	*" $name "*) ;;
	*) complain "$name is a global of libmilter too" ;;
	esac
done

if grep -q '^OWN_SESSIONS_TRUE = *$' "$build/Makefile"; then
	nm -D --defined-only "$program" | awk '{ print $3 }' >"$work/exported"
	for name in $overrides; do
		grep -qx "$name" "$work/exported" ||
			complain "$name is not exported by dmarcmilter: libmilter would use its own"
	done
fi
exit $bad
