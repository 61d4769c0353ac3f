#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# systemd boots in the root, as the first process of namespaces of its own, and runs
# the service with all that its unit asks for; tests/packages/run starts this. Where
# systemd cannot boot like that it says SKIPPED. Set before: root, tools, top, release,
# results.
# shellcheck disable=SC2016,SC2317
set -u

# shellcheck source=tests/packages/results.sh
. "$top/tests/packages/results.sh"
# shellcheck source=tests/packages/place.sh
. "$top/tests/packages/place.sh"
socket=/var/spool/postfix/dmarcmilter/dmarcmilter.sock

# In the namespaces of the booted system; the first process of it has the pid $init.
in_network() { nsenter -t "$init" --net --uts "$@"; }

inside() {
	nsenter -t "$init" --mount --uts --ipc --net --pid --cgroup --root --wd \
		/usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}

# What a container's manager prepares: file systems, a few devices, an own control group.
boot_script='
	cd "$1" && mount --bind . . && cd "$1" || exit 1
	mount -t proc proc proc && mount -t sysfs -o ro sysfs sys && mount -t tmpfs -o mode=755 run run &&
		mount -t tmpfs -o mode=1777 tmp tmp && mount -t tmpfs -o mode=755 dev dev || exit 1
	for device in null zero full random urandom tty; do
		: >dev/$device && mount --bind /dev/$device dev/$device || exit 1
	done
	mkdir dev/pts dev/shm
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	mount -t cgroup2 cgroup2 sys/fs/cgroup || exit 1
	mkdir -p run/outside && pivot_root . run/outside && umount -l /run/outside || exit 1
	exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		/lib/systemd/systemd --system --log-target=journal --unit=multi-user.target'

boot() {
	setpriv --pdeathsig KILL unshare --mount --net --pid --ipc --uts --cgroup --fork --kill-child=KILL \
		--propagation private bash -c "$boot_script" bash "$root" >"$results.boot" 2>&1 </dev/null &
	outside=$!
	wait_for first_process || return 1
	wait_for is_up
}

first_process() {
	init=$(cut -d ' ' -f 1 "/proc/$outside/task/$outside/children") && [ -n "$init" ] && [ "$(cat "/proc/$init/comm")" = systemd ]
}

is_up() {
	case $(inside systemctl is-system-running 2>/dev/null) in
	running | degraded) return 0 ;;
	esac
	return 1
}

# It heeds no gentle signal; its end is the end of all processes in there.
shut_down() {
	kill -KILL "$outside"
	wait "$outside" 2>/dev/null
	[ -z "$network" ] || kill -KILL "$network" 2>/dev/null
}

state() {
	inside systemctl show --value -p "$1" dmarcmilter.service
}

# --- inside the sandbox ------------------------------------------------------

# The folder /run of the booted system is its own: reached through its first process.
metrics() {
	python3 -c '
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.settimeout(20)
client.connect(sys.argv[1])
client.sendall(b"GET %s HTTP/1.0\r\n\r\n" % sys.argv[2].encode())
print(client.makefile("rb").read().decode(), end="")' "/proc/$init/root/run/dmarcmilter/metrics.sock" "$1" 2>/dev/null
}

is_healthy() { metrics /healthz | grep -qx ok; }

counted() { metrics /metrics | grep -q "^dmarcmilter_messages_total{action=\"reject\",class=\"spoof\"} [1-9]"; }

try_metrics() {
	equal 'the socket of the metrics' "$(inside stat -c '%a %U:%G' /run/dmarcmilter/metrics.sock)" '660 dmarcmilter:dmarcmilter'
	check '/healthz' is_healthy
	check '/metrics counts the spoofs' counted
}

