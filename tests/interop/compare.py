# SPDX-License-Identifier: BSD-2-Clause
"""compare.py VALUES DIFFERENCES OURS NAME=THEIRS...

Compares what parsers read from the same values of Authentication-Results (a line each): the
output of tests/tools/read_results against that of others. DIFFERENCES lists what is the
other parser's fault: NAME, a regular expression for the value, and the reason, separated by
tabs. Fails for any other difference, for a difference that is listed and not found, and when
we cannot read what we wrote.
"""
import re
import sys


def read(path):
    with open(path, encoding='utf-8', errors='surrogateescape', newline='\n') as file:
        return file.read().split('\n')[:-1]


def split_fields(lines):
    fields = []
    for line in lines:
        if line in ('field', 'malformed'):
            fields.append([line])
        else:
            fields[-1].append(line)
    return fields


def main(values_path, differences_path, ours_path, *others):
    values = read(values_path)
    ours = split_fields(read(ours_path))
    known = [line.split('\t') for line in read(differences_path)
             if line and not line.startswith('#')]
    used = set()
    bad = 0

    for value, our in zip(values, ours):
        if our[0] == 'malformed':
            print('we cannot read what we wrote: %r' % value)
            bad += 1
    for name, path in (other.split('=', 1) for other in others):
        theirs = split_fields(read(path))
        equal = 0
        if not len(values) == len(ours) == len(theirs):
            print('%s: %d values, %d and %d readings' %
                  (name, len(values), len(ours), len(theirs)))
            return 1
        for value, our, their in zip(values, ours, theirs):
            if our == their:
                equal += 1
                continue
            reasons = [number for number, row in enumerate(known)
                       if row[0] == name and re.search(row[1], value)]
            used.update(reasons)
            # Whatever another parser misses, it must not find what we did not write.
            if reasons and (their == ['malformed'] or set(their) <= set(our)):
                continue
            bad += 1
            print('%s differs: %r\n    we   %r\n    they %r' % (name, value, our, their))
        print('%s: %d of %d read alike' % (name, equal, len(values)))
    for number, row in enumerate(known):
        if number not in used:
            print('listed, but not found: %s' % '\t'.join(row))
            bad += 1
    print('%d differences that are not explained' % bad)
    return bad != 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
