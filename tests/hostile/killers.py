#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Messages and records that end, or mislead, programs that hand them to libopendkim
1.x/2.11, libspf2 1.2.10 or libmilter as they are. Each goes to the real daemon with
the installed libraries, and has one right outcome.

usage: killers.py DAEMON KEYS
       killers.py --valgrind DAEMON KEYS      slower; an invalid access fails"""
import sys
import time

from peers import (A, MX, PTR, SERVFAIL, SLACK, TXT, Daemon, Mta, NameServer, Signer, txt,
                   wire)

FROM = (b"From", b" Alice <alice@good.example>")
TO = (b"To", b" bob@receiver.example")
SUBJECT = (b"Subject", b" hello")
BODY = b"Hi.\r\n"
STRANGER = dict(client=b"198.51.100.66", helo=b"relay.example", sender=b"<x@relay.example>")
NOTHING = b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
LOCAL_PART_LONG = b"l" * 64

ZONE = {
    (b"25.2.0.192.in-addr.arpa", PTR): wire(b"mail.good.example"),
    (b"mail.good.example", A): bytes([192, 0, 2, 25]),
    (b"good.example", TXT): txt(b"v=spf1 ip4:192.0.2.25 -all"),
    (b"_dmarc.good.example", TXT): txt(b"v=DMARC1; p=reject"),
    (b"attacker.example", TXT): txt(b"v=spf1 ip4:192.0.2.25 -all"),
    (b"relay.example", TXT): txt(b"v=spf1 ?all"),
}


class Killer:
    """An input and its one outcome, in words of the log line; action gone: the session ends."""

    def __init__(self, clause, name, fields, wanted, action, body=BODY, most=None, **envelope):
        self.clause, self.name, self.fields, self.body = clause, name, fields, body
        self.wanted, self.action = wanted, action
        self.most = most        # (part of names, questions)
        self.envelope = envelope


def by_dkim(clause, name, fields, result, action=None, **more):
    """From good.example, by a stranger: a pass can only come from the signature."""
    # A signature that could have been the author's is what a list leaves: marked, not refused.
    action = action or {"pass": "accept", "fail": "mark"}.get(result, "reject")
    return Killer(clause, name, fields,
                  ["dkim=" + result, "dmarc=" + ("pass" if result == "pass" else "fail")],
                  action, **{**STRANGER, **more})


def signature(tags=b"", names=b"from", value=b"dGVzdA==", domain=b"good.example", selector=b"k"):
    return (b"DKIM-Signature", b" v=1; a=rsa-sha256; c=relaxed/relaxed; d=" + domain + b"; s=" +
            selector + b"; " + tags + b"h=" + names + b"; bh=" + NOTHING + b"; b=" + value)


def header_overflow(signer):
    """B3.1: h= uses up every field of the message and names more."""
    plain = [FROM, TO, SUBJECT, (b"X-A", b" a"), (b"X-B", b" b"), (b"X-C", b" c")]
    for count in range(1, len(plain) + 1):
        fields = plain[:count]
        names = [name.lower() for name, _ in fields]
        for more in (1, 2, 3, 60):
            absent = [b"x-no%d" % i for i in range(more)]
            for kind, listed in (("others", names + absent), ("the same", names + [b"from"] * more),
                                 ("signature", names + [b"dkim-signature"] + absent)):
                title = f"{count} fields, {more} more ({kind})"
                yield by_dkim("B3.1", "signed, " + title,
                              fields + [signer.sign(fields, BODY, listed)], "pass")
                yield by_dkim("B3.1", "broken, " + title,
                              fields + [signature(names=b":".join(listed))], "fail")
    for count in (99, 100, 101):
        listed = [b"from"] + [b"x-no%d" % i for i in range(count - 1)]
        yield by_dkim("B3.1", f"{count} names", [FROM, signer.sign([FROM], BODY, listed)],
                      "pass" if count <= 100 else "neutral")
    several = [signer.sign([FROM], BODY, [b"from", b"x-%d" % i, b"x-a"]) for i in range(8)]
    yield by_dkim("B3.1", "eight signatures, each one too many", [FROM] + several, "pass")
    names = [name for name in (b"from", b"dkim-signature") for _ in range(9)]
    yield by_dkim("B3.1", "eight signatures that name each other",
                  [FROM] + [signature(names=b":".join(names))] * 8, "fail")


def identities(signer):
    """B3.2: i= that ends within a quoted-printable byte, or is longer than 256 bytes."""
    at = b"@good.example; "
    bad = [b"=", b"a=", b"a=4", b"a=4" + at, b"=" + at, b"a=ZZ" + at, b"==" + at,
           b"a@good.example=", b"a@good.example=4", b"@good.example=3", b"a=\x00" + at,
           b"x" * 5000, b"=" * 5000]
    for value in bad:
        tags = b"i=" + value + (b"" if value.endswith(b"; ") else b"; ")
        yield by_dkim("B3.2", f"i={value[:24]!r} of {len(value)} bytes",
                      [FROM, signer.sign([FROM], BODY, [b"from"], tags=tags)], "permerror")
    for good in (b"a=3Db" + at, b"=3D" + at, b"a=3db" + at, b"a=20b" + at):
        yield by_dkim("B3.2", f"i={good!r}",
                      [FROM, signer.sign([FROM], BODY, [b"from"], tags=b"i=" + good)], "pass")
    for length in (199, 200, 201, 255, 256, 257, 258, 300, 1000, 4096, 60000):
        for filler in (b"x", b"=3D"):
            local = filler * ((length - len(b"@good.example")) // len(filler))
            tags = b"i=" + local + at
            yield by_dkim("B3.2", f"i= of about {length} bytes of {filler!r}",
                          [FROM, signer.sign([FROM], BODY, [b"from"], tags=tags)], "pass")


def counts(signer):
    """B3.3: numbers without a limit."""
    good = signer.sign([FROM], BODY, [b"from"])
    many = [signature(tags=b"t=%d; " % i) for i in range(200)]
    yield by_dkim("B3.3", "200 signatures, none good", [FROM] + many, "fail")
    yield by_dkim("B3.3", "good one on top of 200", [FROM, good] + many, "pass")
    body = b"0123456789abcd\r\n" * 62500
    lengths = [signature(tags=b"l=%d; " % (i * 1000)) for i in range(200)]
    yield by_dkim("B3.3", "200 different l= over 1 MB", [FROM] + lengths, "fail", body=body)
    crowd = [(b"X", b" y")] * 1990
    names = b":".join([b"from"] + [b"x"] * 1999)
    yield by_dkim("B3.3", "2000 fields, five signatures of 2000 names",
                  [FROM] + crowd + [signature(names=names)] * 5, "neutral")
    names = b":".join([b"from"] + [b"x"] * 99)
    yield by_dkim("B3.3", "2000 fields, eight signatures of 100 names",
                  [FROM] + crowd + [signature(names=names)] * 8, "fail")
    yield Killer("B3.3", "5000 fields", [FROM] + [(b"X", b" y")] * 5000 + [signature()],
                 ["rule=header-limit"], "reject", **STRANGER)


def tags(signer):
    """B3.4, B3.5, B4: what else of libopendkim must not see the mail as it is."""
    for length in (32768, 65536, 100000):
        copied = b"From:=20" + b"a" * length
        for text in (copied, b"|".join([b"X:=20y"] * (length // 7)), b"=" * length):
            made = signer.sign([FROM], BODY, [b"from"], tags=b"z=" + text + b"; ")
            yield by_dkim("B3.4", f"z= of {length} bytes of {text[:6]!r}", [FROM, made], "pass")
    yield by_dkim("B3.5", "unknown q=", [FROM, signature(tags=b"q=x/y; ")], "neutral")
    yield by_dkim("B3.5", "field name that is a blank", [FROM, (b" ", b"x"), (b" ", b" "),
                                                         signer.sign([FROM], BODY, [b"from"])],
                  "pass")
    yield Killer("B3.5", "empty field name", [FROM, (b"", b"")], [], "gone", **STRANGER)
    made = signer.sign([FROM], BODY, [b"from"])
    twice = (made[0], made[1].replace(b" v=1;", b" v=1; d=evil.example;"))
    yield by_dkim("B4", "d= twice", [FROM, twice], "permerror")
    yield by_dkim("B4", "bare CR put into a signed body", [FROM, made], "fail", body=b"H\ri.\r\n")
    yield by_dkim("B4", "last line without an end", [FROM, made], "pass", body=b"Hi.")
    name, value = made
    yield by_dkim("B4", "rsa-sha1", [FROM, (name, value.replace(b"rsa-sha256", b"rsa-sha1"))],
                  "permerror")


def keys(signer):
    """B3.4, B4: key records."""
    ready = signer.record
    for number, (title, text, result) in enumerate((
            ("of 9 KB", ready + b"; n=" + b"x" * 9000, "pass"),
            ("of 60 KB", ready + b"; n=" + b"x" * 60000, "pass"),
            ("of 9 KB without a key", b"v=DKIM1; n=" + b"x" * 9000, "permerror"),
            ("with a p= of 9 KB", b"v=DKIM1; p=" + b"A" * 9000, "permerror"),
            ("with a p= of 60 KB", b"v=DKIM1; p=" + b"A" * 60000, "permerror"),
            ("of 1023 bytes", (ready + b"; n=").ljust(1023, b"x"), "pass"),
            ("of 1024 bytes", (ready + b"; n=").ljust(1024, b"x"), "pass"),
            ("of 1025 bytes", (ready + b"; n=").ljust(1025, b"x"), "pass"),
            ("of another type", ready.replace(b"k=rsa", b"k=ed25519"), "permerror"),
            ("with a NUL", ready[:40] + b"\0" + ready[40:], "permerror"),
            ("with p= twice", ready + b"; p=AAAA", "permerror"),
            ("of SEMICOLONS", b";" * 9000, "permerror"))):
        selector = b"k%d" % number
        ZONE[selector + b"._domainkey.good.example", TXT] = txt(text)
        made = signature(selector=selector)
        if result == "pass":
            made = signer.sign([FROM], BODY, [b"from"], selector=selector)
        yield by_dkim("B3.4", "key record " + title, [FROM, made], result)


def by_spf(clause, name, records, result, local=b"x", most=None, is_bounce=False, **more):
    """The sender's domain has the first record; those after it are of names below it."""
    by_spf.count += 1
    domain = b"s%d.example" % by_spf.count
    for below, kind, data in records:
        owner = (below + b"." if below else b"") + domain
        if kind == TXT and isinstance(data, bytes):
            data = txt(data.replace(b"DOMAIN", domain))
        ZONE[owner, kind] = data
    ZONE[b"_dmarc." + domain, TXT] = txt(b"v=DMARC1; p=reject")
    if is_bounce:
        more.update(helo=domain, sender=b"<>")
    action = {"pass": "accept", "temperror": "tempfail"}.get(result, "reject")
    return Killer(clause, name, [(b"From", b" x@" + domain)], ["spf=" + result], action,
                  most=most and (domain, most),
                  **{**dict(client=b"192.0.2.25", helo=b"relay.example",
                            sender=b"<" + local + b"@" + domain + b">"), **more})


