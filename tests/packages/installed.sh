# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the installed package does in a root of its release. Source this file.

socket_folder=var/spool/postfix/dmarcmilter
spoofer=203.0.113.66

try_installed() {
	root=$roots/$release.root
	extract "$roots/$release.clean.tar" "$root" || { fail 'a root'; return; }
	mkdir "$root/packages"
	cp "$workshop"/work/out/dmarcmilter_*.deb "$root/packages/first.deb"
	cp "$workshop"/work/newer/dmarcmilter_*.deb "$root/packages/newer.deb"

	# Without Postfix first: its group is not there, and nothing may fail.
	files_of "$root" >"$roots/$release.before"
	check 'install without Postfix' install first.deb || return
	check 'purge without Postfix' inside "$root" dpkg --purge dmarcmilter
	nothing_left 'purged, without Postfix'
	check 'install, before Postfix' install first.deb
	check 'install Postfix' inside "$root" apt-get install -y -q --no-install-recommends postfix || return
	equal 'folder of the socket, Postfix came later' "$(owner_of "/$socket_folder")" '2750 dmarcmilter:postfix'
	check purge inside "$root" dpkg --purge dmarcmilter

	files_of "$root" >"$roots/$release.before"
	check 'install, after Postfix' install first.deb
	try_contents
	try_unit
	try_mail
	try_boot
	check remove inside "$root" apt-get remove -y -q dmarcmilter
	check 'only conffiles and logs are left' only_conffiles_left
	check purge inside "$root" apt-get purge -y -q dmarcmilter
	nothing_left purged
}

# Without a network: all that it needs is there.
install() {
	inside "$root" unshare --net apt-get install -y -q --no-install-recommends \
		-o Dpkg::Options::=--force-confold "/packages/$1"
}

# Files, folders and links, but for what every installation writes, what is Postfix', and an
# empty folder that every package with a profile removes (dh_apparmor).
files_of() {
	(cd "$1" && find . \( -path ./proc -o -path ./dev -o -path ./sys -o -path ./var/cache -o -path ./var/lib/dpkg \
		-o -path ./var/lib/apt -o -path ./var/log/apt -o -path ./var/lib/systemd/deb-systemd-helper-enabled \
		-o -path ./run/lock -o -path ./tmp \) -prune -o -print) |
		grep -vE '^\./(etc/(passwd|group|shadow|gshadow)-|var/log/(dpkg|alternatives|postfix)\.log|etc/\.pwd\.lock|var/lib/logrotate/status|run/systemd/.*|var/lib/systemd/timers.*|var/log/journal/.*|(etc|var)/\.updated|var/tmp/systemd-private-.*)$' |
		grep -vP '^\./(etc/apparmor\.d/disable$|var/(lib|spool)/postfix(/(?!dmarcmilter)|$))' | sort
}

nothing_left() {
	files_of "$root" >"$roots/$release.after"
	check "$1: nothing is left" diff "$roots/$release.before" "$roots/$release.after"
}

only_conffiles_left() {
	files_of "$root" >"$roots/$release.after"
	! comm -13 "$roots/$release.before" "$roots/$release.after" |
		grep -vE '^\./etc/(dmarcmilter\.conf(\.d|\.dpkg-dist)?|(apparmor\.d|apparmor\.d/local)/usr\.sbin\.dmarcmilter|(fail2ban|logrotate\.d)(/.*)?)$' |
		grep -vE '^\./(var/log/dmarcmilter|etc/systemd/system/multi-user\.target\.wants/dmarcmilter\.service$)'
}

owner_of() {
	inside "$root" stat -c '%a %U:%G' "$1"
}

# --- what is installed -------------------------------------------------------

