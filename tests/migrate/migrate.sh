#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# dmarcmilter --migrate with set-ups as they are found in the field, and with
# files that are none. Run by `make check` in the build folder.
milter=${DMARCMILTER:-./dmarcmilter}
source=${srcdir:-.}/tests/migrate
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
checks=0
failed=0

# ok TITLE STATUS-OF-A-TEST
ok() {
	checks=$((checks + 1))
	[ "$2" -eq 0 ] || { failed=$((failed + 1)); echo "FAILED  $1"; }
}

# The settings that the result makes; rules also where this version has them as comments.
settings() {
	sed -n 's/^#\(Rule\|TrustedForwarders\) /\1 /; /^[A-Za-z]/p' "$1"
}

try_setup() {
	name=$1
	mkdir "$folder/$name"
	for file in "$source/$name"/*; do
		sed "s|@FOLDER@|$folder/$name|g; s|@SOCKET@|$default_socket|g" "$file" \
			>"$folder/$name/${file##*/}"
	done
	# shellcheck disable=SC2046
	(cd "$folder/$name" && "$milter" --migrate $(cat arguments) >result 2>complaints)
	ok "$name: exit status" $?
	settings "$folder/$name/result" >"$folder/$name/found"
	diff -u "$folder/$name/expected" "$folder/$name/found"
	ok "$name: settings" $?
	"$milter" -n -c "$folder/$name/result"
	ok "$name: dmarcmilter -n" $?
	# Every line that says something in an old file is named with its place.
	for file in $(cat "$folder/$name/arguments"); do
		grep -n '^[^#]' "$folder/$name/$file" | sed "s|:.*||; s|^|# $file:|; s|$|: |" |
			while read -r place; do
				grep -qF "$place" "$folder/$name/result" || echo "$place"
			done >"$folder/missing"
		[ ! -s "$folder/missing" ]
		ok "$name: $file: every line is in the result" $?
	done
}

says() {
	grep -qF -- "$2" "$folder/$1"
	ok "$1 says: $2" $?
}

# refused STATUS SENTENCE ARGUMENT...
refused() {
	wanted=$1 sentence=$2
	shift 2
	"$milter" "$@" >"$folder/out" 2>"$folder/err"
	status=$?
	[ $status -eq "$wanted" ] && [ ! -s "$folder/out" ] && grep -qF -- "$sentence" "$folder/err"
	ok "$*: status $status, $(cat "$folder/err")" $?
}

case $milter in /*) ;; *) milter=$PWD/$milter ;; esac
default_socket=$(sed -n 's/^default_socket = //p' Makefile)
for setup in docker mailbox several strict; do
	try_setup $setup
done

says docker/result 'stop the old program first'
says docker/result '"localhost": neither a network'
says docker/result '    Mode s'
says docker/result '    non_smtpd_milters = inet:localhost:8891'
says docker/result 'smtpd_milters = { inet:localhost:8893,'
says docker/result 'Take the check_policy_service of policyd-spf'
[ ! -s "$folder/docker/complaints" ]
ok 'docker: no complaint' $?
says mailbox/result '#IgnoreHosts file:/nonexistent/TrustedHosts'
says several/result '"!192.0.2.66": an exception'
says several/result 'line 4 sets it again'
says several/result 'sets AuthservID to "gate.example.net"'
says several/result 'the list stands in a database'
says several/result 'dkim.conf is taken for a file of opendkim, because of its options'
says several/complaints 'opendmarc.conf:18: "ReportCommnad" is not known'
says strict/result '# pyspf-milter.conf:10: Domain_Whitelist = forwarder.example'
says strict/result '    SelectorEd25519 two'

printf 'Syslog yes\0\n' >"$folder/opendkim-binary.conf"
printf 'myhostname = x\nmydestination = y\n' >"$folder/main.cf"
head -c 262145 /dev/zero | tr '\0' '#' >"$folder/opendkim-large.conf"
yes 'Syslog yes' | head -n 2001 >"$folder/opendkim-many.conf"
printf 'Syslog yes\nUserID x\n' >"$folder/milter.conf"
: >"$folder/empty.conf"
refused 64 'wants the files' --migrate
refused 65 'not a text file' --migrate "$folder/opendkim-binary.conf"
refused 65 'of none of the programs' --migrate "$folder/main.cf"
refused 65 'of none of the programs' --migrate "$folder/milter.conf"
refused 65 'of none of the programs' --migrate "$folder/empty.conf"
refused 65 'more than 2000 settings' --migrate "$folder/opendkim-many.conf"
refused 66 'larger than 262144 bytes' --migrate "$folder/opendkim-large.conf"
refused 66 'No such file' --migrate "$folder/docker/opendmarc.conf" "$folder/missing.conf"
refused 66 'it is a directory' --migrate "$folder"
refused 66 'larger than' --migrate /dev/zero
refused 65 'of none of the programs' --migrate "$folder/docker/opendmarc.conf" "$folder/main.cf"
"$milter" --migrate "$folder/docker/opendmarc.conf" >/dev/full 2>"$folder/err"
[ $? -eq 74 ]
ok 'a full disk is told' $?

echo "$checks checks, $failed failed"
[ "$failed" -eq 0 ]
