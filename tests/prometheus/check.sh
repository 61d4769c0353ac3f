#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# promtool on what the daemon serves, on the example configuration, on the alerts, and
# on the queries of the dashboard. "servers" names a folder into which Prometheus was
# unpacked.
set -u

source=$(cd "${srcdir:-.}" && pwd)
promtool=${servers:-}/usr/bin/promtool
[ -x "$promtool" ] || promtool=$(command -v promtool) || { echo "promtool is not here"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# check TITLE COMMAND...: shows what the command says if it fails.
check() {
	local title=$1
	shift
	"$@" >"$work/out" 2>&1 && return
	echo "$title:"
	cat "$work/out"
	bad=1
}

srcdir=$source python3 "$source/tests/prometheus/names.py" "$work" || exit 1
check 'the format' "$promtool" check metrics <"$work/metrics.txt"
check 'contrib/prometheus/prometheus.yml' "$promtool" check config "$source/contrib/prometheus/prometheus.yml"
check 'the alerts' "$promtool" check rules "$source/contrib/prometheus/dmarcmilter.rules.yml"
check 'the queries of the dashboard' "$promtool" check rules "$work/dashboard.rules.yml"
sed "s|RULES|$source/contrib/prometheus/dmarcmilter.rules.yml|" "$source/tests/prometheus/alerts.test.yml" \
	>"$work/alerts.test.yml"
check 'what the alerts say' "$promtool" test rules "$work/alerts.test.yml"

# The checks can fail.
echo 'dmarcmilter_lost{class="spoof} 1' >"$work/broken"
"$promtool" check metrics <"$work/broken" >/dev/null 2>&1 && { echo "promtool finds nothing wrong"; bad=1; }
exit $bad
