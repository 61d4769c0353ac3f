# SPDX-License-Identifier: BSD-2-Clause
"""What python3-authres reads, in the form of tests/tools/read_results."""
import re
import sys

import authres


def row(kind, *parts):
    escaped = [re.sub(r'[\x00-\x1f\x7f\\]', lambda m: '\\x%02x' % ord(m.group()), part or '')
               for part in parts]
    print('\t'.join([kind] + escaped))


sys.stdin.reconfigure(encoding='utf-8', errors='surrogateescape', newline='\n')
sys.stdout.reconfigure(encoding='utf-8', errors='surrogateescape')
for line in sys.stdin:
    try:
        header = authres.AuthenticationResultsHeader.parse(
            'Authentication-Results: ' + line.rstrip('\n'))
    except authres.AuthResError:
        print('malformed')
        continue
    print('field')
    for result in header.results:
        if result.method == 'none':
            continue
        row('result', result.method.lower(), result.result.lower(), result.reason)
        for found in result.properties:
            row('property', found.type.lower(), found.name.lower(), found.value)