by_spf.count = 0


def macros(_):
    """C1: CVE-2023-42118, a run of macros with letters behind it, wherever a macro may stand."""
    for count in (1, 63, 126, 127, 128, 200, 255):
        for letters in (b"", b".a", b".aaaaaaaa", b"." + b"a" * 60):
            run = b"%{s}" * count + letters
            fits = len(run) <= 1024
            for local in (b"x", LOCAL_PART_LONG):
                for term in (b"a:", b"mx:", b"ptr:", b"exists:", b"include:"):
                    # include of a name without a record is an error (RFC 7208 5.2)
                    failed = term == b"include:" or not fits
                    yield by_spf("C1", f"{term.decode()} and {count} macros, then {letters[:9]!r}",
                                 [(b"", TXT, b"v=spf1 " + term + run + b" -all")],
                                 "permerror" if failed else "fail", local=local)
                yield by_spf("C1", f"redirect= and {count} macros",
                             [(b"", TXT, b"v=spf1 redirect=" + run)], "permerror", local=local)
                yield by_spf("C1", f"exp= and {count} macros",
                             [(b"", TXT, b"v=spf1 exp=" + run + b" -all")],
                             "fail" if fits else "permerror", local=local)
                yield by_spf("C1", f"x= and {count} macros",
                             [(b"", TXT, b"v=spf1 x=" + run + b" -all")],
                             "fail", local=local)
                yield by_spf("C1", f"bounce, HELO name with {count} macros",
                             [(b"", TXT, b"v=spf1 a:" + run + b" exp=" + run + b" -all")],
                             "fail" if fits else "permerror", is_bounce=True)
                yield by_spf("C1", f"explanation of {count} macros",
                             [(b"", TXT, b"v=spf1 exp=e.DOMAIN -all"), (b"e", TXT, run)],
                             "fail", local=local)
    for run in (b"%{", b"%{s", b"%{s" * 127, b"%", b"%%" * 127, b"%{s}" * 127 + b"%{",
                b"%{s}" * 127 + b"%", b"%{s99999999999999999999}", b"%{s0}", b"%{s256r}",
                b"%{sr" + b"." * 127 + b"}", b"%{z}", b"%_" * 127, b"%-" * 127 + b"%{s}"):
        yield by_spf("C1", f"explanation {run[:20]!r}",
                     [(b"", TXT, b"v=spf1 exp=e.DOMAIN -all"), (b"e", TXT, run)], "fail")


