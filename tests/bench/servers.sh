# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Name servers and targets of the benchmark. Source this file inside, behind
# contrib/demo/laboratory.sh; set before: build, world, results.
#
# A target is what an MTA asks for one message: one milter, or two in a chain.
# Each process that is started leads a session of its own, so that what it starts
# in turn is found again.

bench_resolver=192.0.2.53       # not a loopback address: libunbound would not ask it
nsd_port=5300
relay_port=5302
silent_port=5303

bench_open() {
	lab_libraries=$lab_libraries:$lab/servers/usr/lib:$lab/servers/usr/lib/rspamd
	echo "nameserver $bench_resolver" >"$lab/resolv.conf"
	mount --bind "$lab/resolv.conf" /etc/resolv.conf
	# The suffix of the world; the public list does not know it.
	printf '%s\n' com org example >"$lab/suffixes"
	start_nsd
}

milliseconds() {
	echo $(($(date +%s%N) / 1000000))
}

# in_session FOLDER PROGRAM ARGUMENT...: in the background; what it says goes to RESULTS.
# Sets `launched` to the time of the first since it was empty.
in_session() {
	local folder=$1 program
	shift
	program=$(lab_file "$1")
	shift
	[ -n "${launched:-}" ] || launched=$(milliseconds)
	LD_LIBRARY_PATH=$lab_libraries setsid "$program" "$@" >>"$results/${folder##*/}.out" 2>&1 </dev/null &
	echo $! >>"$folder/leaders"
}

# --- name servers ------------------------------------------------------------

start_nsd() {
	mkdir -p "$lab/nsd"
	cp "$world/example.zone" "$world/reverse.zone" "$lab/nsd/"
	cat >"$lab/nsd/root.zone" <<-END
		\$ORIGIN .
		\$TTL 3600
		@ SOA ns.example. root.example. 1 1h 1h 1d 1h
		@ NS ns.example.
	END
	chown -R nsd "$lab/nsd"
	{
		cat <<-END
			server:
				server-count: 1
				ip-address: 127.0.0.1@$nsd_port
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
		END
		printf 'zone:\n\tname: "%s"\n\tzonefile: "%s"\n' . root.zone example example.zone \
			18.198.in-addr.arpa reverse.zone
	} >"$lab/nsd/nsd.conf"
	in_session "$lab/nsd" usr/sbin/nsd -d -c "$lab/nsd/nsd.conf"
	lab_wait 10 lab_listens 127.0.0.1 "$nsd_port" || lab_fail "NSD does not start: $(cat "$lab/nsd.log")"
}

# start_name_servers MILLISECONDS [whole]: a new caching name server that all targets ask, and
# a relay before NSD that makes each of its answers take so long.
start_name_servers() {
	kill_leaders "$lab/dns"
	mkdir -p "$lab/dns"
	: >"$lab/dns/leaders"
	: >"$lab/dns/far"
	setsid "$build/tests/bench/bench_relay" "$1" 127.0.0.1 "$relay_port" 127.0.0.1 "$nsd_port" \
		>"$lab/dns/far" &
	relay=$!
	# Its answers take an hour.
	setsid "$build/tests/bench/bench_relay" 3600000 127.0.0.1 "$silent_port" 127.0.0.1 "$nsd_port" &
	echo "$relay $!" >>"$lab/dns/leaders"
	unbound_settings "${2:-}" >"$lab/dns/unbound.conf"
	in_session "$lab/dns" usr/sbin/unbound -d -c "$lab/dns/unbound.conf"
	lab_wait 10 lab_listens "$bench_resolver" 53 || lab_fail "unbound does not start: $(cat "$results/dns.out")"
}

