#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs killers.py against the daemon of this build; skipped where what it needs is missing.
command -v python3 >/dev/null && command -v openssl >/dev/null || exit 77
exec python3 -B "${srcdir:-.}/tests/hostile/killers.py" "${DMARCMILTER:-./dmarcmilter}" \
	"${srcdir:-.}/tests/keys"
