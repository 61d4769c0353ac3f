#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests flame_graph and table on input so small that the right answer is plain."""
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

folder = os.path.join(os.environ.get('srcdir', '.'), 'tests', 'bench')
failures = 0
SVG = '{http://www.w3.org/2000/svg}'


def check(title, found, wanted):
    global failures
    if found == wanted:
        return
    failures += 1
    print('%s:\n  %r\nand not\n  %r' % (title, found, wanted))


def run(tool, *arguments, text='', status=0):
    done = subprocess.run([sys.executable, '-B', os.path.join(folder, tool), *arguments], input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8', check=False)
    check('status of %s %s' % (tool, ' '.join(arguments)), done.returncode, status)
    return done.stdout


# --- fold --------------------------------------------------------------------

STACKS = '''dmarcmilter 
\t    7f12 SHA256_Update (/usr/lib/x86_64-linux-gnu/libcrypto.so.3)
\t    1234 hash_body_part.isra.0 (/run/laboratory/bin/dmarcmilter)
\t    109f clone3 (/usr/lib/x86_64-linux-gnu/libc.so.6)

:-1 
\tffffffff81 [unknown] ([kernel.kallsyms])
\t  f8ad7 pthread_cond_wait@@GLIBC_2.3.2 (/usr/lib/x86_64-linux-gnu/libc.so.6)

resolver 
\t    5a3e [unknown] (/usr/lib/x86_64-linux-gnu/libunbound.so.8.1.21)
\t    2d94 operator(a;b) (/usr/lib/libx-2.1.so.7)

dmarcmilter 
\t    7f13 SHA256_Update (/usr/lib/x86_64-linux-gnu/libcrypto.so.3)
\t    1235 hash_body_part (/run/laboratory/bin/dmarcmilter)
\t    109f clone3 (/usr/lib/x86_64-linux-gnu/libc.so.6)
'''
check('folded', run('flame_graph', 'fold', text=STACKS).splitlines(), [
    'dmarcmilter;clone3 (libc);hash_body_part;SHA256_Update (libcrypto) 2',
    'dmarcmilter;pthread_cond_wait (libc);[kernel] 1',
    'resolver;operator(a,b) (libx);[libunbound] 1'])
check('nothing folded', run('flame_graph', 'fold'), '')
run('flame_graph', 'fold', text='dmarcmilter\n\tno frame\n', status=1)
run('flame_graph', 'draw', text='a;b\n', status=1)
run('flame_graph', 'draw', '-x', status=64)
run('flame_graph', 'bake', status=64)

# --- draw --------------------------------------------------------------------

FOLDED = '''main;wide 600
main;wide;"quoted" & <b>\x01 200
main;narrow 99
main;wide;at_the_limit 100
other 1
'''


def boxes(picture):
    """name -> (x, y, width, share, label) of each frame."""
    found = {}
    for group in xml.etree.ElementTree.fromstring(picture).iter(SVG + 'g'):
        name, share = re.fullmatch(r'(.*): ([0-9.]+) % \([0-9]+\)', group.find(SVG + 'title').text, re.S).groups()
        box = group.find(SVG + 'rect')
        label = group.find(SVG + 'text')
        found[name] = (float(box.get('x')), float(box.get('y')), float(box.get('width')), float(share),
                       None if label is None else label.text)
    return found


picture = run('flame_graph', 'draw', '-t', 'a < b', '-m', '10', text=FOLDED)
drawn = boxes(picture)
check('frames', sorted(drawn), ['"quoted" & <b>?', 'at_the_limit', 'main', 'wide'])
check('shares', {name: box[3] for name, box in drawn.items()},
      {'main': 99.9, 'wide': 90.0, '"quoted" & <b>?': 20.0, 'at_the_limit': 10.0})
check('labels', {name: box[4] for name, box in drawn.items()},
      {'main': 'main', 'wide': 'wide', '"quoted" & <b>?': '"quoted" & <b>?', 'at_the_limit': 'at_the_limit'})
check('widths', {name: box[2] for name, box in drawn.items()},
      {'main': 1178.8, 'wide': 1062.0, '"quoted" & <b>?': 236.0, 'at_the_limit': 118.0})
check('depth', drawn['main'][1] > drawn['wide'][1] > drawn['at_the_limit'][1], True)
for name in ('"quoted" & <b>?', 'at_the_limit'):
    outer, inner = drawn['wide'], drawn[name]
    check(name + ' stands on its caller', outer[0] <= inner[0] and inner[0] + inner[2] <= outer[0] + outer[2] + 0.1,
          True)
check('no two on one place', drawn['at_the_limit'][0] != drawn['"quoted" & <b>?'][0], True)
check('the title', xml.etree.ElementTree.fromstring(picture).find(SVG + 'title').text, 'a < b')
check('the same again', run('flame_graph', 'draw', '-t', 'a < b', '-m', '10', text=FOLDED), picture)
check('another order', run('flame_graph', 'draw', '-t', 'a < b', '-m', '10',
                           text=''.join(sorted(FOLDED.splitlines(True), reverse=True))), picture)
check('all of it', len(boxes(run('flame_graph', 'draw', '-m', '0', text=FOLDED))), 6)
long_name = boxes(run('flame_graph', 'draw', '-m', '0', text='%s 10\nx 990\n' % ('n' * 90)))['n' * 90]
check('no label where none fits', long_name[4], None)
long_name = boxes(run('flame_graph', 'draw', '-m', '0', text='%s 100\nx 900\n' % ('n' * 90)))['n' * 90]
check('a label that is cut', long_name[4], 'n' * 15 + '..')
check('no samples', boxes(run('flame_graph', 'draw')), {})

# --- topics ------------------------------------------------------------------

topics = run('flame_graph', 'topics', text='''dmarcmilter;clone3 (libc);hash_body_part;SHA256_Update (libcrypto);[libcrypto] 50
dmarcmilter;clone3 (libc);mi_engine (libmilter);on_message_end;log_line;textbuf_printf;_int_malloc (libc) 30
dmarcmilter;clone3 (libc);mi_engine (libmilter);on_message_end;log_line;textbuf_printf 15
strange;log_of_others (libx) 3
strange;main 2
''')
check('topics', topics.splitlines()[2:], [
    '| digests: SHA-256 | 50.0 % |', '| memory: malloc, free, pages | 30.0 % |', '| log line | 15.0 % |',
    '| not attributed | 5.0 % |', '', '100 samples'])

# --- table -------------------------------------------------------------------

GOOD = ('messages=100 elapsed=1 rate=%d p50=2 p90=3 p99=4 max=5 errors=0 refused=0 wrong_spf=%d no_iprev=%d cpu_ms=%s'
        ' mta_cpu_ms=5 others_ms=0 wall_ms=1000 peak_kib=10240 rss_kib=%d pss_kib=4096 asked=400 far=200')


def measured(condition, target, rate=100, wrong=0, cpu='40.0', rss=8192, extra='', unsaid=0):
    return 'condition=%s target=%s round=1 %s %s\n' % (condition, target, GOOD % (rate, wrong, unsaid, cpu, rss), extra)


def table(*lines):
    """The rows of the table, split into their cells."""
    with tempfile.NamedTemporaryFile('w', suffix='.measured') as file:
        file.write(''.join(lines))
        file.flush()
        return [[cell.strip() for cell in line.strip('|').split('|')]
                for line in run('table', file.name).splitlines() if line.startswith('|')]


def rows_of(rows, name):
    return [row[1:] for row in rows if row[0] == name]


chains = 'chain_p50=%s chain_p90=1.500 too_fast=0'
rows = table(measured('cold-whole-8', 'dmarcmilter', extra=chains % '1.200'),
             measured('cold-whole-8', 'rspamd', unsaid=100, extra=chains % '1.900'))
check('columns of chains', rows[0][-2:], ['p50 in chains', 'p90 in chains'])
check('chains', rows_of(rows, 'dmarcmilter')[0][-2:], ['1.20', '1.50'])
check('the target of chains', rows_of(rows, 'p50 of the latency in chains (cold-whole-8)'), [['1.20', 'at most 1.2', 'yes']])
rows = table(measured('cold-whole-8', 'dmarcmilter', extra=chains % '1.201'))
check('and missed', rows_of(rows, 'p50 of the latency in chains (cold-whole-8)'), [['1.20', 'at most 1.2', 'NO']])
rows = table(measured('cold-whole-8', 'dmarcmilter', extra='chain_p50=0.9 chain_p90=1 too_fast=2'),
             measured('cold-whole-8', 'rspamd', unsaid=100, extra='chain_p50=0.9 chain_p90=1 too_fast=2'))
check('faster than can be', rows_of(rows, 'dmarcmilter')[0][0], 'VOID: 2 faster than their chain')
check('a peer does less', rows_of(rows, 'rspamd')[0][-2:], ['0.90', '1.00'])
rows = table(measured('warm-mixed-64', 'dmarcmilter'), measured('warm-mixed-64', 'rspamd', cpu='80.000', unsaid=100))
check('no chains', 'p50 in chains' in rows[0], False)
check('CPU', rows_of(rows, 'dmarcmilter')[0][4:6], ['0.400', '0.050'])
check('the target of CPU', rows_of(rows, "CPU, of rspamd's (warm-mixed-64)"), [['0.50', 'at most 0.6', 'yes']])
rows = table(measured('warm-mixed-64', 'dmarcmilter', wrong=1), measured('warm-mixed-64', 'rspamd', unsaid=100))
check('void', rows_of(rows, 'dmarcmilter')[0][0], 'VOID: 1 wrong spf')
check('no target of it', rows_of(rows, "CPU, of rspamd's (warm-mixed-64)"), [])
rows = table(measured('warm-mixed-64', 'dmarcmilter', unsaid=100))
check('iprev must be said', rows_of(rows, 'dmarcmilter')[0][0], 'VOID: 100 without iprev')
rows = table(measured('long-warm-up', 'dmarcmilter', rss=10000), measured('long', 'dmarcmilter', rss=20000),
             measured('long', 'dmarcmilter', rss=10500))
check('memory', rows_of(rows, 'dmarcmilter')[-2], ['200', '9.8', '10.3', '10.0', '4.0', '4.0'])
check('the last counts', rows_of(rows, 'RSS after 200 messages (long)'), [['1.050', 'at most 1.05', 'yes']])
rows = table(measured('long-warm-up', 'dmarcmilter', rss=10000), measured('long', 'dmarcmilter', rss=10501))
check('and has grown', rows_of(rows, 'RSS after 100 messages (long)'), [['1.050', 'at most 1.05', 'NO']])

print('%d failures' % failures)
sys.exit(1 if failures else 0)
