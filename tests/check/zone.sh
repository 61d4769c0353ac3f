#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# dmarcmilter-check domain --dkim-keygen and --zone-template: keys are private and never replaced,
# the zone loads in NSD and is found to be right, and a message that is signed with the key
# passes by it.
build=$(cd "${top_builddir:-.}" && pwd)
check=$build/dmarcmilter-check
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
export COLUMNS=80 LC_ALL=C
failed=0
count=0

complain() {
	echo "FAILED: $*"
	failed=$((failed + 1))
}

# expect STATUS ARGUMENT...: leaves out and err.
expect() {
	status=$1
	shift
	count=$((count + 1))
	"$check" domain "$@" >out 2>err
	got=$?
	[ "$got" -eq "$status" ] || complain "$* ends with $got, not $status: $(head -n 2 err)"
}

# says STATUS SENTENCE ARGUMENT...
says() {
	status=$1 sentence=$2
	shift 2
	expect "$status" "$@"
	grep -qF -e "$sentence" err || complain "$* does not say \"$sentence\" but: $(head -n 2 err)"
}

# NSD of the system, or that which tests/run has unpacked below a build folder.
checker=$(command -v nsd-checkzone)
for file in "$build"/servers/usr/sbin/nsd-checkzone "$build"/../servers/usr/sbin/nsd-checkzone; do
	[ -n "$checker" ] || [ ! -x "$file" ] || checker=$file
done
load() {
	[ -n "$checker" ] || return 0
	count=$((count + 1))
	"$checker" "$1" "$2" >nsd.out 2>&1 || complain "NSD does not load $2: $(cat nsd.out)"
}

expect 0 example.com --dkim-keygen rsa --selector s2026
grep -q "s2026\._domainkey\.example\.com\.pem: here is the private key" err || complain 'it is not said where the key is'
mv s2026._domainkey.example.com.pem s2026.private
mv out s2026.record
expect 0 example.com --selector=Ed --dkim-keygen=ed25519 --out ed.pem
mv out ed.record
[ "$(stat -c %a s2026.private ed.pem | tr '\n' ' ')" = '600 600 ' ] || complain 'a key can be read by others'
head -n 1 s2026.private | grep -qx -e '-----BEGIN PRIVATE KEY-----' || complain 'the key is no PEM'
grep -q '^s2026\._domainkey\.example\.com\. IN TXT "v=DKIM1; k=rsa; p=[^"]*" "[^"]*"$' s2026.record || complain 'the record of RSA is wrong'
# Of a string at most 255 bytes (RFC 1035, 3.3).
grep -o '"[^"]*"' s2026.record | awk 'length($0) > 257 { exit 1 }' || complain 'a string is longer than 255 bytes'
grep -q '^ed\._domainkey\.example\.com\. IN TXT "v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]\{43\}="$' ed.record || complain 'the record of Ed25519 is wrong'
cp s2026.private before
says 73 'it exists already' example.com --dkim-keygen rsa --selector s2026 --out s2026.private
cmp -s before s2026.private || complain 'a key was replaced'
ln -s elsewhere link.private
says 73 'link.private: ' example.com --dkim-keygen rsa --out link.private
[ ! -e elsewhere ] || complain 'a key went behind a symbolic link'
says 73 'No such file' example.com --dkim-keygen rsa --selector x --out missing/x
umask 000
expect 0 example.com --dkim-keygen ed25519 --out open.private
[ "$(stat -c %a open.private)" = 600 ] || complain 'a key follows the umask'
umask 022

# A domain with all of it.
for key in s2026.private ed.pem; do
	expect 0 example.com --zone-template --ip 198.51.100.25 --ip 2001:db8::25 --selector s --key "$key" \
		--policy reject
	mv out "$key.zone"
	load example.com "$key.zone"
	# What stands in the zones of others.
	sed 's/^;\(.*\.arpa\. .*\)/\1/' "$key.zone" >all
	expect 0 example.com --zone all --selector s --ip 198.51.100.25 --ip 2001:db8::25 --helo mail.example.com
	! grep -E '^  (warning|error)' out || complain "the zone of $key is found to be wrong"
