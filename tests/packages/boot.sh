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
