# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2016,SC2317
#
# The rpm package and the container image, as far as a Debian root can try them. Source
# this file.

# --- rpm ---------------------------------------------------------------------

# What rpmlint has to say, but for what it cannot know: the site, a tag that is long
# obsolete, and the folders of systemd, which are below /usr/lib everywhere.
rpm_lint_findings='test -s /work/src/contrib/rpm/dmarcmilter.spec &&
	! rpmlint /work/src/contrib/rpm/dmarcmilter.spec 2>&1 | grep -E "[EW]: " |
		grep -vE "invalid-url|no-buildroot-tag|hardcoded-library-path in /usr/lib/(sysusers|tmpfiles)\.d"'

# The package has other names for what it needs than this system, hence --nodeps.
try_rpm() {
	local place=$workshop/work/rpm

	mkdir -p "$place/SOURCES"
	check rpmspec inside "$workshop" rpmspec -P /work/src/contrib/rpm/dmarcmilter.spec
	check rpmlint inside "$workshop" sh -c "$rpm_lint_findings"
	check 'make dist' inside "$workshop" sh -ec '
		cp -R /work/src /work/rpm/tree
		cd /work/rpm/tree
		autoreconf -fi
		./configure -q
		make dist
		mv dmarcmilter-*.tar.xz ../SOURCES/' || return
	check 'what is for packagers is in the archive' archive_has contrib/build-deb contrib/debian/control \
		contrib/debian/source/format contrib/rpm/dmarcmilter.spec contrib/container/Containerfile \
		contrib/apparmor/usr.sbin.dmarcmilter contrib/logrotate/dmarcmilter contrib/grafana/dmarcmilter.json \
		contrib/prometheus/prometheus.yml conf/examples/backup-mx.conf \
		tests/packages/run
	check rpmbuild inside "$workshop" rpmbuild -bb --nodeps --define '_topdir /work/rpm' \
		--define 'debug_package %{nil}' --define '_smp_mflags -j2' /work/src/contrib/rpm/dmarcmilter.spec || return
	inside "$workshop" sh -c 'rpm -qlp /work/rpm/RPMS/*/*.rpm' >"$results.rpm" 2>/dev/null
	for file in /usr/sbin/dmarcmilter /etc/dmarcmilter.conf /usr/lib/systemd/system/dmarcmilter.service \
		/etc/fail2ban/jail.d/dmarcmilter.conf /usr/lib/tmpfiles.d/dmarcmilter.conf \
		/usr/share/doc/dmarcmilter/examples/grafana/dmarcmilter.json \
		/usr/share/doc/dmarcmilter/examples/prometheus/prometheus.yml; do
		check "$file is in the rpm" grep -qx "$file" "$results.rpm"
	done
}

archive_has() {
	local file names

	names=$(tar -tf "$(echo "$workshop"/work/rpm/SOURCES/dmarcmilter-*.tar.xz)")
	for file in "$@"; do
		echo "$names" | grep -q "/$file$" || { echo "$file is missing"; return 1; }
	done
}

# --- the image ---------------------------------------------------------------

# No registry can be asked here, so the Containerfile is followed by hand: debootstrap's
# root is the base, and the workshop the first stage.
try_container() {
	local line word rest folder=/ user=root

	image=$roots/$release.image
	entry=
	health=
	while read -r line; do
		word=${line%% *}
		rest=${line#* }
		case $word in
		'' | '#'* | ARG | EXPOSE | STOPSIGNAL) ;;
		FROM)
			folder=/
			case $rest in
			*' AS build') stage=$workshop ;;
			*) stage=$image; extract "$roots/$release.tar" "$image" ;;
			esac
			;;
		WORKDIR) folder=$rest ;;
		USER) user=$rest ;;
		RUN) check "container: $(echo "$rest" | cut -c1-40)..." inside "$stage" sh -ec "cd $folder; $rest" || return ;;
		COPY)
			# shellcheck disable=SC2086
			check "container: COPY $rest" copy_into $rest || return
			;;
		HEALTHCHECK) health=$(echo "${rest#*CMD }" | tr -d '[]",') ;;
		ENTRYPOINT) entry=$(echo "$rest" | tr -d '[]",') ;;
		*) fail "container: $word is not known to the test"; return ;;
		esac
	done <"$top/contrib/container/Containerfile"
	equal 'container: user' "$user" dmarcmilter
	run_image
}

copy_into() {
	case $1 in
	--from=build) cp -R "$workshop/$2" "$stage/$3" ;;
	.) rm -rf "${stage:?}/$2" && cp -R "$workshop/work/src" "$stage/$2" ;;
	*) cp -R "$workshop/work/src/$1" "$stage/$2" ;;
	esac
}

# It answers on its port, its health check says so, and it ends within ten seconds, which
# the health check says too.
run_image() {
	local script

	check 'container: it has a health check' [ -n "$health" ] || return
	script='
		ip link set lo up
		mount --bind "$1" "$1" && mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" || exit 1
		as_user="setpriv --reuid=dmarcmilter --regid=dmarcmilter --clear-groups"
		chroot "$1" $as_user '"$entry"' &
		daemon=$!
		for i in $(seq 200); do
			(exec 3<>/dev/tcp/127.0.0.1/8890) 2>/dev/null && break
			sleep 0.1
		done
		(exec 3<>/dev/tcp/127.0.0.1/8890) || exit 2
		chroot "$1" $as_user '"$health"' || exit 3
		kill "$daemon"
		( sleep 10; kill -KILL "$daemon" ) 2>/dev/null &
		wait "$daemon" || exit 4
		! chroot "$1" $as_user '"$health"
	check 'container: it runs' unshare --net --mount --pid --fork --kill-child=KILL --propagation private \
		bash -c "$script" bash "$image"
}
