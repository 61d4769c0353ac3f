# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The network, the mail server and the messages of mail.sh and boot.sh. Source this file;
# it uses inside(), in_network(), and the variables root, tools and top.

start_network() {
	local address

	ip link set lo up
	for address in 192.0.2.25 192.0.2.10 203.0.113.66; do
		ip address add "$address/32" dev lo
	done
	# It does not outlive the shell that starts it.
	setpriv --pdeathsig KILL "$tools/tests/tools/zone_server" -a 127.0.0.1 -p 53 "$top/tests/packages/zone" \
		>"$root/tmp/zone.log" 2>&1 &
}

# wait_for COMMAND...: half a minute at most.
wait_for() {
	local rounds=600

	while ! "$@" 2>/dev/null; do
		rounds=$((rounds - 1))
		[ "$rounds" -gt 0 ] || return 1
		sleep 0.05
	done
}

listens() {
	(exec 3<>"/dev/tcp/$1/$2")
}

# As Debian sets it up, with the line of our example. Port 25 in a chroot, 2525 not.
set_up_postfix() {
	inside sh -ec '
		[ -e /etc/postfix/main.cf ] || cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
		postconf -e compatibility_level=3.6 maillog_file=/var/log/postfix.log inet_interfaces=all \
			inet_protocols=ipv4 myhostname=mx.example.org mydestination= mynetworks=127.0.0.0/8 \
			alias_maps= alias_database= local_recipient_maps= smtpd_peername_lookup=no \
			smtpd_relay_restrictions=reject_unauth_destination relay_domains=example.org \
			relay_transport=discard default_transport=discard "import_environment=MAIL_CONFIG"
		grep "^smtpd_" /usr/share/doc/dmarcmilter/examples/postfix/main.cf >>/etc/postfix/main.cf
		postconf -Me "smtp/inet=smtp inet n - y - - smtpd"
		postconf -Me "2525/inet=2525 inet n - n - - smtpd"
		postconf -Me "postlog/unix-dgram=postlog unix-dgram n - n - 1 postlogd"
		mkdir -p /var/spool/postfix/etc
		cp /etc/services /etc/hosts /var/spool/postfix/etc/ 2>/dev/null || true'
}

# send PORT CLIENT SENDER: prints the reply to the message.
send() {
	in_network swaks --server "192.0.2.25:$1" --local-interface "$2" --helo mail.example.com --from "$3" \
		--to "someone@example.org" --header "From: $3" --header 'Subject: Hello' --body Hello \
		--timeout 30 2>&1 | awk '/^<[-~*]* *[0-9]/ { reply = $2 " " $3 } /^<\*\*|^<~\*/ { print reply; exit }
			/ -> \./ { last = NR } last && NR > last && /^<-/ { print $2, $3; exit }'
}

try_messages() {
	equal "$1: a spoof, smtpd in a chroot" "$(send 25 203.0.113.66 alice@example.com)" '550 5.7.26'
	equal "$1: a spoof, smtpd outside" "$(send 2525 203.0.113.66 alice@example.com)" '550 5.7.26'
	equal "$1: SPF passes" "$(send 25 192.0.2.10 alice@example.com)" '250 2.0.0'
}
