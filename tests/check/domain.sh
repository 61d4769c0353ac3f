#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# dmarcmilter-check domain, without a network: what it prints of every domain of
# tests/check/domains, as text and as JSON, and its exit status are those of
# tests/check/golden/domain; the JSON keeps to its schema; and what is wrong on the command
# line ends with a sentence and the right status. "domain.sh --update" writes the golden files.
check=$(cd "${top_builddir:-.}" && pwd)/dmarcmilter-check
folder=$(cd "${srcdir:-.}/tests/check" && pwd)
golden=$folder/golden/domain
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
unset NO_COLOR
export COLUMNS=80 LC_ALL=C
cd "$folder/domains" || exit 99
mkdir "$work/out"
failed=0
count=0

complain() {
	echo "FAILED: $*"
	failed=$((failed + 1))
}

# run NAME SUFFIX OPTION...: the output of one domain, with the status behind the text.
run() {
	name=$1 suffix=$2
	shift 2
	count=$((count + 1))
	arguments=$(sed -n 's/^# arguments: //p' "$name.zone")
	# shellcheck disable=SC2086
	"$check" domain $arguments --zone "$name.zone" "$@" >"$work/out/$name.$suffix" 2>&1
	status=$?
	[ "$suffix" != txt ] || echo "exit status $status" >>"$work/out/$name.txt"
	[ $status -le 2 ] || [ $status -eq 75 ] || complain "$name ends with $status"
}

for zone in *.zone; do
	run "${zone%.zone}" txt
	run "${zone%.zone}" json --json
done
if [ "${1:-}" = --update ]; then
	rm -rf "$golden"
	cp -r "$work/out" "$golden"
fi
# Without libpsl half of what is said of DMARC is not known.
if grep -q '^#define HAVE_PSL' "${check%/*}/config.h"; then
	diff -ru "$golden" "$work/out" || complain 'the golden files differ'
else
	echo 'built without libpsl: the golden files are not compared'
fi

# says STATUS SENTENCE ARGUMENT...
says() {
	status=$1 sentence=$2
	shift 2
	count=$((count + 1))
	"$check" domain "$@" >"$work/text" 2>&1
	got=$?
	[ $got -eq "$status" ] || complain "$* ends with $got, not $status"
	grep -qF -e "$sentence" "$work/text" || complain "$* does not say \"$sentence\" but: $(head -n 3 "$work/text")"
}

says 64 'a domain is wanted'
says 64 'one domain at a time' example.com example.net
says 64 'is no domain name' 'exa mple.com'
says 64 'is no domain name' "$(printf 'a.%.0s' $(seq 130))example"
says 64 'is no domain name' xn--a.example
says 64 'is an address' 192.0.2.25
says 64 'is a mail address' alice@example.com
says 64 'is no IP address' example.com --ip 192.0.2.256
says 64 'is no selector' example.com --selector 'a b'
says 64 'is no host name' example.com --helo '[192.0.2.1]'
says 64 'is no domain of a block list' example.com --dnsbl ..
says 64 'usage: ' example.com --frobnicate
says 64 'cannot be used as a name server' example.com --nameserver mail.example
says 66 'No such file' example.com --zone nowhere.zone
says 66 'No such file' example.com --zone fine.zone --message nowhere.eml
says 66 'line 1: ' example.com --zone signed.eml
says 66 'is empty' example.com --zone fine.zone --message /dev/null
says 78 'nowhere.conf' example.com -c nowhere.conf
printf 'From: alice@example.com\n\nhello\n' >"$work/unsigned.eml"
says 64 'which?' example.com --zone fine.zone --nameserver 127.0.0.1
says 75 'Questions' example.com --nameserver 127.0.0.1:1 -v
says 0 'has no DKIM-Signature field' example.com --zone fine.zone --message "$work/unsigned.eml"
says 0 '_dmarc.example.com TXT, 0 s' example.com --zone fine.zone -v
says 0 'usage: ' --help
# A name server that nobody is: port 1 of the local host.
says 75 'DNS gives no answer for example.com' example.com --nameserver 127.0.0.1:1