done
# A public key gives the same record as the private one.
expect 0 example.com --zone-template --ip 198.51.100.25 --selector s --key s2026.private
mv out private.zone
if command -v openssl >/dev/null; then
	openssl pkey -in s2026.private -pubout -out public.pem 2>/dev/null
	expect 0 example.com --zone-template --ip 198.51.100.25 --selector s --key public.pem
	cmp -s out private.zone || complain 'a public key gives another record'
	openssl pkey -in s2026.private -aes256 -passout pass:x -out locked.pem 2>/dev/null
	says 66 'one with a password' example.com --zone-template --ip 198.51.100.25 --key locked.pem </dev/null
	openssl ecparam -name prime256v1 -genkey -noout -out ec.pem 2>/dev/null
	says 66 'neither of RSA nor of Ed25519' example.com --zone-template --ip 198.51.100.25 --key ec.pem
fi
# Key and zone in one.
expect 0 example.com --zone-template --ip 192.0.2.1 --dkim-keygen ed25519 --selector both
grep -q '^both\._domainkey\.example\.com\. 3600 IN TXT "v=DKIM1; k=ed25519; ' out || complain 'the new key is not in the zone'
[ -s both._domainkey.example.com.pem ] || complain 'the new key is nowhere'
# Other names, without a key, beyond ASCII.
expect 0 bücher.example --zone-template --ip 192.0.2.1 --helo mx.example.net --ns ns.example.net --reports d.marc+x@Example.org
mv out other.zone
load xn--bcher-kva.example other.zone
grep -q '^;mx\.example\.net\. 3600 IN A 192\.0\.2\.1$' other.zone || complain 'a foreign name is in force in the zone'
grep -q 'rua=mailto:d.marc+x@example.org"$' other.zone || complain 'the reports go elsewhere'
grep -q '^;xn--bcher-kva\.example\._report\._dmarc\.example\.org\. 3600 IN TXT "v=DMARC1"$' other.zone || complain 'the reports are not permitted'
grep -q 'dkim-keygen rsa --selector mail$' other.zone || complain 'it is not said how to make a key'
expect 0 example.com --zone-template --ip 192.0.2.1 --helo example.com --ns example.com
mv out same.zone
load example.com same.zone

# A signature by the key passes through the daemon's own verifier.
for key in s2026.private ed.pem; do
	printf 'From: Alice <alice@example.com>\nSubject: hello\n\nHi.\n' |
		"$build/tests/tools/dkim_sign" -d example.com -s s -k "$key" -h From:Subject >signed.eml
	count=$((count + 1))
	"$check" message --zone "$key.zone" --client 192.0.2.99 --helo x.example --from alice@example.com signed.eml >out 2>err
	grep -q 'dkim=pass' out && grep -q 'dmarc=pass' out || complain "a message signed with $key does not pass: $(cat out err)"
	sed 's/Hi/Ho/' signed.eml >changed.eml
	"$check" message --zone "$key.zone" --client 192.0.2.99 --helo x.example --from alice@example.com changed.eml >out 2>err
	grep -q 'dkim=fail' out || complain "a changed message signed with $key passes"
done
says 64 'one domain is wanted' --dkim-keygen rsa --selector x
says 64 'which?' example.com --dkim-keygen rsa --key s2026.private --zone-template --ip 192.0.2.1
says 64 'is for the private key' example.com --zone-template --ip 192.0.2.1 --out example.com.zone
says 64 'is neither rsa nor ed25519' example.com --dkim-keygen dsa --selector x
says 64 'is no domain name' example.com --dkim-keygen rsa --selector 'a b'
says 64 'is no domain name' 'exa mple' --dkim-keygen rsa --selector x
says 64 'the address of the mail server is wanted' example.com --zone-template
says 64 'is no address' example.com --zone-template --ip mail.example.com
says 64 'is none of none' example.com --zone-template --ip 192.0.2.1 --policy strict
says 64 'is no address' example.com --zone-template --ip 192.0.2.1 --reports nobody
says 64 'should not have' example.com --zone-template --ip 192.0.2.1 --reports 'a"b@example.com'
says 64 'unrecognized option' example.com --zone-template --ipp
says 66 'No such file' example.com --zone-template --ip 192.0.2.1 --key missing.pem
says 66 'it holds no key' example.com --zone-template --ip 192.0.2.1 --key s2026.record
expect 0 --zone-template --help
expect 0 --dkim-keygen rsa --help
[ -n "$checker" ] || echo 'NSD is not here: the zones were not loaded'
echo "$count cases, $failed failed"
[ "$failed" -eq 0 ]