# It minimises names, as it comes; with "whole" one question to it is one to the relay.
unbound_settings() {
	local zone minimises=yes

	[ "$1" != whole ] || minimises=no
	cat <<-END
		server:
			directory: "$lab/dns"
			chroot: ""
			username: ""
			pidfile: ""
			use-syslog: no
			logfile: ""
			interface: $bench_resolver
			access-control: 0.0.0.0/0 allow
			do-ip6: no
			do-not-query-localhost: no
			module-config: "iterator"
			qname-minimisation: $minimises
			outgoing-range: 8192
			num-queries-per-thread: 4096
			so-rcvbuf: 4m
			msg-cache-size: 32m
			rrset-cache-size: 64m
		remote-control:
			control-enable: yes
			control-interface: $lab/dns/control
			control-use-cert: no
	END
	for zone in . example 18.198.in-addr.arpa; do
		printf 'stub-zone:\n\tname: "%s"\n\tstub-addr: 127.0.0.1@%s\n' "$zone" "$relay_port"
	done
	printf 'stub-zone:\n\tname: "silent.example"\n\tstub-addr: 127.0.0.1@%s\n' "$silent_port"
}

# Questions that the caching name server was asked, since its start.
questions_asked() {
	lab_run usr/sbin/unbound-control -c "$lab/dns/unbound.conf" stats_noreset |
		sed -n 's/^total.num.queries=//p' | grep . || echo 0
}

# Questions that went to the far name server, since its start.
far_questions() {
	local lines

	lines=$(wc -l <"$lab/dns/far")
	kill -USR1 "$relay"
	lab_wait 2 more_lines_than "$lines" || true
	tail -n 1 "$lab/dns/far" | grep . || echo 0
}

more_lines_than() { [ "$(wc -l <"$lab/dns/far")" -gt "$1" ]; }

# --- targets -----------------------------------------------------------------

# The sockets of a target, in the order in which the MTA asks them.
sockets_of() {
	case $1 in
	opendkim+opendmarc) echo "unix:$lab/$1/dkim unix:$lab/$1/dmarc" ;;
	*) echo "unix:$lab/$1/socket" ;;
	esac
}

start_target() {
	local status=0

	launch_target "$1"
	# shellcheck disable=SC2046
	"$load" -w $(sockets_of "$1") || status=$?
	[ "$status" -eq 0 ] || lab_fail "$1 does not start: $(tail -n 5 "$results/$1.out")"
}

launch_target() {
	launched=
	rm -rf "${lab:?}/$1"
	mkdir -p "$lab/$1"
	: >"$lab/$1/leaders"
	case $1 in
	dmarcmilter) launch_dmarcmilter ;;
	null) in_session "$lab/null" "${build#/}/tests/bench/bench_null" "unix:$lab/null/socket" ;;
	opendkim+opendmarc) launch_opendkim_and_opendmarc "$lab/$1" ;;
	rspamd) launch_rspamd "$lab/rspamd" ;;
	*) lab_fail "there is no target $1" ;;
	esac
}

# All checks, and a log line for each message; nothing is refused.
launch_dmarcmilter() {
	local folder=$lab/dmarcmilter

	cp "$build/dmarcmilter" "$lab/bin/dmarcmilter"
	cat >"$folder/conf" <<-END
		Socket          unix:$folder/socket
		AuthservID      mx.receiver.example
		Nameservers     $bench_resolver
		Mode            monitor
		IgnoreHosts     none
		MaxConnections  2000
		LogTarget       file:$folder/log
	END
	chown -R dmarcmilter "$folder"
	in_session "$folder" usr/bin/setpriv --reuid=dmarcmilter --regid=dmarcmilter --clear-groups \
		"$lab/bin/dmarcmilter" -f -c "$folder/conf"
}

launch_opendkim_and_opendmarc() {
	local folder=$1

	cat >"$folder/opendkim.conf" <<-END
		Mode                v
		Socket              local:$folder/dkim
		AuthservID          mx.receiver.example
		AlwaysAddARHeader   yes
		Nameservers         $bench_resolver
		On-Default          accept
		Syslog              no
		UMask               000
	END
	cat >"$folder/opendmarc.conf" <<-END
		Socket              local:$folder/dmarc
		AuthservID          mx.receiver.example
		TrustedAuthservIDs  mx.receiver.example
		SPFIgnoreResults    true
		SPFSelfValidate     true
		RejectFailures      false
		PublicSuffixList    $lab/suffixes
		Syslog              false
		UMask               000
	END
	in_session "$folder" usr/sbin/opendkim -f -x "$folder/opendkim.conf"
	in_session "$folder" usr/sbin/opendmarc -f -c "$folder/opendmarc.conf"
}

