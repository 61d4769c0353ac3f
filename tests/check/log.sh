#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# dmarcmilter-check log: what it says of tests/check/log/mail.log is what the files of
# tests/check/golden hold, by all ways that lead into it; its JSON keeps to its schema; and what
# is wrong ends with a sentence and the right status. "log.sh --update" writes the golden files.
check=${top_builddir:-.}/dmarcmilter-check
folder=${srcdir:-.}/tests/check
sample=$folder/log/mail.log
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC COLUMNS=80 LC_ALL=C
failed=0
count=0

complain() {
	echo "FAILED: $*"
	failed=$((failed + 1))
}

# expect STATUS ARGUMENT...: leaves out and err in the work folder.
expect() {
	status=$1
	shift
	count=$((count + 1))
	"$check" log "$@" >"$work/out" 2>"$work/err"
	got=$?
	[ "$got" -eq "$status" ] || complain "$* ends with $got, not $status"
}

# golden NAME STATUS ARGUMENT...
golden() {
	name=$1
	shift
	expect "$@"
	sed -i "s|$folder/||g" "$work/err"
	cat "$work/err" >>"$work/out"
	[ -z "$update" ] || cp "$work/out" "$folder/golden/log/$name"
	cmp -s "$work/out" "$folder/golden/log/$name" || {
		complain "$name differs:"
		diff "$folder/golden/log/$name" "$work/out"
	}
}

# says STATUS SENTENCE ARGUMENT...: a sentence on standard error.
says() {
	sentence=$2
	status=$1
	shift 2
	expect "$status" "$@"
	grep -qF -e "$sentence" "$work/err" || complain "$* does not say \"$sentence\" but: $(head -n 3 "$work/err")"
}

update=
[ "${1:-}" != --update ] || update=yes

for id in 4F1A01 4F1A02 4F1A04 4F1A05 4F1A06 4F1A07 4F1A08 4F1A10 4F1A11 NOQUEUE; do
	golden "$id.txt" 0 "$id" "$sample"
done
golden summary.txt 0 --summary "$sample"
golden summary_wide.txt 0 --summary --top 1 --from good.example "$sample"
golden message.json 0 4F1A10 --json "$sample"
golden summary.json 0 --summary --json "$sample"

# Every way leads to the same.
gzip -c "$sample" >"$work/mail.log.gz"
sed 's/$/\r/' "$sample" >"$work/crlf"
sed -n 's/^\(2026[^ ]*\) mx \([a-z/]*\)\[\([0-9]*\)\]: /<22>1 \1 mx \2 \3 - - /p' "$sample" >"$work/rfc5424"
sed -n 's/^\(2026[^ ]*\)+00:00 mx /\1Z /p' "$sample" | grep ' dmarcmilter' >"$work/own"
python3 - "$sample" "$work" <<'END'
import datetime, json, re, struct, sys
entries = []
for line in open(sys.argv[1], encoding="ascii"):
    stamp, name, message = re.match(r"(\S+) mx (\S+?)\[\d+\]: (.*)", line).groups()
    moment = datetime.datetime.fromisoformat(stamp)
    entries.append({"__CURSOR": "s=1", "__REALTIME_TIMESTAMP": str(int(moment.timestamp() * 1000000)),
                    "SYSLOG_IDENTIFIER": name, "MESSAGE": message})
with open(sys.argv[2] + "/journal.json", "w", encoding="ascii") as out:
    for entry in entries:
        out.write(json.dumps(entry) + "\n")
trap = b"x\n\n__CURSOR=2\nSYSLOG_IDENTIFIER=dmarcmilter\nMESSAGE=4F1A02: action=accept client=- class=pass\n\n"
with open(sys.argv[2] + "/journal.export", "wb") as out:
    for entry in entries:
        first = True
        for name, value in entry.items():
            out.write(f"{name}={value}\n".encode())
            if first:
                out.write(b"BINARY\n" + struct.pack("<Q", len(trap)) + trap + b"\n")
            first = False
        out.write(b"\n")
END
"$check" log --summary "$sample" >"$work/expected" 2>/dev/null
for file in mail.log.gz crlf rfc5424 own journal.json journal.export; do
	expect 0 --summary "$work/$file"
	cmp -s "$work/out" "$work/expected" || complain "$file gives another summary: $(diff "$work/out" "$work/expected")"