def records(_):
    """C3: records that are cut, counted anew or misread."""
    for count in (62, 63, 64, 65, 200, 1000):
        others = b"".join(b" ip4:203.0.113.%d" % (i % 250) for i in range(count - 1))
        yield by_spf("C3.1", f"the last of {count} ip4",
                     [(b"", TXT, b"v=spf1" + others + b" ip4:192.0.2.25 -all")], "pass")
        yield by_spf("C3.1", f"-all behind {count} ip4",
                     [(b"", TXT, b"v=spf1" + others + b" -all")], "fail")
    for count in (25, 26, 27, 100):
        others = b" ip6:2001:db8:%x::/64" * count % tuple(range(count))
        yield by_spf("C3.1", f"the last of {count} ip6",
                     [(b"", TXT, b"v=spf1" + others + b" ip6:2001:db8:ffff::1 -all")], "pass",
                     client=b"2001:db8:ffff::1")
        yield by_spf("C3.1", f"-all behind {count} ip6",
                     [(b"", TXT, b"v=spf1" + others + b" -all")], "fail",
                     client=b"2001:db8:ffff::1")
    for count in (8, 9, 10, 11):
        long = [b"a" * 50 + b"%d" % i for i in range(count)]
        includes = b"".join(b" include:" + name + b".DOMAIN" for name in long)
        below = [(name, TXT, b"v=spf1 ip4:203.0.113.1 -all") for name in long]
        yield by_spf("C3.1", f"-all behind {count} long includes",
                     [(b"", TXT, b"v=spf1" + includes + b" -all")] + below,
                     "fail" if count <= 10 else "permerror")
    yield from tree(5, 4)
    yield from tree(3, 12)
    yield from tree(1, 30)
    for macro, name in ((b"%{d3}", b"DOMAIN"), (b"%{l3}", b"x"), (b"%{l9r}", b"x"),
                        (b"%{d9}", b"DOMAIN"), (b"%{l255}", b"x")):
        owner = b"s%d.example" % (by_spf.count + 1) if name == b"DOMAIN" else name
        yield by_spf("C3.3", f"exists:{macro.decode()} with fewer labels",
                     [(b"", TXT, b"v=spf1 exists:" + macro + b".e.DOMAIN -all"),
                      (owner + b".e", A, bytes([127, 0, 0, 2]))], "pass")
    for term, kind in ((b"a:e.DOMAIN", A), (b"mx:e.DOMAIN", MX), (b"exists:e.DOMAIN", A),
                       (b"include:e.DOMAIN", TXT), (b"redirect=e.DOMAIN", TXT)):
        yield by_spf("C3.4", f"SERVFAIL for {term.decode()}",
                     [(b"", TXT, b"v=spf1 " + term +
                       (b"" if b"=" in term else b" -all")), (b"e", kind, SERVFAIL)], "temperror")
    yield by_spf("C3.4", "SERVFAIL for the exchanger of mx",
                 [(b"", TXT, b"v=spf1 mx -all"), (b"", MX, b"\0\1" + wire(b"no.servfail.example"))],
                 "temperror")
    for client in (b"127.0.0.1", b"::1"):
        yield by_spf("C3.4", f"loopback client {client.decode()}",
                     [(b"", TXT, b"v=spf1 -all")], "fail", client=client)
    yield by_spf("C3.4", "mapped address", [(b"", TXT, b"v=spf1 ip4:192.0.2.25 -all")], "pass",
                 client=b"::ffff:192.0.2.25")


