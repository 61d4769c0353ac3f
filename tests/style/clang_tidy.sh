#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs clang-tidy over FILE..., in a build folder (for config.h).
# usage: clang_tidy.sh TOP FILE...
top=$1
shift
# shellcheck disable=SC2046
exec clang-tidy --quiet --config-file="$top/.clang-tidy" "$@" -- -std=c17 -D_GNU_SOURCE -I"$top/milter" -I. \
	-DSYSCONFDIR='"/etc"' -DDEFAULT_SOCKET='"/run/socket"' $(pkg-config --cflags opendkim libunbound libpsl)
