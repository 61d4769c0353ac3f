# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2016,SC2317
#
# Roots of Debian releases for the tests of the packages. Source this file; set before:
# roots (the folder for them), release (which). What a crash of this machine leaves of
# a root does not matter, so dpkg need not wait for the disk after each file
# (DPKG_FORCE).

# What a workshop has beside what the package says it needs to be built. Linters bring so
# much along that each is in one release only: lintian in the newest, rpm in the other.
workshop_packages() {
	case $release in
	bookworm) echo build-essential debhelper xz-utils rpm rpmlint ;;
	*) echo build-essential debhelper xz-utils lintian ;;
	esac
}

# inside ROOT COMMAND...: in a mount and a process namespace of its own, with a clean
# environment. The root is mounted on itself, as programs that look for mounts expect.
inside() {
	local root=$1
	shift
	# shellcheck disable=SC2016
	setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child=KILL --propagation private bash -c '
		root=$1
		shift
		mount --bind "$root" "$root" && mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev" || exit 1
		exec chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive DPKG_FORCE=unsafe-io "$@"' bash "$root" "$@" </dev/null
}

# The mirror of main, as this machine's apt has it: "deb.debian.org" stands nowhere here.
# Of a security or an updates suite it would not have all.
mirror() {
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
		awk '$3 == "main" && $2 ~ /^(bookworm|trixie|forky|sid)$/ { print $1; exit }'
}

# make_workshop: a root in which the package can be built. What debootstrap made is kept as
# an archive, from which the other roots are made, too.
make_workshop() {
	local source

	if [ ! -e "$roots/$release.tar" ]; then
		source=$(mirror)
		[ -n "$source" ] || { echo 'the sources of apt name no mirror of Debian'; return 1; }
		rm -rf "$workshop" "$roots/$release.ready" "$roots/$release.clean.tar"
		DPKG_FORCE=unsafe-io debootstrap --variant=minbase "$release" "$workshop" "$source" || return 1
		printf '#!/bin/sh\nexit 101\n' >"$workshop/usr/sbin/policy-rc.d"
		chmod 755 "$workshop/usr/sbin/policy-rc.d"
		archive "$workshop" "$roots/$release.tar" || return 1
	fi
	# What is there may be of an older list of packages.
	if [ ! -e "$roots/$release.ready" ] || ! cmp -s "$top/contrib/debian/control" "$workshop/root/package/debian/control"; then
		rm -rf "$workshop" "$roots/$release.ready"
		extract "$roots/$release.tar" "$workshop" || return 1
		mkdir -p "$workshop/root/package/debian"
		cp "$top/contrib/debian/control" "$workshop/root/package/debian/control"
		inside "$workshop" sh -ec "
			apt-get update -q
			apt-get install -y -q --no-install-recommends $(workshop_packages)
			cd /root/package
			apt-get build-dep -y -q --no-install-recommends ./
			apt-get clean" || return 1
		: >"$roots/$release.ready"
	fi
}

# make_clean PACKAGE: the archive of a root in which everything is installed that the package
# depends on, so that a list of files shows what is its own; of Postfix only the archives,
# because it is installed later.
make_clean() {
	local root=$roots/$release.clean wanted
	local more='logrotate apparmor procps'

	wanted=$(dpkg-deb -f "$1" Depends)
	[ "$wanted" != "$(cat "$roots/$release.clean.depends" 2>/dev/null)" ] || return 0
	rm -rf "$root" "$roots/$release.clean.tar"
	extract "$roots/$release.tar" "$root" || return 1
	inside "$root" sh -ec "
		apt-get update -q
		apt-get satisfy -y -q --no-install-recommends '$wanted'
		apt-get install -y -q --no-install-recommends $more
		apt-get install -y -q --no-install-recommends --download-only postfix" || return 1
	archive "$root" "$roots/$release.clean.tar" || return 1
	rm -rf "$root"
	echo "$wanted" >"$roots/$release.clean.depends"
}

# archive ROOT FILE: never a part of one.
archive() {
	tar -C "$1" -cf "$2.part" . && mv "$2.part" "$2"
}

extract() {
	rm -rf "$2"
	mkdir "$2" && tar -C "$2" -xf "$1"
}