done
count=$((count + 1))
"$check" log --summary - <"$sample" 2>/dev/null | cmp -s - "$work/expected" || complain 'standard input gives another summary'
# Old syslog times have no year; the messages are the same.
sed 's/^2026-11-21T\([0-9:]*\)[^ ]* /Nov 21 \1 /' "$sample" >"$work/old"
expect 0 --summary "$work/old"
tail -n +2 "$work/expected" >"$work/without_head"
tail -n +2 "$work/out" | cmp -s - "$work/without_head" || complain 'old syslog lines give another summary'

# A stand-in for journalctl.
mkdir "$work/bin"
printf '#!/bin/sh\necho "$*" >"%s/asked"\ncat "%s/journal.json"\n' "$work" "$work" >"$work/bin/journalctl"
chmod +x "$work/bin/journalctl"
PATH=$work/bin:$PATH
expect 0 --summary --journal
cmp -s "$work/out" "$work/expected" || complain 'the journal gives another summary'
grep -q -- '--identifier=dmarcmilter' "$work/asked" || complain 'journalctl is not asked for the name'

# What is sought.
expect 0 --from bank.example "$sample"
[ "$(grep -c '^4F' "$work/out")" -eq 2 ] || complain '--from finds others'
expect 0 --from BÜCHER.example "$sample"
expect 0 --from .example "$sample"
[ "$(grep -c '^[4N]' "$work/out")" -eq 8 ] || complain '--from with a dot finds others'
expect 0 --client 203.0.113.0/24 "$sample"
[ "$(grep -c '^[4N]' "$work/out")" -eq 3 ] || complain '--client finds others'
expect 0 --summary --since '2026-11-21 08:06' "$sample"
grep -q '^3 messages' "$work/out" || complain '--since counts others'
says 1 'no message 4F1A99 among 14 lines' 4F1A99 "$sample"
says 1 'none of 10 messages is what is sought' --client 192.0.2.99 "$sample"
says 1 'none of 10 messages' --summary --since 2199-01-01 "$sample"
says 1 'no line of dmarcmilter about a message among 14 lines' --name other --summary "$sample"
: >"$work/empty"
says 1 'among 0 lines' --summary "$work/empty"

# Bad input.
says 66 'No such file or directory' 4F1A01 "$work/missing"
says 66 'Is a directory' 4F1A01 "$work"
says 66 'No such file' --summary "$sample" "$work/missing"
grep -q '^10 messages' "$work/out" || complain 'what can be read is not counted'
head -c 300 "$work/mail.log.gz" >"$work/cut.gz"
says 66 'damaged or end early' --summary "$work/cut.gz"
head -c 300000 /dev/urandom >"$work/noise"
expect 1 --summary "$work/noise"
head -c 300000 /dev/zero >"$work/zeros"
says 1 'longer than 65536 bytes' --summary "$work/zeros"
printf '#!/bin/sh\nexit 3\n' >"$work/bin/journalctl"
says 66 'journalctl ended with status 3' --summary --journal
says 64 'what is sought?'
says 64 'is no queue id' /var/log/mail.log
says 64 'is an address' --from a@b.example
says 64 'is no domain name' --from 'a b'
says 64 'neither an address nor a network' --client mail.example
says 64 'neither a duration' --summary --since yesterday
says 64 'is no number of rows' --summary --top 0
says 64 'cannot stand beside --journal' --summary --journal "$sample"
says 64 'unrecognized option' --sumary
says 64 'is no SyslogName' --summary --name ''
expect 0 --help
grep -q '^usage: ' "$work/out" || complain '--help prints no usage'

# Standard output that takes nothing.
if [ -w /dev/full ]; then
	count=$((count + 1))
	"$check" log --summary "$sample" >/dev/full 2>"$work/err"
	[ $? -eq 74 ] || complain 'a full disk is not noticed'
fi

# The shape of the JSON.
if python3 -c 'import jsonschema' 2>/dev/null; then
	for arguments in '4F1A10' '4F1A11' 'NOQUEUE' '4F1A99' '--summary' '--summary --from good.example' '--summary --top 1' '--from .example'; do
		count=$((count + 1))
		# shellcheck disable=SC2086
		"$check" log $arguments --json "$sample" 2>/dev/null >"$work/json"
		python3 -c 'import json, jsonschema, sys
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
jsonschema.validate(json.load(open(sys.argv[2])), schema)' "$folder/log.schema.json" "$work/json" ||
			complain "the JSON of $arguments does not keep to its schema"
	done
else
	echo 'python3-jsonschema is not here: the schema is not tried'
fi
echo "$count cases, $failed failed"
[ "$failed" -eq 0 ]
