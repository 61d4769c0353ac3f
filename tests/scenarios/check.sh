#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs every scenario through the core and through the daemon. Part of `make check`.
exec tests/tools/run_scenarios -k "$srcdir/tests/keys" -d "$PWD/dmarcmilter" \
	"$srcdir"/tests/scenarios/*.scn