def tree(width, depth):
    """Includes in includes: ten terms in all, wherever they stand (RFC 7208 4.6.4)."""
    below = []
    names = [b""]
    for level in range(depth):
        children = [b"n%d" % i for i in range(width)]
        for name in names:
            terms = b"".join(b" include:" + child + (b"." + name if name else b"") + b".DOMAIN"
                             for child in children)
            below.append((name, TXT, b"v=spf1" + terms + b" -all"))
        names = [child + (b"." + name if name else b"") for name in names for child in children]
        names = names[:625]
    below += [(name, TXT, b"v=spf1 a -all") for name in names]
    yield by_spf("C3.2", f"includes {width} wide and {depth} deep", below, "permerror", most=40)


def big_fields(signer):
    """G6: libmilter resets a session over a command of more than 64 KiB unless told otherwise."""
    for length in (65534, 65535, 65536, 70000, 102400, 120000):
        fields = [FROM, (b"X-Big", b" " + b"x" * length)]
        yield by_dkim("G6", f"field of {length} bytes",
                      fields + [signer.sign(fields, BODY, [b"from", b"x-big"])], "pass")
    folded = b" " + b"\n ".join([b"y" * 70] * 1400)
    fields = [FROM, (b"X-Big", folded)]
    yield by_dkim("G6", "folded field of 100 KB",
                  fields + [signer.sign(fields, BODY, [b"from", b"x-big"])], "pass")


