#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# systemd reads our files without a complaint and finds the service's exposure to be
# at most 1.5. "servers" names a folder into which systemd was unpacked.
set -u

# systemd-analyze leaves traces in /run, so it gets one of its own.
if [ "$(id -u)" -eq 0 ] && [ -z "${own_run:-}" ] && unshare --mount true 2>/dev/null; then
	own_run=yes exec unshare --mount --propagation private \
		sh -c 'mount -t tmpfs -o mode=755 run /run && exec bash "$@"' sh "$0" "$@"
fi

servers=${servers:-}
units=$(pwd)/systemd
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# tool NAME ARGUMENT...: the unpacked program or the installed one.
tool() {
	local program=$servers/bin/$1 libraries folder
	shift
	libraries=
	for folder in "$servers"/lib/*-linux-gnu* "$servers"/usr/lib/*-linux-gnu* \
		"$servers"/lib/systemd "$servers"/usr/lib/systemd "$servers"/usr/lib/*-linux-gnu*/systemd; do
		[ -z "$servers" ] || [ ! -d "$folder" ] || libraries=$libraries${libraries:+:}$folder
	done
	[ -x "$program" ] || program=$servers/usr/bin/${program##*/}
	[ -x "$program" ] || program=${program##*/}
	LD_LIBRARY_PATH=$libraries "$program" "$@"
}

if ! tool systemd-analyze --version >/dev/null 2>&1; then
	echo "systemd is not here"
	exit 77
fi

[ -z "$(grep -l '@[a-z_]*@' "$units"/*.service "$units"/*.socket "$units"/*.conf)" ] ||
	{ echo "a path was not filled in"; bad=1; }

tool systemd-analyze security --offline=true --threshold=15 "$units/dmarcmilter.service" >"$work/security" 2>&1 ||
	{ cat "$work/security"; echo "the exposure is over 1.5"; bad=1; }
tail -n 1 "$work/security"

# The program need not be installed where the unit seeks it, nor the manual page.
mkdir "$work/units"
sed -e 's|^Exec\([A-Za-z]*\)=.*dmarcmilter.*|Exec\1=/bin/true|' -e '/^Documentation=/d' \
	"$units/dmarcmilter.service" >"$work/units/dmarcmilter.service"
sed '/^Documentation=/d' "$units/dmarcmilter.socket" >"$work/units/dmarcmilter.socket"
SYSTEMD_UNIT_PATH=$work/units:$servers/usr/lib/systemd/system:$servers/lib/systemd/system:/lib/systemd/system \
	tool systemd-analyze verify --man=no "$work/units/dmarcmilter.service" "$work/units/dmarcmilter.socket" \
	>"$work/verify" 2>&1
grep -F dmarcmilter "$work/verify" && { echo "systemd-analyze verify complains"; bad=1; }

tool systemd-sysusers --dry-run "$units/sysusers.conf" >"$work/sysusers" 2>&1 ||
	{ cat "$work/sysusers"; bad=1; }

# With the users of this machine, in a tree of its own.
if [ "$(id -u)" -eq 0 ]; then
	mkdir -p "$work/root/etc" "$work/root/run" "$work/root/var/spool/postfix"
	echo 'root:x:0:0::/:/bin/sh
dmarcmilter:x:64001:64001::/:/bin/false' >"$work/root/etc/passwd"
	echo 'root:x:0:
dmarcmilter:x:64001:
postfix:x:64002:' >"$work/root/etc/group"
	cp "$units/tmpfiles.conf" "$work/tmpfiles.conf"
	tool systemd-tmpfiles --create --root="$work/root" "$work/tmpfiles.conf" >"$work/tmpfiles" 2>&1 ||
		{ cat "$work/tmpfiles"; bad=1; }
	directory=$work/root$(dirname "$(sed -n 's/^ListenStream=//p' "$units/dmarcmilter.socket")")
	mode=$(stat -c '%a %u %g' "$directory" 2>&1)
	[ "$mode" = '2750 64001 64002' ] || { echo "the socket's folder is $mode"; bad=1; }
fi
exit $bad
