#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Files of 1 GB through dmarcmilter-check message: judged, or refused in one sentence, and
memory stays small.

usage: large.py TOOL"""
import resource
import subprocess
import sys
import tempfile

SIZE = 1 << 30
MEMORY = 100 << 10      # kilobytes
SIGNATURE = ("DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=key; c=relaxed/simple; h=from;\n"
             " bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\n")
HEADER = f"{SIGNATURE}From: a@example.com\nSubject: large\n\n".encode()
LINES = (b"x" * 76 + b"\n") * 8192
# Name, begin of the file, what is repeated, exit status, and what is said.
ROWS = (
    ("a body of lines", HEADER, LINES, 0, b"The message is accepted."),
    ("a body of one line", HEADER, b"x" * (1 << 20), 0, b"The message is accepted."),
    ("a body of empty lines", HEADER, b"\n" * (1 << 20), 0, b"The message is accepted."),
    ("fields without end", b"", b"A: b\n" * (1 << 18), 66, b"is no mail: its header has more than"),
    ("a field without end", b"A: b\n", b" c\n" * (1 << 18), 66, b"is no mail: its header has more than"),
    ("one line", b"", b"x" * (1 << 20), 66, b"is no mail: its first line"),
    ("NULs", b"", bytes(1 << 20), 66, b"is no mail: its first line"),
)


def run(tool, zone, begin, part):
    process = subprocess.Popen([tool, "message", "--zone", zone, "--client", "192.0.2.1", "--helo", "h.example",
                                "--from", "<a@example.com>", "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        process.stdin.write(begin)
        for _ in range(SIZE // len(part)):
            process.stdin.write(part)
    except BrokenPipeError:
        pass                # it has seen enough
    return process.communicate()[0], process.returncode


def main():
    failed = 0
    with tempfile.NamedTemporaryFile("w", suffix=".zone") as zone:
        zone.write("example.com TXT v=spf1 ip4:192.0.2.1 -all\n_dmarc.example.com TXT v=DMARC1; p=reject\n"
                   "key._domainkey.example.com TXT v=DKIM1; p=\n")
        zone.flush()
        for name, begin, part, status, sentence in ROWS:
            output, returned = run(sys.argv[1], zone.name, begin, part)
            if returned != status or sentence not in output:
                print(f"FAILED  {name}: {returned} {output[:300]}")
                failed += 1
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if used > MEMORY:
        print(f"FAILED  {used} kilobytes of memory")
        failed += 1
    print(f"{len(ROWS) + 1 - failed} passed, {failed} failed; {used} kilobytes")
    sys.exit(1 if failed else 0)


main()