# With seconds instead of a minute: signs of life arrive, and without them systemd starts
# the daemon anew, which takes the place of the sockets that the dead one left.
try_watchdog() {
	local before pid

	inside sh -ec 'mkdir -p /run/systemd/system/dmarcmilter.service.d
		printf "[Service]\nWatchdogSec=4\n" >/run/systemd/system/dmarcmilter.service.d/watchdog.conf
		systemctl daemon-reload
		systemctl restart dmarcmilter.service'
	equal 'the watchdog' "$(state WatchdogUSec)" 4s
	before=$(state WatchdogTimestampMonotonic)
	pid=$(state MainPID)
	check 'the watchdog gets signs of life' wait_for sign_after "$before"
	# Longer than the watchdog waits.
	sleep 5
	equal 'a process that gives them is left alone' "$(state MainPID)" "$pid"
	inside kill -STOP "$pid"
	check 'a process that gives none is replaced' wait_for runs_anew "$pid"
	check '/healthz after that' wait_for is_healthy
	try_messages 'after the watchdog'
	inside sh -ec 'rm -r /run/systemd/system/dmarcmilter.service.d; systemctl daemon-reload'
}

sign_after() {
	[ "$(state WatchdogTimestampMonotonic)" != "$1" ]
}

runs_anew() {
	[ "$(state ActiveState)" = active ] && [ "$(state MainPID)" != "$1" ]
}

# systemd holds the socket: without a daemon Postfix waits, and its mail starts one.
try_socket_unit() {
	inside systemctl stop dmarcmilter.service
	check 'the socket unit starts' inside systemctl start dmarcmilter.socket
	equal 'the socket of systemd' "$(inside stat -c '%a %U:%G' $socket)" '660 dmarcmilter:postfix'
	equal 'the daemon waits for mail' "$(state ActiveState)" inactive
	try_messages 'socket activation'
	equal 'mail has started the daemon' "$(state ActiveState)" active
	check 'restart behind the socket unit' inside systemctl restart dmarcmilter.service
	try_messages 'restarted behind the socket unit'
	# Not too often in ten seconds, for systemd.
	inside systemctl stop dmarcmilter.socket dmarcmilter.service
	inside systemctl reset-failed dmarcmilter.service
	check 'it starts with its own socket again' inside systemctl start dmarcmilter.service
}

# -----------------------------------------------------------------------------

network=
rm -f "$root/usr/sbin/policy-rc.d"
boot || {
	skip "systemd does not boot in a namespace here: $(tail -n 1 "$results.boot")"
	shut_down
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	exit 0
}
trap shut_down EXIT
tmp_of_host=$(mktemp -d)
# Not by in_network(): in the background that would be a shell in between, and $! its pid.
setpriv --pdeathsig KILL nsenter -t "$init" --net --uts bash -c "$(declare -f start_network); root='$tmp_of_host' tools='$tools' top='$top'
	mkdir '$tmp_of_host/tmp'; start_network; wait" >/dev/null 2>&1 &
network=$!
check 'the service starts at boot' wait_for inside systemctl --quiet is-active dmarcmilter.service ||
	inside journalctl --no-pager -u dmarcmilter.service | tail -n 20
equal 'the socket' "$(inside stat -c '%a %U:%G' $socket)" '660 dmarcmilter:postfix'
equal 'user of the process' "$(inside ps -o user:20= -p "$(state MainPID)" | tr -d ' ')" dmarcmilter
check 'Postfix is set up' inside postfix reload
try_messages 'booted'
try_metrics
try_watchdog
try_socket_unit
check reload inside systemctl reload dmarcmilter.service
check 'logrotate with the real systemctl' inside logrotate --force /etc/logrotate.d/dmarcmilter
equal 'messages after the rotation' "$(send 25 203.0.113.66 alice@example.com)" '550 5.7.26'
equal 'lines in the new log' "$(grep -c action= "$root/var/log/dmarcmilter/dmarcmilter.log")" 1
before=$(state MainPID)
check 'install again' inside apt-get install -y -q --reinstall --allow-downgrades --no-install-recommends \
	-o Dpkg::Options::=--force-confold /packages/newer.deb
check 'it runs after that' wait_for inside systemctl --quiet is-active dmarcmilter.service
check 'it was started again' [ "$before" != "$(state MainPID)" ]
try_messages 'after the upgrade'
check 'remove the running service' inside apt-get remove -y -q dmarcmilter
check 'nothing runs any more' eval '! inside pgrep -x dmarcmilter'
check 'no socket is left' [ ! -e "$root$socket" ]
check 'nor a folder in /run' inside [ ! -e /run/dmarcmilter ]
# That of mail.sh: the booted system has a /run of its own.
rm -rf "$root/run/dmarcmilter"
rm -rf "$tmp_of_host"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
exit 0