try_contents() {
	local file

	for file in usr/sbin/dmarcmilter usr/share/man/man8/dmarcmilter.8.gz usr/share/man/man5/dmarcmilter.conf.5.gz \
		usr/bin/dmarcmilter-check usr/share/man/man1/dmarcmilter-check.1.gz \
		usr/share/bash-completion/completions/dmarcmilter-check \
		usr/share/bash-completion/completions/dmarcmilter \
		usr/share/zsh/vendor-completions/_dmarcmilter \
		etc/dmarcmilter.conf etc/dmarcmilter.conf.d etc/logrotate.d/dmarcmilter \
		etc/apparmor.d/usr.sbin.dmarcmilter etc/fail2ban/filter.d/dmarcmilter.conf \
		etc/fail2ban/jail.d/dmarcmilter.conf usr/lib/sysusers.d/dmarcmilter.conf \
		usr/lib/tmpfiles.d/dmarcmilter.conf usr/share/doc/dmarcmilter/README.Debian \
		usr/share/doc/dmarcmilter/examples/postfix/main.cf \
		usr/share/doc/dmarcmilter/examples/grafana/dmarcmilter.json \
		usr/share/doc/dmarcmilter/examples/prometheus/prometheus.yml \
		usr/share/doc/dmarcmilter/examples/prometheus/dmarcmilter.rules.yml; do
		check "/$file is there" [ -e "$root/$file" ]
	done
	equal 'folder of the socket' "$(owner_of "/$socket_folder")" '2750 dmarcmilter:postfix'
	equal 'the service is enabled' "$(inside "$root" systemctl is-enabled dmarcmilter.service)" enabled
	equal 'the socket unit is not' "$(inside "$root" systemctl is-enabled dmarcmilter.socket)" disabled
	equal 'the user cannot log in' "$(inside "$root" getent passwd dmarcmilter | cut -d: -f6-)" \
		'/run/dmarcmilter:/usr/sbin/nologin'
	equal 'the jail' "$(sed -n 's/^enabled = //p' "$root/etc/fail2ban/jail.d/dmarcmilter.conf")" false
	check 'nothing was started' nothing_started
	check 'the AppArmor profile is understood' inside "$root" apparmor_parser -Q -K /etc/apparmor.d/usr.sbin.dmarcmilter
	for file in "$root"/etc/dmarcmilter.conf "$root"/usr/share/doc/dmarcmilter/examples/conf/*.conf; do
		check "dmarcmilter -n, ${file##*/}" inside "$root" dmarcmilter -n -c "${file#"$root"}"
	done
}

# The program of this root: another release is tried at the same time.
nothing_started() {
	local process program

	program=$(stat -c %d:%i "$root/usr/sbin/dmarcmilter") || return 1
	for process in /proc/[0-9]*; do
		[ "$(stat -L -c %d:%i "$process/exe" 2>/dev/null)" != "$program" ] || return 1
	done
}

# --- the unit ----------------------------------------------------------------

# unit_value NAME: of the installed unit, without the sign of "may be missing".
unit_value() {
	sed -n "s/^$1=-\{0,1\}//p" "$root"/usr/lib/systemd/system/dmarcmilter.service \
		"$root"/lib/systemd/system/dmarcmilter.service 2>/dev/null | head -n 1
}

try_unit() {
	check 'systemd-analyze verify' verify_unit
}

verify_unit() {
	! inside "$root" systemd-analyze verify --man=no dmarcmilter.service dmarcmilter.socket 2>&1 | grep -F dmarcmilter
}

# --- mail --------------------------------------------------------------------

# The rest runs in a network of its own, with a name server and Postfix.
try_mail() {
	operator_changes
	if setpriv --pdeathsig KILL unshare --net --mount --pid --fork --kill-child=KILL --propagation private \
		env root="$root" tools="$tools" top="$top" release="$release" results="$results" \
		bash "$top/tests/packages/mail.sh"; then
		pass
	else
		fail 'mail through the installed package'
	fi
}

# Before the first start: what an operator writes.
operator_changes() {
	cat >"$root/etc/dmarcmilter.conf" <<-END
		# The operator was here.
		AuthservID   mx.example.org
		Nameservers  127.0.0.1
		LogTarget    file:/var/log/dmarcmilter/dmarcmilter.log
		MetricsSocket unix:/run/dmarcmilter/metrics.sock
	END
}

# --- systemd -----------------------------------------------------------------

try_boot() {
	env root="$root" tools="$tools" top="$top" release="$release" results="$results" \
		bash "$top/tests/packages/boot.sh"
}
