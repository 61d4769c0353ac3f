#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Bodies of 50 MB, honest and crafted: the right result, and memory stays level.

usage: large.py DAEMON KEYS [MEGABYTES]"""
import sys
import time

from peers import A, PTR, TXT, Daemon, Mta, NameServer, Signer, txt, wire

GROWTH_MAX = 40 * 1024          # KiB; a body kept once would be more
FROM = (b"From", b" Alice <alice@good.example>")
STRANGER = {"client": b"198.51.100.66", "helo": b"relay.example", "sender": b"<x@relay.example>"}
FORMS = (b"simple", b"relaxed")


def bodies(size):
    line = b"0123456 89 abcdefg\t hijk  lmn \r\n"
    yield "text", line * (size // len(line))
    yield "one line", b"x" * size + b"\r\n"
    yield "one line without an end", b"x" * size
    yield "blank lines", b"\r\n" * (size // 2)
    yield "blank lines and a word", b"\r\n" * (size // 2) + b"end\r\n"
    yield "spaces", b" " * size + b"\r\n"
    yield "spaces and a word", b" " * size + b"end\r\n"
    yield "bare CR", b"\r" * size + b"\r\n"
    yield "bare LF", b"\n" * size + b"\r\n"
    yield "NUL", b"\0" * size + b"\r\n"


def broken(body):
    """The last byte that is neither white space nor line end, or one more."""
    text = body.rstrip(b" \r\n")
    return text[:-1] + b"?" + body[len(text):] if text else body + b"?\r\n"


def try_one(daemon, fields, body):
    mta = Mta(daemon.path, 300)
    mta.begin(**STRANGER)
    reply, added = mta.finish(fields, body)
    mta.close()
    return reply, b"".join(added)


def main():
    signer = Signer(sys.argv[2] + "/rsa2048.pem")
    size = int(sys.argv[3] if len(sys.argv) > 3 else "50") * 1000000
    server = NameServer({
        (b"k._domainkey.good.example", TXT): txt(signer.record),
        (b"_dmarc.good.example", TXT): txt(b"v=DMARC1; p=none"),
        (b"relay.example", TXT): txt(b"v=spf1 ?all"),
        (b"66.100.51.198.in-addr.arpa", PTR): wire(b"relay.example"),
        (b"relay.example", A): bytes([198, 51, 100, 66]),
    })
    problems = 0
    with Daemon([sys.argv[1]], server) as daemon:
        try_one(daemon, [FROM, signer.sign([FROM], b"Hi.\r\n", [b"from"])], b"Hi.\r\n")
        before = daemon.resident()
        for name, body in bodies(size):
            started = time.monotonic()
            daemon.forget_peak()
            good = [signer.sign([FROM], body, [b"from"], body_form=form) for form in FORMS]
            for wanted, sent in ((b"pass", body), (b"fail", broken(body))):
                reply, said = try_one(daemon, [FROM] + good, sent)
                if reply != b"c" or said.count(b"dkim=" + wanted) != len(FORMS):
                    print(f"{name}: not {wanted}: {reply} {said}")
                    problems += 1
            growth = daemon.resident("VmHWM") - before
            print(f"{name}: {time.monotonic() - started:.1f} s, grew by {growth} KiB at most")
            if growth > GROWTH_MAX:
                problems += 1
        code = daemon.stop()
    print(f"{problems} wrong, exit code {code}")
    sys.exit(1 if problems or code else 0)


main()