def zeros(_):
    """A4.7: libmilter ends a value at a NUL. What is left must not be more than it was."""
    attacker = {"client": b"192.0.2.25", "helo": b"mail.good.example",
                "sender": b"<x@attacker.example>"}
    for value in (b"<admin@good.example\0@attacker.example>", b"\0<x@attacker.example>",
                  b"<x@attacker.example\0>", b"\"x\0\" <x@attacker.example>", b"\0"):
        yield Killer("A4.7", f"From: {value!r}", [(b"From", b" " + value)], ["class=malformed"],
                     "reject", **attacker)
    for value in (b"admin@good.example\0<x@attacker.example>",
                  b"<admin@good.example>\0, x@attacker.example"):
        yield Killer("A4.7", f"From: {value!r}", [(b"From", b" " + value)],
                     ["dmarc=fail", "from=good.example"], "reject", **attacker)
    for tag in (b"d=good.example\0.attacker.example; s=k",
                b"d=good.example; s=k.attacker.example\0.x"):
        value = b" v=1; a=rsa-sha256; " + tag + b"; h=from; bh=" + NOTHING + b"; b=dGVzdA=="
        yield Killer("A4.7", f"DKIM-Signature with {tag!r}", [FROM, (b"DKIM-Signature", value)],
                     ["dkim=permerror", "dmarc=fail"], "reject", **attacker)
    yield Killer("A4.7", "name with a NUL", [FROM, (b"From\0X", b" <x@attacker.example>")],
                 ["rule=multiple-from"], "reject", **attacker)
    for envelope in ({"sender": b"<x@good.example\0@attacker.example>"},
                     {"sender": b"<>", "helo": b"good.example\0.attacker.example"}):
        yield Killer("A4.7", f"envelope {envelope}", [(b"From", b" a@good.example")], ["dmarc=fail"],
                     "reject", **{**STRANGER, **envelope})


