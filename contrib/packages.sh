# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Gets what contrib/packages lists. Source this file; set before: top (the
# checkout), build (the build folder).

packages_for() {
	local purpose
	for purpose in "$@"; do
		sed -n "s/^$purpose: *//p" "$top/contrib/packages"
	done | tr -s ' \n' ' '
}

# A line about a step that takes time, with its time when it is done. The
# output goes to a file and is shown if the step fails.
step() {
	local title=$1 started=$SECONDS log
	shift

	log=$build/$(echo "$title" | tr -cs 'a-zA-Z0-9' -).log
	mkdir -p "$build"
	printf '%-58s' "$title ..."
	if "$@" >"$log" 2>&1 </dev/null; then
		printf '%4d s\n' $((SECONDS - started))
		return 0
	fi
	printf ' failed\n\n'
	tail -n 40 "$log"
	printf '\nThe whole output is in %s\n' "$log"
	return 1
}

# One at a time in a build folder. The lock goes with the last process that has it,
# however we end.
take_build() {
	mkdir -p "$build" 2>/dev/null
	[ -w "$build" ] && { exec 9>"$build/.lock"; } 2>/dev/null || {
		echo "Cannot write to $build, which belongs to $(stat -c %U "$build" 2>/dev/null || echo nobody): use sudo, as before." >&2
		exit 77
	}
	flock -n 9 || {
		echo "Waiting for another run in ${build##*/}/ ..."
		flock 9
	}
}

release_build() { exec 9>&-; }

# The scripts of Autotools stand in the source, which all build folders share.
prepare_tree() {
	(cd "$top" && exec 8<. && flock 8 || exit 1
	[ -x configure ] && [ ! configure.ac -nt configure ] || autoreconf -fi)
}

have_package() {
	case $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) in
	installed) return 0 ;;
	esac
	return 1
}

# need_packages PURPOSE...: installs what is missing. Without apt it names all
# of it and stops: other systems have other names, and we do not guess.
need_packages() {
	local package missing=

	if ! command -v apt-get >/dev/null; then
		case " $* " in *" demo "*) set -- "$@" servers ;; esac
		missing=$(missing_by_hand "$@")
		[ -n "$missing" ] || return 0
		name_packages "$@"
		exit 69
	fi
	for package in $(packages_for "$@"); do
		have_package "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	[ "$(id -u)" -eq 0 ] || {
		echo "These packages are missing; install them, or run this as root:$missing" >&2
		exit 77
	}
	# shellcheck disable=SC2086
	step "Installing $(echo "$missing" | wc -w) packages" apt_install $missing || exit 69
}

# --no-remove: rather fail than replace something of the operator's. needrestart
# must not restart services for us.
apt_install() {
	local try

	export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
	for try in 1 2; do
		apt-get install -y -q --no-install-recommends --no-remove \
			-o DPkg::Lock::Timeout=300 "$@" && return 0
		[ "$try" -eq 1 ] && apt-get update -q -o DPkg::Lock::Timeout=300
	done
	return 1
}

# The names that Debian has for what is needed.
name_packages() {
	cat >&2 <<-END
		This system has no apt, so nothing can be installed for you. These are the
		names of the packages on Debian; please install what your system calls them:

	END
	packages_for "$@" | tr ' ' '\n' | sed '/^$/d; s/^/    /' >&2
}

# The programs of these purposes that are not there. Libraries are configure's to miss.
missing_by_hand() {
	local tool tools='autoreconf automake gcc make pkg-config'

	case " $* " in
	*" servers "*) tools="$tools swaks ip openssl setpriv unshare nsd postconf" ;;
	esac
	for tool in $tools; do
		command -v "$tool" >/dev/null || echo "$tool"
	done
}

# need_unpacked PURPOSE PROGRAM...: gets the packages of the purpose for which one
# of the programs (paths without the first slash) is neither installed nor unpacked.
need_unpacked() {
	local purpose=$1 program missing=
	shift

	for program in "$@"; do
		[ -e "/$program" ] ||
			{ [ -e "$build/.unpacked-$purpose" ] && [ -e "$build/servers/$program" ]; } || missing=yes
	done
	[ -n "$missing" ] || return 0
	if ! command -v apt-get >/dev/null; then
		name_packages "$purpose"
		exit 69
	fi
	# shellcheck disable=SC2046
	step "Unpacking $(packages_for "$purpose")" unpack $(packages_for "$purpose") || exit 69
	# Not before: an interrupted run may have left a part.
	: >"$build/.unpacked-$purpose"
}

# unpack PACKAGE...: them and what they depend on, as far as it is not installed,
# below build/servers. Nothing is installed, no script of a package runs.
unpack() {
	local archives=$build/archives archive

	mkdir -p "$archives" "$build/servers"
	to_unpack "$@" >"$archives/names" || {
		apt-get update -q -o DPkg::Lock::Timeout=300 || return 1
		to_unpack "$@" >"$archives/names" || return 1
	}
	# shellcheck disable=SC2046
	(cd "$archives" && apt-get download -q -o APT::Sandbox::User=root $(cat names)) || {
		apt-get update -q -o DPkg::Lock::Timeout=300 || return 1
		# shellcheck disable=SC2046
		(cd "$archives" && apt-get download -q -o APT::Sandbox::User=root $(cat names)) || return 1
	}
	for archive in "$archives"/*.deb; do
		dpkg -x "$archive" "$build/servers" || return 1
	done
	rm -rf "$archives"
}

# What an installation would add. A line with a version in brackets is an
# upgrade, which stays out: our copy of the C library would not fit the system's.
to_unpack() {
	apt-get -s install -q --no-install-recommends "$@" >"$build/archives/simulation" || return 1
	awk '$1 == "Inst" && $3 !~ /^\[/ { print $2 }' "$build/archives/simulation"
}