# The resolver finds what the zone text says, over a name server of the local host.
for name in fine-sender spf-loop dmarc-external more-broken; do
	count=$((count + 1))
	# The shell makes the file some time later: until then the last one's port must not be there.
	: >"$work/server"
	"${check%/*}/tests/tools/zone_server" "$name.zone" >>"$work/server" &
	server=$!
	for _ in $(seq 200); do
		port=$(sed -n 's/^ready //p' "$work/server")
		[ -z "$port" ] || break
		sleep 0.05
	done
	arguments=$(sed -n 's/^# arguments: //p' "$name.zone")
	# shellcheck disable=SC2086
	"$check" domain $arguments --nameserver "127.0.0.1:$port" --json >"$work/resolved.json" 2>&1
	kill $server
	wait $server 2>/dev/null
	python3 - "$work/out/$name.json" "$work/resolved.json" <<'END' || complain "$name differs by the resolver"
import json, sys
text, resolved = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
for answer in (text, resolved):
    answer["findings"] = [finding for finding in answer["findings"] if finding["code"] != "dnssec-not-checked"]
    del answer["summary"]
sys.exit(text != resolved)
END
done

# A record of 1500 names that lead to nothing: once that took 11 GB and more than a minute.
count=$((count + 1))
{
	echo 'example.com MX 10 mail.example.com'
	printf 'example.com TXT v=spf1 mx'
	seq -f ' a:v%g.example' 1500 | tr -d '\n'
	echo ' ~all'
} >"$work/long.zone"
timeout 60 "$check" domain example.com --zone "$work/long.zone" >"$work/text" 2>&1
[ $? -eq 2 ] || complain 'a long SPF record takes too long'
grep -qF 'example.com. IN TXT "v=spf1 mx ~all"' "$work/text" || complain 'a long SPF record is not mended'

# Sixty records of 1500 names each, and 200 names of 900 addresses each.
{
	printf 'example.com TXT v=spf1'
	seq -f ' include:i%g.example' 60 | tr -d '\n'
	echo ' -all'
	for i in $(seq 60); do
		printf 'i%d.example TXT v=spf1' "$i"
		seq -f " a:v$i-%g.example" 1500 | tr -d '\n'
		echo ' -all'
	done
} >"$work/wide.zone"
{
	printf 'example.com TXT v=spf1'
	seq -f ' a:v%g.example' 200 | tr -d '\n'
	echo ' -all'
	awk 'BEGIN { for (i = 1; i <= 200; i++) for (j = 0; j < 900; j++) printf "v%d.example A 192.%d.%d.%d\n", i, i, j / 250, j % 250 }'
} >"$work/crowded.zone"
for name in wide crowded; do
	count=$((count + 1))
	timeout 60 "$check" domain example.com --zone "$work/$name.zone" >"$work/text" 2>&1
	[ $? -eq 2 ] || complain "the $name SPF record takes too long"
	tr -s ' \n' '  ' <"$work/text" | grep -q ', and what depends on the message or gave no answer\|look-ups, and 10 are allowed' || complain "the $name SPF record is not explained"
done

if [ -w /dev/full ]; then
	count=$((count + 1))
	"$check" domain example.com --zone fine.zone >/dev/full 2>&1
	[ $? -eq 74 ] || complain 'a full disk is not noticed'
fi

# The shape of the JSON, with and without -v.
if python3 -c 'import jsonschema' 2>/dev/null; then
	for zone in fine-sender domain-servfail dkim-wildcard dnssec-mixed; do
		run $zone verbose.json --json -v
	done
	python3 - "$folder/domain.schema.json" "$work"/out/*.json <<'END' || complain 'the schema is not kept to'
import json, jsonschema, sys
schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
bad = 0
for path in sys.argv[2:]:
    for error in validator.iter_errors(json.load(open(path, encoding="utf-8"))):
        print(path, list(error.path), error.message)
        bad = 1
sys.exit(bad)
END
else
	echo 'python3-jsonschema is not here: the schema is not tried'
fi
echo "$count cases, $failed failed"
[ $failed -eq 0 ]
