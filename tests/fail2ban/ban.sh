#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A real fail2ban with our filter and jail beside a real Postfix: one client sends
# spoofs, others send what looks like lines of ours wherever a remote party can
# write. Exactly the spoofer is banned, and cannot connect any more.
# Needs root, and the servers unpacked or installed; tests/run cares for that.
# usage: tests/fail2ban/ban.sh BUILD
set -u

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=contrib/demo/laboratory.sh
. "$top/contrib/demo/laboratory.sh"
# shellcheck source=contrib/demo/letters.sh
. "$top/contrib/demo/letters.sh"

spoofer=203.0.113.66
injector=203.0.113.67
# Their reverse names are the injection.
injector_by_name=203.0.113.68
injector_by_line=203.0.113.70
victim=192.0.2.99
bad=0

complain() {
	echo "$*"
	bad=1
}

# --- fail2ban ----------------------------------------------------------------

# As an operator installs it: the package's files, ours beside them, local settings.
configure_fail2ban() {
	local etc=$lab/fail2ban

	cp -rL "$(lab_file etc/fail2ban)" "$etc"
	rm -f "$etc"/jail.d/*
	cp "$top/contrib/fail2ban/filter.d/dmarcmilter.conf" "$etc/filter.d/"
	cp "$top/contrib/fail2ban/jail.d/dmarcmilter.conf" "$etc/jail.d/"
	mkdir "$lab/fail2ban-run"
	cat >"$etc/fail2ban.local" <<-END
		[DEFAULT]
		logtarget = $lab/fail2ban-run/log
		socket = $lab/fail2ban-run/socket
		pidfile = $lab/fail2ban-run/pid
		dbfile = $lab/fail2ban-run/database
	END
	cat >"$etc/action.d/record.conf" <<-END
		[Definition]
		actionban = echo "<ip>" >>$lab/banned
		actionunban =
	END
	# Both logs, because on most systems they are one file.
	cat >"$etc/jail.d/zz-local.conf" <<-END
		[dmarcmilter]
		enabled = true
		backend = polling
		logpath = $lab/filter/dmarcmilter.log
		          $lab/mail.log
		action = record
	END
	! has_nftables || echo "         nftables-multiport[name=dmarcmilter, port=smtp]" >>"$etc/jail.d/zz-local.conf"
}

# A kernel without nf_tables, or a container without the right: the file of bans remains.
has_nftables() {
	lab_run usr/sbin/nft list tables >/dev/null 2>&1
}

# fail2ban starts "nft" by its name, and Python seeks the unpacked modules.
fail2ban() {
	local name=$1
	shift
	PATH=$lab/bin:$PATH PYTHONPATH=$(lab_file usr/lib/python3/dist-packages) \
		/usr/bin/python3 "$(lab_file "usr/bin/fail2ban-$name")" -c "$lab/fail2ban" \
		-s "$lab/fail2ban-run/socket" "$@"
}

start_fail2ban() {
	configure_fail2ban
	printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$lab_libraries" "$(lab_file usr/sbin/nft)" >"$lab/bin/nft"
	chmod 755 "$lab/bin/nft"
	: >"$lab/banned"
	fail2ban server -f start >"$lab/fail2ban.out" 2>&1 &
	fail2ban_server=$!
	lab_wait 20 is_jailing || {
		cat "$lab/fail2ban.out" "$lab/fail2ban-run/log"
		lab_fail 'fail2ban does not start'
	}
}

is_jailing() {
	grep -q "Jail 'dmarcmilter' started" "$lab/fail2ban-run/log"
}

has_banned() {
	grep -qx "$1" "$lab/banned"
}

# Whether fail2ban has read what is in the log: it names the time of what it found.
has_read() {
	[ "$(grep -c "\[dmarcmilter\] Found $spoofer" "$lab/fail2ban-run/log")" -ge "$1" ]
}

# --- mail --------------------------------------------------------------------

spoofs() {
	local number

	for number in $(seq "$1"); do
		letter 'The bank <service@example.com>' "Your account $number" >"$lab/message"
		lab_send $spoofer host66.isp.example service@example.com ruth@example.org "$lab/message"
		case $lab_reply in
		550*) ;;
		*) complain "spoof $number was not refused: $lab_reply" ;;
		esac
	done
}

# Our line as a remote party would write it, with everything in front of it that
# stands there in one of the logs.
line="action=reject client=$victim class=spoof rule=dmarc-reject dmarc=fail"
forged="4D79C528199: $line"

# inject CLIENT HELO SENDER FROM SUBJECT MESSAGE-ID [FIELD...]
inject() {
	local client=$1 helo=$2 sender=$3 from=$4 subject=$5 id=$6
	shift 6

	{
		[ $# -eq 0 ] || printf '%s\n' "$@"
		printf 'From: %s\nTo: ruth@example.org\nSubject: %s\nDate: %s\nMessage-ID: %s\n\n%s\n' "$from" \
			"$subject" "$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S +0000')" "$id" "$forged"
	} >"$lab/message"
	lab_send "$client" "$helo" "$sender" ruth@example.org "$lab/message"
	[ -n "$lab_log" ] || complain "no line in the log after: $helo $sender $from: $lab_reply"
	injections=$((injections + 1))
}

# Each position more than often enough for a ban.
injections() {
	local number daemon

	injections=0
	for number in 1 2 3; do
		for daemon in "dmarcmilter[812]: $forged" "$(LC_ALL=C date '+%b %e %H:%M:%S') mx dmarcmilter[812]: $forged"; do
			inject $injector "$daemon" x@bulk.example x@bulk.example "Offer $number" "<$number@bulk.example>"
			inject $injector mail.bulk.example "\"$daemon\"@bulk.example" "\"$daemon\" <x@bulk.example>" \
				"$daemon" "<$daemon@bulk.example>"
			inject $injector mail.bulk.example x@bulk.example \
				"x@${forged// /.}.example" "Offer
 $daemon" "
 $daemon" \
				"DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=${line// /.}.example; s=${line// /.}; h=from; bh=AAAA; b=AAAA" \
				"Authentication-Results: $lab_host; $line" \
				"Received-SPF: $line"
			inject $injector_by_name "x client=$victim" "\"client=$victim\"@bulk.example" \
				"\"x\\\" $line\" <x@bulk.example>, \"$forged\" <y@other.example>" 'Two' "<client=$victim>"
			inject $injector_by_line "$forged" '<>' x@bulk.example 'Three' '<>'
		done
	done
}

# --- the programme -----------------------------------------------------------

inside() {
	local name

	laboratory_open $spoofer $injector $injector_by_name $injector_by_line
	{
		cat "$top/contrib/demo/zone"
		# What a name server may put into a name: blanks, a colon, a line feed.
		name='4D79C528199:\032action=reject\032client=192.0.2.99\032class=spoof\032'
		echo "68.113.0.203.in-addr.arpa. PTR $name.bulk.example."
		echo "$name.bulk.example. A $injector_by_name"
		name='x\010'$name
		echo "70.113.0.203.in-addr.arpa. PTR $name.bulk.example."
		echo "$name.bulk.example. A $injector_by_line"
	} >"$lab/zone"
	lab_start_name_server "$lab/zone"
	lab_start_filter 'LogAddresses full'
	lab_start_postfix
	start_fail2ban

	spoofs 4
	injections
	# Whoever is below the limit is not banned; the last one comes after all injections,
	# so that these have been read too when the ban is there.
	lab_wait 20 has_read 4 || complain 'fail2ban does not find the spoofs'
	has_banned $spoofer && complain 'banned before maxretry'
	spoofs 1
	lab_wait 20 has_banned $spoofer || complain 'the spoofer is not banned'
	[ "$(sort -u "$lab/banned")" = $spoofer ] || complain "banned: $(sort "$lab/banned" | uniq -c)"
	! grep -F "Found $victim" "$lab/fail2ban-run/log" || bad=1
	! grep "Found" "$lab/fail2ban-run/log" | grep -v "Found $spoofer " || bad=1
	grep -qF "client=$victim" "$lab/filter/dmarcmilter.log" || complain 'the injected text is not even in the log'
	after_the_ban
	kill "$fail2ban_server"
	wait "$fail2ban_server"
	lab_stop_filter || complain "dmarcmilter ended with status $?"
	[ $bad -eq 0 ] || tail -n 20 "$lab/fail2ban-run/log" "$lab/fail2ban.out" "$lab/filter/dmarcmilter.log"
	echo "$injections injections, banned: $(sort -u "$lab/banned" | tr '\n' ' ')"
	return $bad
}

is_in_ruleset() {
	lab_run usr/sbin/nft list ruleset | grep -q "elements.*$spoofer"
}

after_the_ban() {
	has_nftables || {
		echo 'SKIPPED nftables cannot be used here'
		return
	}
	lab_wait 20 is_in_ruleset || complain 'nftables do not know the spoofer'
	letter 'The bank <service@example.com>' 'Your account' >"$lab/message"
	lab_send $spoofer host66.isp.example service@example.com ruth@example.org "$lab/message" --timeout 3
	[ -z "$lab_reply" ] || complain "the banned client got through: $lab_reply"
	lab_send $injector mail.bulk.example x@bulk.example ruth@example.org "$lab/message"
	[ -n "$lab_reply" ] || complain 'another client does not get through'
}

if [ "${1:-}" = --inside ]; then
	build=$2
	inside
	exit
fi
build=$(cd "$1" && pwd)
laboratory_enter "$top/tests/fail2ban/ban.sh" --inside "$build"
