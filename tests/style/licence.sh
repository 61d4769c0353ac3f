#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each source file and script has the licence line within its first lines.
. "${srcdir:-.}/tests/style/sources.sh"

for file in $(find milter tests contrib systemd -type f \( -name '*.[ch58]' -o -name '*.sh' -o -name '*.py' \
	-o -name '*.in' -o -path 'contrib/demo/*' -o -name '*.conf' -o -name quickstart -o -path tests/run \) \
	! -path '*/corpus/*' ! -name '*.orig'); do
	head -n 5 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' ||
		complain "$file: no SPDX line"
done
exit $bad
