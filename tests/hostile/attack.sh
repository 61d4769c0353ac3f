#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs attack.py against the daemon of this build; skipped where there is no Python.
command -v python3 >/dev/null || exit 77
exec python3 -B "${srcdir:-.}/tests/hostile/attack.py" "${DMARCMILTER:-./dmarcmilter}"
