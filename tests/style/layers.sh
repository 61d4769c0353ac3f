#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A folder of milter/ includes only the folders before it, and the headers of a
# foreign library have one home.
. "${srcdir:-.}/tests/style/sources.sh"
order="base mail config dns checks core report programs tool"

rank_of() {
	rank=0
	for name in $order; do
		rank=$((rank + 1))
		[ "$name" != "$1" ] || { echo "$rank"; return; }
	done
	echo 99
}

for file in $(find milter -name '*.[ch]'); do
	folder=${file#milter/}
	folder=${folder%%/*}
	own=$(rank_of "$folder")
	[ "$own" -ne 99 ] || complain "$file: the folder $folder is not on the list of layers"
	for used in $(sed -n 's/^#[ 	]*include "\([a-z_]*\)\/.*/\1/p' "$file" | sort -u); do
		[ "$(rank_of "$used")" -le "$own" ] ||
			complain "$file: includes $used/, which comes after $folder/"
	done
	wrong=$(sed -n 's/^#[ 	]*include "\([^/"]*\)"/\1/p' "$file" | grep -v '^config.h$')
	[ -z "$wrong" ] || complain "$file: includes $wrong without its folder"
done

# library_home HEADER-PREFIX FILES-PATTERN: only these files of milter/ include it.
library_home() {
	for file in $(grep -l "^#[ 	]*include <$1" -r milter); do
		echo "$file" | grep -Eqx "$2" || complain "$file: includes <$1...>, whose home is $2"
	done
}
library_home libmilter/ 'milter/programs/milter_[a-z_]*\.[ch]'
library_home spf2/ 'milter/checks/spf[a-z_]*\.c'
library_home opendkim/ 'milter/checks/dkim[a-z_]*\.c'
library_home dkim.h 'milter/checks/dkim[a-z_]*\.c'
library_home unbound 'milter/dns/resolver[a-z_]*\.[ch]'
library_home event2/ 'milter/dns/resolver[a-z_]*\.[ch]'
library_home idn2 'milter/mail/domain_name\.c'
library_home libpsl 'milter/checks/public_suffix\.c'
library_home zlib.h 'milter/tool/log_source\.c'
exit $bad
