# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Results of checks, one per line in a file. Source this file; set before: results (the
# file), release.

pass() { echo "passed 1" >>"$results"; }

fail() {
	echo "FAILED  $release: $*"
	echo "failed 1" >>"$results"
}

skip() {
	echo "SKIPPED $release: $*"
	echo "skipped 1" >>"$results"
}

# check TITLE COMMAND...: what it says is shown when it fails.
check() {
	local title=$1 output
	shift
	if output=$("$@" 2>&1 </dev/null); then
		pass
	else
		fail "$title"
		echo "$output" | tail -n 40 | sed 's/^/    /'
		return 1
	fi
}

# equal TITLE FOUND WANTED
equal() {
	if [ "$2" = "$3" ]; then
		pass
	else
		fail "$1: expected \"$3\", found \"$2\""
	fi
}
