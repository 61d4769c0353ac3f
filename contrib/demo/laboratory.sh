# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A small Internet for the demo and for the end-to-end tests: network, mount
# and process namespaces of their own, with NSD, Postfix and dmarcmilter in
# them. Source this file. Outside, laboratory_enter runs a script inside; there
# the other functions start and use the servers.
#
# All that is written goes to a private memory file system on /run, and every
# process lives in the process namespace, so nothing is left when the script
# ends, however it ends. Clients have addresses set aside for documentation.
#
# Set before: top (the checkout), build (the build folder).

lab=/run/laboratory             # inside only
lab_server_ip4=192.0.2.25
lab_server_ip6=2001:db8::25
lab_host=mx.example.org         # our mail server

# --- outside -----------------------------------------------------------------

# laboratory_enter COMMAND...: runs it inside and returns its status. Interrupting
# us, or killing us, ends everything inside.
laboratory_enter() {
	local inside status=0 refusal

	refusal=$(unshare --net --mount --pid --fork true 2>&1) || {
		echo "Private networks cannot be made here, and the servers run in one: $refusal" >&2
		echo "In a container, allow it namespaces and mounts (CAP_SYS_ADMIN); or use a virtual machine." >&2
		return 69
	}
	setpriv --pdeathsig KILL \
		unshare --net --mount --pid --fork --kill-child=KILL --propagation private \
		"$@" </dev/null &
	inside=$!
	# shellcheck disable=SC2064
	trap "kill -KILL $inside 2>/dev/null; exit 130" INT TERM HUP
	wait "$inside" || status=$?
	trap - INT TERM HUP
	return "$status"
}

# --- inside: the place -------------------------------------------------------

# laboratory_open [ADDRESS...]: the private /run, users, and the addresses on lo.
laboratory_open() {
	local address

	mount -t tmpfs -o mode=755 laboratory /run
	mkdir -p "$lab/servers" "$lab/mail" "$lab/bin"
	mount -t proc proc /proc 2>/dev/null || true
	[ ! -d "$build/servers" ] || mount --bind "$build/servers" "$lab/servers"
	lab_make_users
	ip link set lo up
	for address in "$lab_server_ip4" "$lab_server_ip6" "$@"; do
		case $address in
		*:*) ip address add "$address/128" dev lo nodad ;;
		*) ip address add "$address/32" dev lo ;;
		esac
	done
	lab_find_libraries
	lab_make_folders
}

# Users that the servers want; only the copies of passwd and group seen here change.
lab_make_users() {
	local user id=64000

	cp /etc/passwd /etc/group "$lab/"
	for user in postfix postdrop nsd dmarcmilter; do
		id=$((id + 1))
		grep -q "^$user:" "$lab/group" || echo "$user:x:$id:" >>"$lab/group"
		grep -q "^$user:" "$lab/passwd" ||
			echo "$user:x:$id:$(lab_group_id "$user"):$user:/nonexistent:/bin/false" >>"$lab/passwd"
	done
	mount --bind "$lab/passwd" /etc/passwd
	mount --bind "$lab/group" /etc/group
}

lab_group_id() {
	awk -F: -v name="$1" '$1 == name { print $3 }' "$lab/group"
}

# The path of a file that belongs to an unpacked or an installed package.
lab_file() {
	if [ -e "$lab/servers/$1" ]; then
		echo "$lab/servers/$1"
	else
		echo "/$1"
	fi
}

