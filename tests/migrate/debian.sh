#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# dmarcmilter --migrate with what the old programs ship: their configuration
# files and samples, with every commented option switched on too, and each
# option that their manual pages name.
# usage: tests/migrate/debian.sh DMARCMILTER FOLDER-OF-UNPACKED-PACKAGES
milter=$1
packages=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
checks=0
failed=0

ok() {
	checks=$((checks + 1))
	[ "$2" -eq 0 ] || { failed=$((failed + 1)); echo "FAILED  $1"; }
}

# A file is migrated without a word, and the result is taken by -n.
migrates() {
	"$milter" --migrate "$1" >"$folder/result" 2>"$folder/err" && [ ! -s "$folder/err" ]
	ok "$1: $(cat "$folder/err")" $?
	"$milter" -n -c "$folder/result"
	ok "$1: dmarcmilter -n" $?
	! grep -q '^#   not known' "$folder/result"
	ok "$1: all is known" $?
}

# The names of a manual page's options that name their type: ".I Name (string)".
page_options() {
	zcat "$packages/usr/share/man/$1" | sed -n 's/^\.I \([A-Za-z0-9-]*\) ([A-Za-z ]*)$/\1/p' | grep -vx Include | sort -u
}

# Each option of a page, alone, with a few values.
page_is_known() {
	names=$(page_options "$1")
	[ "$(echo "$names" | wc -w)" -ge "$3" ]
	ok "$1: $(echo "$names" | wc -w) options" $?
	for value in yes 5 /nonexistent local:/run/x.sock "a,b.example"; do
		for name in $names; do
			echo "$name $value"
		done >"$folder/$2"
		migrates "$folder/$2"
	done
}

cd "$packages" || exit 1
migrates etc/opendkim.conf
migrates etc/opendmarc.conf
migrates etc/postfix-policyd-spf-python/policyd-spf.conf
migrates etc/pyspf-milter/pyspf-milter.conf
migrates etc/dkimpy-milter/dkimpy-milter.conf
"$milter" --migrate etc/opendkim.conf etc/opendmarc.conf etc/postfix-policyd-spf-python/policyd-spf.conf \
	>"$folder/result" && "$milter" -n -c "$folder/result"
ok 'all three together' $?
for sample in usr/share/doc/opendkim/examples/opendkim.conf.*; do
	migrates "$sample"
done
zcat usr/share/doc/opendmarc/opendmarc.conf.sample.gz | sed 's/^# *\([A-Z][A-Za-z]* [^ ]*\)$/\1/' >"$folder/opendmarc.conf"
[ "$(grep -c '^[A-Z]' "$folder/opendmarc.conf")" -ge 40 ]
ok 'the sample of opendmarc has its options' $?
migrates "$folder/opendmarc.conf"
# Options of policyd-spf stand in its page as "Name = value".
zcat usr/share/man/man5/policyd-spf.conf.5.gz | sed -n 's/^\([A-Za-z_]*\) = .*/&/p' >"$folder/policyd-spf.conf"
[ "$(grep -c . "$folder/policyd-spf.conf")" -ge 25 ]
ok 'the page of policyd-spf has its options' $?
migrates "$folder/policyd-spf.conf"
page_is_known man5/opendkim.conf.5.gz opendkim.conf 130
page_is_known man5/opendmarc.conf.5.gz opendmarc.conf 40
page_is_known man5/dkimpy-milter.conf.5.gz dkimpy-milter.conf 28
page_is_known man5/policyd-spf.conf.5.gz pyspf-milter.conf 6

echo "$checks checks, $failed failed"
[ "$failed" -eq 0 ]