launch_rspamd() {
	local folder=$1 share module

	share=$(lab_file usr/share/rspamd)
	mkdir -p "$folder/log" "$folder/db" "$folder/run" "$folder/conf" "$folder/modules"
	for module in spf dmarc arc milter_headers; do
		ln -s "$share/plugins/$module.lua" "$folder/modules/"
	done
	rspamd_settings "$folder" >"$folder/conf/rspamd.conf"
	in_session "$folder" usr/bin/rspamd -f -i -c "$folder/conf/rspamd.conf" \
		--var=CONFDIR="$folder/conf" --var=LOCAL_CONFDIR="$folder/conf" --var=DBDIR="$folder/db" \
		--var=LOGDIR="$folder/log" --var=RUNDIR="$folder/run" --var=SHAREDIR="$share" \
		--var=PLUGINSDIR="$share/plugins" --var=RULESDIR="$share/rules" \
		--var=LUALIBDIR="$share/lualib" --var=WWWDIR="$share/www"
}

# Two workers, which scan themselves; only the modules that say something about the sender.
rspamd_settings() {
	local folder=$1

	cat <<-END
		options {
			pidfile = "$folder/run/rspamd.pid";
			filters = "dkim";
			dns { nameserver = ["$bench_resolver"]; timeout = 5s; sockets = 16; retransmits = 2; }
			url_tld = "$lab/suffixes";
			tempdir = "$folder";
			cache_file = "$folder/db/symbols.cache";
			hs_cache_dir = "$folder/db/";
			local_addrs = ["127.0.0.0/8"];
			history_rows = 200;
			task_timeout = 60s;
		}
		logging { type = "console"; level = "error"; }
		worker "rspamd_proxy" {
			bind_socket = "$folder/socket mode=0666";
			milter = yes;
			timeout = 120s;
			count = 2;
			upstream "local" { default = yes; self_scan = yes; }
		}
		actions { add_header = 1000; reject = 2000; greylist = 900; }
		spf { spf_cache_size = 2k; spf_cache_expire = 1d; }
		dkim { dkim_cache_size = 2k; dkim_cache_expire = 1d; time_jitter = 6h; trusted_only = false;
			skip_multi = false; }
		dmarc { }
		arc { sign_inbound = false; sign_local = false; sign_authenticated = false; }
		milter_headers {
			use = ["authentication-results"];
			skip_local = false;
			skip_authenticated = false;
			routines { authentication-results { hostname = "mx.receiver.example"; } }
		}
		modules { path = "$folder/modules"; }
	END
}

# stop_targets [MILLISECONDS]: all at the same time, and what is still there after that
# is killed: libmilter looks every five seconds whether it is to end. Sets `ended`,
# target -> time.
declare -A ended

stop_targets() {
	local target deadline
	local -a running

	read -ra running <<<"$targets"
	deadline=$(($(milliseconds) + ${1:-500}))
	ended=()
	for target in "${running[@]}"; do
		signal_leaders TERM "$lab/$target"
	done
	while [ "${#ended[@]}" -lt "${#running[@]}" ] && [ "$(milliseconds)" -lt "$deadline" ]; do
		for target in "${running[@]}"; do
			[ -n "${ended[$target]:-}" ] || signal_leaders 0 "$lab/$target" ||
				ended[$target]=$(milliseconds)
		done
		sleep 0.002
	done
	for target in "${running[@]}"; do
		kill_leaders "$lab/$target"
		: "${ended[$target]:=$(milliseconds)}"
	done
}

# signal_leaders SIGNAL FOLDER: fails when none of the leaders is there.
signal_leaders() {
	local leader status=1

	[ -s "$2/leaders" ] || return 1
	for leader in $(cat "$2/leaders"); do
		kill "-$1" "$leader" 2>/dev/null && status=0
	done
	return "$status"
}

# With all that they have started.
kill_leaders() {
	local leader

	[ -s "$1/leaders" ] || return 0
	for leader in $(cat "$1/leaders"); do
		kill -KILL -- "-$leader" 2>/dev/null
		wait "$leader" 2>/dev/null
	done
	: >"$1/leaders"
}
