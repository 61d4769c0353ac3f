#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Mail through the installed package, its upgrade and the rotation of its log, in a
# network, mount and process namespace of their own; tests/packages/run starts it.
# Set before: root, tools, top, release, results.
# shellcheck disable=SC2016,SC2317
set -u

# shellcheck source=tests/packages/results.sh
. "$top/tests/packages/results.sh"
# shellcheck source=tests/packages/place.sh
. "$top/tests/packages/place.sh"
log=$root/var/log/dmarcmilter/dmarcmilter.log
socket=var/spool/postfix/dmarcmilter/dmarcmilter.sock
unit=$(find "$root/usr/lib/systemd/system" "$root/lib/systemd/system/" -name dmarcmilter.service \
	2>/dev/null | head -n 1)

inside() {
	chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}

in_network() { "$@"; }

unit_value() {
	sed -n "s/^$1=-\{0,1\}//p" "$unit" | head -n 1
}

open_place() {
	mount --bind "$root" "$root" && mount -t proc proc /proc && mount -t proc proc "$root/proc" &&
		mount --bind /dev "$root/dev" || exit 1
	start_network
}

# What systemd would do by the unit, as far as it can be done without it: folders, user,
# umask, no new privileges, and a tree that is read-only but for a few folders.
start_daemon() {
	local command

	inside install -d -m "$(unit_value LogsDirectoryMode)" -o dmarcmilter -g dmarcmilter \
		"/var/log/$(unit_value LogsDirectory)"
	inside install -d -m 755 -o dmarcmilter -g dmarcmilter "/run/$(unit_value RuntimeDirectory)"
	for command in "$(unit_value ExecStartPre)" "$(unit_value ExecStart)"; do
		# shellcheck disable=SC2016
		unshare --mount --propagation private bash -c '
			root=$1
			writable=$2
			shift 2
			mount --bind "$root" "$root" || exit 1
			for folder in $writable; do mount --bind "$root/$folder" "$root/$folder" || exit 1; done
			mount --bind "$root" "$root" -o remount,bind,ro || exit 1
			umask '"$(unit_value UMask)"'
			exec chroot "$root" setpriv --reuid='"$(unit_value User)"' --regid='"$(unit_value Group)"' \
				--clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all '"$command" \
			bash "$root" "$(unit_value ReadWritePaths) /run/$(unit_value RuntimeDirectory) /var/log/$(unit_value LogsDirectory)" \
			>>"$root/tmp/daemon.log" 2>&1 </dev/null &
		daemon=$!
		case $command in *' -n '*) wait "$daemon" || return 1 ;; esac
	done
	wait_for [ -S "$root/$socket" ]
}

stop_daemon() {
	kill "$daemon"
	wait "$daemon"
	equal 'status of the daemon' $? 0
}

# --- rotation ----------------------------------------------------------------

# logrotate calls systemctl, which needs systemd: here a program of this name sends the
# signal it is asked for.
try_rotation() {
	local before

	cat >"$root/usr/local/bin/systemctl" <<-'END'
		#!/bin/sh
		[ "$*" = "kill --kill-who=main --signal=HUP dmarcmilter.service" ] || exit 1
		pkill -HUP -x dmarcmilter
	END
	chmod 755 "$root/usr/local/bin/systemctl"
	before=$(grep -c action= "$log")
	check 'logrotate' inside logrotate --force /etc/logrotate.d/dmarcmilter
	wait_for grep -q . "$log"
	equal 'a message after the rotation' "$(send 25 203.0.113.66 alice@example.com)" '550 5.7.26'
	equal 'lines in the old log' "$(grep -c action= "$log.1")" "$before"
	equal 'lines in the new log' "$(grep -c action= "$log")" 1
	equal 'owner of the new log' "$(inside stat -c '%a %U' "/var/log/dmarcmilter/dmarcmilter.log")" '640 dmarcmilter'
	rm -f "$root/usr/local/bin/systemctl"
}

# --- upgrade -----------------------------------------------------------------

try_upgrade() {
	local configuration

	configuration=$(cat "$root/etc/dmarcmilter.conf")
	check upgrade inside apt-get install -y -q --no-install-recommends \
		-o Dpkg::Options::=--force-confold /packages/newer.deb
	# shellcheck disable=SC2016
	equal 'version' "$(inside dpkg-query -W -f '${Version}' dmarcmilter | sed 's/.*-//')" 2
	equal 'the configuration of the operator' "$(cat "$root/etc/dmarcmilter.conf")" "$configuration"
	check 'the new configuration lies beside it' grep -q newer "$root/etc/dmarcmilter.conf.dpkg-dist"
	check 'an untouched file of /etc is the new one' grep -q newer "$root/etc/fail2ban/jail.d/dmarcmilter.conf"
	equal 'folder of the socket' "$(inside stat -c '%a %U:%G' /var/spool/postfix/dmarcmilter)" '2750 dmarcmilter:postfix'
}

# -----------------------------------------------------------------------------

start_postfix() {
	set_up_postfix && inside postfix start && wait_for listens 192.0.2.25 25
}

open_place
check 'Postfix starts' start_postfix || { cat "$root/var/log/postfix.log"; exit 1; }
equal 'without the daemon mail waits' "$(send 25 192.0.2.10 alice@example.com)" '451 4.7.1'
start_daemon || { fail 'the daemon starts'; cat "$root/tmp/daemon.log"; exit 1; }
equal 'the socket' "$(inside stat -c '%a %U:%G' "/$socket")" '660 dmarcmilter:postfix'
try_messages 'first version'
try_rotation
try_upgrade
try_messages 'old daemon after the upgrade'
stop_daemon
start_daemon || { fail 'the daemon starts again'; cat "$root/tmp/daemon.log"; exit 1; }
try_messages 'new version'
stop_daemon
inside postfix stop >/dev/null 2>&1
rm -f "$root"/tmp/*.log
exit 0
