#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Attacks a running daemon: as a broken MTA, as a sender of hostile mail, as a
hostile name server. After each attack an honest message must be served; nothing
may be answered after the deadline, and no attack may bring forth a pass.

usage: attack.py DAEMON"""
import random
import re
import signal
import struct
import sys
import threading
import time

from peers import (A, AAAA, CNAME, DEADLINE, MX, NEGOTIATE, PTR, SERVFAIL, SLACK, SOA, TXT, Daemon,
                   Mta, NameServer, packet, record, txt, wire)

NS, DNAME = 2, 39
SEED = 20
ALICE = [(b"From", b" Alice <alice@good.example>"), (b"Subject", b" hello")]


DIALOGUE = [
    NEGOTIATE,
    (b"C", b"client.test\x004" + struct.pack(">H", 25) + b"192.0.2.25\0"),
    (b"H", b"mail.good.example\0"),
    (b"M", b"<alice@good.example>\0"),
    (b"R", b"<bob@receiver.example>\0"),
    (b"T", b""),
    (b"L", b"From\0 alice@good.example\0"),
    (b"N", b""),
    (b"B", b"Hi.\r\n"),
    (b"E", b""),
]


# --- the name server ---------------------------------------------------------

GOOD = {
    (b"25.2.0.192.in-addr.arpa", PTR): wire(b"mail.good.example"),
    (b"mail.good.example", A): bytes([192, 0, 2, 25]),
    (b"good.example", TXT): txt(b"v=spf1 ip4:192.0.2.25 -all"),
    (b"_dmarc.good.example", TXT): txt(b"v=DMARC1; p=reject"),
}


class EvilServer(NameServer):
    """What it does is in the question: a label "evil-MODE"."""

    def __init__(self):
        self.random = random.Random(SEED)
        super().__init__(GOOD)

    def unknown(self, name, labels, kind, is_tcp, message):
        mode = next((label[5:].decode() for label in labels if label.startswith(b"evil-")), None)
        if mode is None:
            return [(0, message([], 3))]
        return self.evil(mode, name, labels, kind, is_tcp, message)

    def honest(self, name, labels, kind):
        if kind == TXT and labels[0] == b"_dmarc":
            return [record(TXT, txt(b"v=DMARC1; p=reject"))]
        if kind == TXT and b"_domainkey" in labels:
            return [record(TXT, txt(b"v=DKIM1; p=AAAA"))]
        if kind == TXT:
            return [record(TXT, txt(b"v=spf1 a mx ?all" if labels[0] == b"i" else
                                    b"v=spf1 a mx include:i." + name + b" -all"))]
        if kind == A:
            return [record(A, bytes([198, 51, 100, 7]))]
        if kind == MX:
            return [record(MX, b"\0\1" + wire(b"mx." + name[-100:].lstrip(b".")))]
        return []

    def evil(self, mode, name, labels, kind, is_tcp, message):
        noise = self.random.randbytes
        truncated = [(0, message([], flags=0x8780))]
        honest = self.honest(name, labels, kind)
        if mode == "late":
            return [(DEADLINE / 2, message(honest))]
        if mode == "never":
            return []
        if mode == "truncated":
            return [] if is_tcp else truncated
        if mode == "tcpnoise":
            return [(0, noise(5))] if is_tcp else truncated
        if mode == "wrongid":
            return [(0, message(honest, identity=noise(2))) for _ in range(50)]
        if mode == "huge":
            return [(0, message([record(TXT, txt(b"v=spf1 " + b"ip4:192.0.2.1 " * 4000))]))] \
                if is_tcp else truncated
        if mode == "many":
            return [(0, message([record(kind, self.data(kind, b"n%d.many.example" % i))
                                 for i in range(1800)]))] if is_tcp else truncated
        if mode == "loop":
            return [(0, message([record(CNAME, b"\xc0\x0c")]))]
        if mode == "chain":
            number = int(labels[0][1:]) if re.fullmatch(rb"c\d+", labels[0]) else 0
            return [(0, message([record(CNAME, wire(b"c%d.evil-chain.example" % (number + 1)))]))]
        if mode == "rdata":
            return [(0, message([record(kind, noise(self.random.randrange(40)))]))]
        if mode == "length":
            return [(0, message([b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, 60000) + b"x"]))]
        if mode == "control":
            return [(0, message([record(kind, self.data(kind, b"a\n\0\"b\\.c)(;.\x7f\xff.example"))]))]
        if mode == "noise":
            return [(0, noise(self.random.randrange(300)))]
        if mode == "soa":
            return [(0, message([], 3, authority=record(SOA, b"\0\0" + b"\xff" * 20)))]
        if mode == "flip":
            answer = bytearray(message(honest))
            for _ in range(3):
                answer[self.random.randrange(2, len(answer))] = self.random.randrange(256)
            return [(0, bytes(answer))]
        if mode == "poison":
            # Also "tells" about names that it was not asked for.
            victims = [b"\0" + struct.pack(">HHIH", NS, 1, 86400, 4) + b"\2ns\0"]
            for (owner, of), data in GOOD.items():
                spoiled = data if of != TXT else txt(b"v=spf1 -all")
                victims.append(wire(owner) + struct.pack(">HHIH", of, 1, 86400, len(spoiled)) +
                               (bytes([198, 51, 100, 7]) if of == A else spoiled))
            answer = bytearray(message(honest))
            answer[8:12] = struct.pack(">HH", 1, len(victims) - 1)
            return [(0, bytes(answer) + b"".join(victims))]
        if mode == "question":
            return [(0, message(honest).replace(b"evil", b"good", 1))]
        if mode == "twoquestions":
            answer = message(honest)
            return [(0, answer[:4] + b"\0\2" + answer[6:])]
        if mode == "opcode":
            return [(0, message(honest, flags=0xf580))]
        if mode == "echo":
            return [(0, message([], flags=0x0100))]
        if mode == "dname":
            return [(0, message([b"\xc0\x0c" + struct.pack(">HHIH", DNAME, 1, 0, 14) +
                                 wire(b"good.example")]))]
        if mode == "cnamegood":
            # What it points to is honest; a pass by that would be one for the attacker.
            return [(0, message([record(CNAME, wire(b"nowhere.good.example"))]))]
        if mode == "ttl":
            ttl = (0, 1, 0x7fffffff, 0x80000000, 0xffffffff)[self.random.randrange(5)]
            return [(0, message([r[:6] + struct.pack(">I", ttl) + r[10:] for r in honest]))]
        if mode == "forward":
            # Compression pointers that point forward, to themselves, into the header.
            at = self.random.choice((0xc0ff, 0xc000, 0xffff, 0xc00c + len(name)))
            return [(0, message([record(kind, b"\0\1" + struct.pack(">H", at))]))]
        if mode == "twice":
            return [(0, message(honest)), (0, message([], SERVFAIL)), (0.1, noise(40))]
        if mode == "deep":
            return [(0, message([record(TXT, txt(b"v=spf1 include:a." + name[-200:] + b" include:b." +
                                                 name[-200:] + b" redirect=c." + name[-200:]))]))]
        return [(0, message([], {"nxdomain": 3, "servfail": 2, "refused": 5, "formerr": 1, "notimp": 4,
                                 "yxdomain": 6, "badvers": 15}[mode]))]

    def data(self, kind, name):
        if kind == TXT:
            return txt(b"v=spf1 a:" + name + b" \r\n exists:%{i}\0 -all")
        if kind == MX:
            return b"\0\1" + wire(name)
        if kind in (PTR, CNAME):
            return wire(name)
        return self.random.randbytes(16 if kind == AAAA else 4)


MODES = ("late never truncated tcpnoise wrongid huge many loop chain rdata length control "
         "noise soa flip deep nxdomain servfail refused formerr notimp yxdomain badvers poison "
         "question twoquestions opcode echo dname cnamegood ttl forward twice").split()


# --- the attacks -------------------------------------------------------------

class Attack:
    def __init__(self, daemon):
        self.daemon = daemon
        self.path = daemon.path
        self.log = daemon.log

    def check(self, name):
        """An honest message is served as ever."""
        assert self.daemon.lives(), f"{name}: the daemon ended"
        mta = Mta(self.path)
        mta.begin()
        reply, added = mta.finish(ALICE)
        assert reply == b"c" and b"dmarc=pass" in added[0], f"{name}: {reply} {added}"
        mta.socket.close()

    def raw(self, *pieces):
        """Sends bytes and hangs up; the daemon may have done so before."""
        mta = Mta(self.path)
        try:
            for piece in pieces:
                mta.socket.sendall(piece)
        except OSError:
            pass
        mta.socket.close()

    def wire(self):
        whole = [packet(*step) for step in DIALOGUE]
        for i in range(len(whole) + 1):
            for last in (b"A", b"Q", b"K", b"Z", b"\0", b""):
                self.raw(*whole[:i], packet(last) if last else b"\0\0\0\0")
            self.raw(*whole[:i], *whole[i + 1:])
            self.raw(*whole[:i + 1], *whole[i:])
            self.check(f"order at {i}")
        for i, step in enumerate(whole):
            for cut in range(1, len(step), max(1, len(step) // 6)):
                self.raw(*whole[:i], step[:cut])
        self.check("disconnects in mid-packet")
        for length in (0, 1, 2, 1 << 20, (1 << 20) + 1, 0x7fffffff, 0x80000000, 0xffffffff):
            for start in ([], whole[:1], whole[:6]):
                self.raw(*start, struct.pack(">I", length) + b"L")
        self.check("lengths")
        noise = random.Random(SEED)
        for _ in range(300):
            steps = whole[:noise.randrange(len(whole) + 1)]
            for _ in range(noise.randrange(1, 6)):
                step = bytearray(noise.choice(whole))
                for _ in range(noise.randrange(4)):
                    step[noise.randrange(4, len(step))] = noise.randrange(256)
                steps.append(bytes(step))
            self.raw(*steps)
        self.check("mutations")

    def message(self, name, fields, body=b"Hi.\r\n", **envelope):
        mta = Mta(self.path)
        started = time.monotonic()
        try:
            mta.begin(**envelope)
            reply, added = mta.finish(fields, body)
        except (OSError, ConnectionError):
            reply, added = b"gone", []
        took = time.monotonic() - started
        mta.socket.close()
        assert took < DEADLINE + SLACK, f"{name}: {took} s"
        return reply, added

    def mail(self):
        big = 1000000
        sizes = [1999, 2000, 5000]
        values = [b"," * big, b"(" * big, b'"' * big, b"@" * big, b"a@b.c," * (big // 6),
                  b"<" * big, b"[" * big, b"[a " * (big // 3), b"=?a?b?" * (big // 6),
                  b"(a)" * (big // 3) + b"a@evil.example", b"a." * (big // 2) + b"@evil.example",
                  b"a@" + b"a." * (big // 2) + b"c", b'"' + b"\\a" * (big // 2) + b'" <a@evil.example>',
                  b"<" + b"@a.b," * (big // 5) + b":a@evil.example>", b"a:;" * (big // 3),
                  bytes(range(1, 256)) * (big // 255), (b"x" * 18000 + b"@y.z ") * 50]
        for value in values:
            reply, added = self.message("From", [(b"From", b" " + value)])
            assert not added or b"dmarc=pass" not in added[0], value[:20]
        self.check("From fields")
        for count in sizes:
            self.message("fields", ALICE + [(b"X", b" y")] * count)
            self.message("results", ALICE + [(b"Authentication-Results", b" mx.receiver.example; x")]
                         * count)
        signature = (b" v=1; a=rsa-sha256; d=good.example; s=x; bh=" + b"A" * 43 + b"=; h=" +
                     b":".join([b"from"] + [b"x-%d" % i for i in range(99)]) + b"; b=AAAA")
        for value in (signature, b"; ".join(b"a%d=b" % i for i in range(90000)),
                      signature + b"A " * 400000):
            count = 900 if len(value) < 1000 else 1
            reply, added = self.message("DKIM", ALICE + [(b"DKIM-Signature", value)] * count)
            assert b"dkim=pass" not in b"".join(added)
        for value in (b" mx.receiver.example" + b"((" * 300000,
                      b' "mx.receiver.example' + b'\\"' * 300000 + b'"; none'):
            self.message("results", ALICE + [(b"Authentication-Results", value)])
        for name in (b"", b" ", b"A" * 998, b"A" * 200000, b"\xff", b"a:b", b"\n"):
            self.message("name", ALICE + [(name, b" v")])
        self.message("50 MB", ALICE, b"0123456789abcde\r\n" * 3000000)
        self.check("fields")
        hostile = b'a"b\\ \n action=reject client=192.0.2.1 class=spoof'
        for text in (hostile, b"\xff" * 500000, b"\r\n\x01" * 1000):
            self.message("envelope", ALICE + [(b"Message-ID", b" " + text)], helo=text,
                         host=text, sender=b"<" + text + b"@evil.example>")
        self.check("envelope")
        with open(self.log, "rb") as log:
            for line in log:
                assert re.fullmatch(rb"\S+Z dmarcmilter\[\d+\]: [ -~]+\n", line), line
                assert b"client=192.0.2.1 " not in re.sub(rb'"[^"]*"', b"", line), line

    def dns(self):
        failures = []

        def one(mode, number):
            domain = b"d%d.evil-%s.example" % (number, mode.encode())
            signature = b" v=1; a=rsa-sha256; s=x; bh=" + b"A" * 43 + b"=; h=from; b=AAAA; d="
            client = b"2001:db8::%x" % number if number % 2 else b"203.0.113.9"
            reply, added = self.message(mode, [(b"From", b" a@f." + domain),
                                               (b"DKIM-Signature", signature + domain)],
                                        helo=b"h." + domain, client=client,
                                        sender=b"<a@m." + domain + b">")
            if reply == b"gone" or b"=pass" in b"".join(added):
                failures.append((mode, number, reply, added))

        for start in (0, 3):
            threads = [threading.Thread(target=one, args=(mode, start + i))
                       for mode in MODES for i in range(3)]
            for thread in threads:
                thread.start()
            # Meanwhile the configuration is read again and again, and honest mail goes on.
            while any(thread.is_alive() for thread in threads):
                for _ in range(50):
                    self.daemon.process.send_signal(signal.SIGHUP)
                    time.sleep(0.005)
                self.check("hostile DNS")
        assert not failures, failures
        self.check("hostile DNS")

    def stop(self):
        code = self.daemon.stop()
        assert code == 0, f"exit code {code}"


def main():
    with Daemon([sys.argv[1]], EvilServer()) as daemon:
        attack = Attack(daemon)
        for part in (attack.wire, attack.mail, attack.dns, attack.stop):
            started = time.monotonic()
            part()
            print(f"ok {part.__name__} {time.monotonic() - started:.1f} s")


main()
