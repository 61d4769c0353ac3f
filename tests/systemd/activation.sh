#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# systemd-socket-activate hands its sockets to the daemon: unix, inet, inet6, and all
# of them at once. "servers" names a folder into which systemd was unpacked.
set -u

servers=${servers:-}
work=$(mktemp -d)
trap 'end_daemon; rm -rf "$work"' EXIT
daemon=
bad=0

activate=$servers/usr/bin/systemd-socket-activate
[ -x "$activate" ] || activate=$(command -v systemd-socket-activate) || {
	echo "systemd-socket-activate is not here"
	exit 77
}
own_libraries=${LD_LIBRARY_PATH:-}
libraries=
for folder in "$servers"/usr/lib/*-linux-gnu* "$servers"/usr/lib/systemd \
	"$servers"/usr/lib/*-linux-gnu*/systemd "$servers"/lib/*-linux-gnu*; do
	[ -z "$servers" ] || [ ! -d "$folder" ] || libraries=$libraries${libraries:+:}$folder
done

complain() {
	echo "$*"
	bad=1
}

# begin SOCKET...: in the way of systemd-socket-activate. The daemon starts with the
# first connection, in the same process.
begin() {
	local name options=()

	for name in "$@"; do
		options+=(-l "$name")
	done
	: >"$work/log"
	LD_LIBRARY_PATH=$libraries "$activate" "${options[@]}" -E "LD_LIBRARY_PATH=$own_libraries" \
		./dmarcmilter -c "$work/conf" >"$work/out" 2>&1 &
	daemon=$!
}

end_daemon() {
	[ -n "$daemon" ] || return 0
	kill "$daemon" 2>/dev/null
	wait "$daemon" 2>/dev/null
	status=$?
	daemon=
}

# Whether a message is served on the socket, once it is there.
serves() {
	local rounds=200

	until ./dmarcmilter --health "$1" >"$work/health"; do
		rounds=$((rounds - 1))
		[ "$rounds" -gt 0 ] || { cat "$work/health" "$work/out" "$work/log"; return 1; }
		sleep 0.05
	done
	printf 'From: a@nowhere.test\n\nx\n' | tests/tools/mta_play "$1" >"$work/play" || { cat "$work/play"; return 1; }
}

# Ports that were free a moment ago.
free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

check() {
	local title=$1 count=$2 name
	shift 2

	for name in "$@"; do
		serves "$name" || complain "$title: no message is served on $name"
	done
	[ "$(grep -c 'listening on fd:' "$work/log")" -eq "$count" ] || complain "$title: not $count sockets: $(cat "$work/log")"
	# The option Socket is not used, and what systemd holds is left alone.
	[ ! -e "$work/unused" ] || complain "$title: Socket was opened too"
	end_daemon
	[ "$status" -eq 0 ] || complain "$title: status $status"
}

cat >"$work/conf" <<-END
	Socket unix:$work/unused
	LogTarget file:$work/log
	IgnoreHosts 0.0.0.0/0 ::/0
	AuthservID mx.test
	Nameservers 127.0.0.1:9
END
port=$(free_port)

begin "$work/one"
check unix 1 "unix:$work/one"
[ -S "$work/one" ] || complain 'the socket was removed'
begin "127.0.0.1:$port"
check inet 1 "inet:$port@127.0.0.1"
begin "[::1]:$port"
check inet6 1 "inet6:$port@[::1]"
begin "$work/two" "127.0.0.1:$port" "[::1]:$port" "$work/three"
check several 4 "unix:$work/three" "inet:$port@127.0.0.1" "unix:$work/two" "inet6:$port@[::1]"
# The wrong kind of socket is refused with a word about it.
: >"$work/log"
LD_LIBRARY_PATH=$libraries "$activate" --datagram -l "127.0.0.1:$port" -E "LD_LIBRARY_PATH=$own_libraries" \
	./dmarcmilter -c "$work/conf" >"$work/out" 2>&1 &
daemon=$!
for _ in $(seq 100); do
	echo x >"/dev/udp/127.0.0.1/$port"
	sleep 0.05
	! kill -0 "$daemon" 2>/dev/null || continue
	break
done 2>/dev/null
end_daemon
[ "$status" -ne 0 ] || complain 'a datagram socket was taken'
grep -q 'fd:3' "$work/log" "$work/out" || complain "no word about the datagram socket: $(cat "$work/log" "$work/out")"
exit $bad