# Unpacked programs find the libraries that were unpacked with them.
lab_find_libraries() {
	local folder

	lab_libraries=
	for folder in "$lab"/servers/usr/lib/postfix "$lab"/servers/usr/lib/*-linux-gnu* \
		"$lab"/servers/lib/*-linux-gnu*; do
		[ ! -d "$folder" ] || lab_libraries=$lab_libraries${lab_libraries:+:}$folder
	done
}

# lab_run PROGRAM ARGUMENT...: a program of the servers' packages.
lab_run() {
	local program
	program=$(lab_file "$1")
	shift
	LD_LIBRARY_PATH=$lab_libraries "$program" "$@"
}

# lab_wait SECONDS COMMAND...: until the command succeeds.
lab_wait() {
	local rounds=$(($1 * 20))
	shift
	while ! "$@" 2>/dev/null; do
		rounds=$((rounds - 1))
		[ "$rounds" -gt 0 ] || return 1
		sleep 0.05
	done
}

lab_listens() {
	(exec 3<>"/dev/tcp/$1/$2")
}

lab_fail() {
	echo "$*" >&2
	exit 1
}

# --- inside: the servers -----------------------------------------------------

# lab_start_name_server ZONE: NSD, which answers for all names there are.
lab_start_name_server() {
	mkdir -p "$lab/nsd"
	cp "$1" "$lab/nsd/root.zone"
	chown -R nsd "$lab/nsd"
	cat >"$lab/nsd/nsd.conf" <<-END
		server:
			server-count: 1
			ip-address: 127.0.0.1
			username: nsd
			chroot: ""
			zonesdir: "$lab/nsd"
			database: ""
			pidfile: "$lab/nsd/nsd.pid"
			xfrdfile: "$lab/nsd/xfrd.state"
			xfrdir: "$lab/nsd"
			zonelistfile: "$lab/nsd/zone.list"
			cookie-secret-file: ""
			logfile: "$lab/nsd.log"
			rrl-ratelimit: 0
		remote-control:
			control-enable: no
		zone:
			name: "."
			zonefile: "root.zone"
	END
	lab_run usr/sbin/nsd-checkzone . "$lab/nsd/root.zone" >"$lab/nsd.check" 2>&1 ||
		lab_fail "the zone is broken: $(cat "$lab/nsd.check")"
	# A session of its own, so that it can be stopped as a whole.
	LD_LIBRARY_PATH=$lab_libraries setsid "$(lab_file usr/sbin/nsd)" -d -c "$lab/nsd/nsd.conf" \
		>>"$lab/nsd.log" 2>&1 &
	lab_name_server=$!
	lab_wait 10 lab_listens 127.0.0.1 53 || lab_fail "NSD does not start: $(cat "$lab/nsd.log")"
}

# The name server falls silent, as if its network were cut; and comes back.
lab_silence_name_server() { kill -STOP -- "-$lab_name_server"; }
lab_wake_name_server() { kill -CONT -- "-$lab_name_server"; }

# lab_start_postfix [LINE...]: a private Postfix; the lines go to main.cf.
lab_start_postfix() {
	lab_postfix_main >"$lab/postfix/main.cf"
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$lab/postfix/main.cf"
	lab_postfix_master >"$lab/postfix/master.cf"
	# Not "postfix start": that would correct the modes of installed files.
	LD_LIBRARY_PATH=$lab_libraries MAIL_CONFIG=$lab/postfix \
		"$(lab_file usr/lib/postfix/sbin/master)" -c "$lab/postfix" -d \
		>>"$lab/postfix.log" 2>&1 &
	lab_postfix=$!
	lab_wait 10 lab_listens "$lab_server_ip4" 25 ||
		lab_fail "Postfix does not start: $(cat "$lab/postfix.log" "$lab/mail.log" 2>/dev/null)"
}

lab_make_folders() {
	local queue=$lab/spool folder

	mkdir -p "$lab/postfix" "$lab/postfix-data" "$queue"
	chown postfix "$lab/postfix-data"
	for folder in active bounce corrupt defer deferred flush hold incoming private saved trace; do
		mkdir -m 700 "$queue/$folder"
		chown postfix "$queue/$folder"
	done
	mkdir -m 755 "$queue/pid"
	mkdir -m 730 "$queue/maildrop"
	mkdir -m 2710 "$queue/public"
	chown postfix:postdrop "$queue/maildrop" "$queue/public"
	chmod 2710 "$queue/public"
	# What chrooted services look up.
	mkdir -p "$queue/etc"
	cp /etc/services /etc/hosts "$queue/etc/" 2>/dev/null || true
	# As tmpfiles.d makes it on a real system.
	install -d -m 2750 -o dmarcmilter -g postfix "$queue/dmarcmilter"
	chown postfix:postfix "$lab/mail"
	: >"$lab/mail.log"
}

lab_postfix_main() {
	cat <<-END
		compatibility_level = 3.6
		queue_directory = $lab/spool
		data_directory = $lab/postfix-data
		command_directory = $(dirname "$(lab_file usr/sbin/postconf)")
		daemon_directory = $(dirname "$(lab_file usr/lib/postfix/sbin/master)")
		shlib_directory = $(dirname "$(lab_file usr/lib/postfix/libpostfix-util.so)")
		meta_directory = $(dirname "$(lab_file etc/postfix/postfix-files)")
		import_environment = MAIL_CONFIG LANG=C LD_LIBRARY_PATH=$lab_libraries
		maillog_file = $lab/mail.log
		maillog_file_prefixes = /run
		myhostname = $lab_host
		mydomain = example.org
		mydestination =
		mynetworks = 127.0.0.0/8
		inet_protocols = all
		local_header_rewrite_clients =
		local_recipient_maps =
		alias_maps =
		alias_database =
		smtpd_peername_lookup = no
		smtpd_relay_restrictions = reject_unauth_destination
		smtpd_recipient_restrictions =
		smtpd_client_restrictions =
		smtputf8_enable = yes
		smtpd_authorized_xclient_hosts = 127.0.0.0/8
		default_transport = discard
		virtual_mailbox_domains = example.org
		virtual_mailbox_base = $lab/mail
		virtual_mailbox_maps = static:all/
		virtual_uid_maps = static:$(id -u postfix)
		virtual_gid_maps = static:$(id -g postfix)
		virtual_minimum_uid = 1
		$(grep '^smtpd_' "$top/contrib/postfix/main.cf")
	END
}

# Port 25 is not chrooted, port 2525 is; both reach the socket by the same name.
lab_postfix_master() {
	cat <<-END
		25        inet  n - n - - smtpd
		2525      inet  n - y - - smtpd
		pickup    unix  n - n 60 1 pickup
		cleanup   unix  n - n - 0 cleanup
		qmgr      unix  n - n 300 1 qmgr
		tlsmgr    unix  - - n 1000? 1 tlsmgr
		rewrite   unix  - - n - - trivial-rewrite
		bounce    unix  - - n - 0 bounce
		defer     unix  - - n - 0 bounce
		trace     unix  - - n - 0 bounce
		verify    unix  - - n - 1 verify
		flush     unix  n - n 1000? 0 flush
		proxymap  unix  - - n - - proxymap
		proxywrite unix - - n - 1 proxymap
		smtp      unix  - - n - - smtp
		relay     unix  - - n - - smtp
		showq     unix  n - n - - showq
		error     unix  - - n - - error
		retry     unix  - - n - - error
		discard   unix  - - n - - discard
		virtual   unix  - n n - - virtual
		anvil     unix  - - n - 1 anvil
		scache    unix  - - n - 1 scache
		postlog   unix-dgram n - n - 1 postlogd
	END
}

# lab_start_filter [LINE...]: dmarcmilter as its own user; the lines are settings.
lab_start_filter() {
	cp "$build/dmarcmilter" "$lab/bin/dmarcmilter"
	{
		cat <<-END
			Socket        unix:$lab/spool/dmarcmilter/dmarcmilter.sock
			SocketMode    0660
			AuthservID    $lab_host
			Nameservers   127.0.0.1
			LogTarget     file:$lab/filter/dmarcmilter.log
		END
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$lab/dmarcmilter.conf"
	install -d -m 750 -o dmarcmilter "$lab/filter"
	setpriv --reuid=dmarcmilter --regid=dmarcmilter --clear-groups \
		"$lab/bin/dmarcmilter" -f -c "$lab/dmarcmilter.conf" >>"$lab/filter.out" 2>&1 &
	lab_filter=$!
	lab_wait 10 lab_filter_answers || lab_fail "dmarcmilter does not start: $(cat "$lab/filter.out")"
}

lab_filter_answers() {
	perl -MIO::Socket::UNIX -e 'exit !IO::Socket::UNIX->new(Peer => shift)' \
		"$lab/spool/dmarcmilter/dmarcmilter.sock"
}

# lab_stop_filter [SIGNAL]: and waits for its end; the status is the daemon's.
lab_stop_filter() {
	local status=0

	[ -n "${lab_filter:-}" ] || return 0
	kill "-${1:-TERM}" "$lab_filter" 2>/dev/null || true
	wait "$lab_filter" 2>/dev/null || status=$?
	lab_filter=
	return "$status"
}

# --- inside: mail ------------------------------------------------------------

# lab_send CLIENT HELO SENDER RECIPIENT FILE [SWAKS OPTION...]: sends the message
# in FILE from that address. Sets lab_reply (the last reply that matters),
# lab_log (the lines that dmarcmilter wrote meanwhile).
lab_send() {
	local client=$1 helo=$2 sender=$3 recipient=$4 file=$5 server=$lab_server_ip4
	local log=$lab/filter/dmarcmilter.log before=0
	shift 5

	case $client in *:*) server=$lab_server_ip6 ;; esac
	[ ! -e "$log" ] || before=$(wc -l <"$log")
	swaks --server "$server" --local-interface "$client" --helo "$helo" --from "$sender" \
		--to "$recipient" --data "@$file" --timeout 60 "$@" >"$lab/swaks.out" 2>&1
	lab_status=$?
	lab_reply=$(lab_last_reply <"$lab/swaks.out")
	lab_log=
	[ ! -e "$log" ] || lab_log=$(tail -n "+$((before + 1))" "$log")
}

# The last reply but that to QUIT, from swaks' transcript; without the queue id.
lab_last_reply() {
	sed -n 's/^<[-~*]* *\([2-5][0-9][0-9][ -]\)/\1/p' | grep -v '^221' | tail -n 1 |
		sed 's/\r$//; s/: queued as .*//'
}

# lab_delivered NAME: prints the delivered copy for NAME@example.org.
lab_delivered() {
	lab_wait 10 lab_copies "$1" >/dev/null || return 1
	lab_copies "$1" | xargs cat
}

# The files of the mailbox that are for NAME@example.org. Postfix writes that field.
lab_copies() {
	grep -l -m 1 "^Delivered-To: $1@example.org" "$lab"/mail/all/new/*
}

# lab_field NAME: prints the fields of that name, unfolded, of the message on stdin.
lab_field() {
	awk -v name="$1:" '
		/^\r?$/ { exit }
		/^[ \t]/ { if (in_field) { sub(/\r$/, ""); sub(/^[ \t]+/, " "); printf "%s", $0 } next }
		{
			if (in_field)
				print ""
			in_field = tolower(substr($0, 1, length(name))) == tolower(name)
			if (in_field) {
				sub(/\r$/, "")
				printf "%s", $0
			}
		}
		END { if (in_field) print "" }'
}

# lab_word NAME: the value of NAME= in the first log line on stdin that has an action.
lab_word() {
	sed -n "/ action=/{s/.* $1=\([^ ]*\).*/\1/p;q}"
}
