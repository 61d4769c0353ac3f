#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs every scenario through the core, the daemon and dmarcmilter-check, several at a time:
# they mostly wait. Part of `make check`.
printf '%s\0' "$srcdir"/tests/scenarios/*.scn |
	xargs -0 -n 40 -P 4 tests/tools/run_scenarios -k "$srcdir/tests/keys" -d "$PWD/dmarcmilter" \
		-m "$PWD/dmarcmilter-check"