GROUPS = (header_overflow, identities, counts, tags, keys, macros, records, big_fields, zeros)


class ZoneServer(NameServer):
    def unknown(self, name, labels, kind, is_tcp, message):
        if b"servfail" in labels:
            return [(0, message([], SERVFAIL))]
        return super().unknown(name, labels, kind, is_tcp, message)


def try_one(daemon, log, server, killer):
    """What is wrong, or None."""
    server.asked.clear()
    try:
        mta = Mta(daemon.path, 20 * SLACK)
        mta.begin(**killer.envelope)
        reply, _ = mta.finish(killer.fields, killer.body)
        mta.close()
    except OSError as problem:
        return None if killer.action == "gone" else f"no answer: {problem}"
    answer = {b"c": "accept mark", b"y": "tempfail" if mta.reply[:1] == b"4" else "reject"}[reply]
    line = log.read().decode("ascii")
    if killer.action not in answer:
        return f"{answer}, not {killer.action}: {line}"
    for word in killer.wanted + ["action=" + killer.action]:
        if f" {word} " not in line:
            return f"{word} is missing in: {line}"
    if killer.most:
        part, most = killer.most
        count = sum(name.endswith(part) for name, _ in server.asked)
        if count > most:
            return f"{count} questions for {part}"
    return None


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--valgrind"]
    is_slow = len(arguments) < len(sys.argv) - 1
    signer = Signer(arguments[1] + "/rsa2048.pem")
    ZONE[b"k._domainkey.good.example", TXT] = txt(signer.record)
    server = ZoneServer(ZONE)
    command = [arguments[0]]
    if is_slow:
        command = ["valgrind", "--quiet", "--error-exitcode=9", "--fair-sched=yes"] + command
    started, tried, problems = time.monotonic(), 0, []
    settings = "SPFExplanation yes\nOnSPFFail reject\nMaxHeaders 1M\n"
    with Daemon(command, server, settings, SLACK * 4, 60 if is_slow else 5,
                300 if is_slow else 20) as daemon, open(daemon.log, "rb") as log:
        log.read()
        for group in GROUPS:
            count = tried
            for killer in group(signer):
                tried += 1
                problem = try_one(daemon, log, server, killer)
                if problem:
                    problems.append(f"{killer.clause} {killer.name}: {problem}")
                if not daemon.lives():
                    print(f"{killer.clause} {killer.name}: the daemon ended")
                    sys.exit(daemon.stop() or 1)
            print(f"{group.__name__}: {tried - count} inputs, "
                  f"{time.monotonic() - started:.1f} s so far")
        code = daemon.stop(600)
    for problem in problems[:50]:
        print(problem[:2000])
    print(f"{tried} inputs, {len(problems)} wrong, exit code {code}")
    sys.exit(1 if problems or code else 0)


main()
