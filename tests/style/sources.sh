# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# For the style tests, which make check runs in the build folder with srcdir set:
# the folders, and the lists of files.
build=$(pwd)
cd "${srcdir:-.}" || exit 99
bad=0

c_files() {
	find milter tests -name '*.[ch]' | sort
}

complain() {
	echo "$*"
	bad=1
}
