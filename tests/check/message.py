#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""dmarcmilter-check message as a whole: what it prints (tests/check/golden), JSON by its
schema, records that replay to the byte, facts taken from the file, input that is bad.

usage: message.py [--write]         in the build folder; --write makes the golden files anew"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

SOURCE = os.path.abspath(os.environ.get("srcdir", "."))
BUILD = os.getcwd()
TOOL = os.path.join(BUILD, "dmarcmilter-check")
SIGN = os.path.join(BUILD, "tests/tools/dkim_sign")
KEYS = os.path.join(SOURCE, "tests/keys")
GOLDEN = os.path.join(SOURCE, "tests/check/golden")
CLOCK = "1763700000"
TRACE_FIELDS = """\
Return-Path: <list-bounces@lists.example>
Received: from localhost (localhost [127.0.0.1]) by mx.receiver.example (Postfix) with LMTP id 9
Received: from mail.lists.example (mail.lists.example [192.0.2.80])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))
\tby mx.receiver.example (Postfix) with ESMTPS id 4Abc
\tfor <bob@receiver.example>; Fri, 21 Nov 2025 04:10:00 +0000 (UTC)
"""
LETTER = """\
From: Alice <alice@example.com>
To: talk@lists.example
Subject: hello

Hi all,

this is the text.
"""
FOOTER = "____\ntalk mailing list\nhttps://lists.example/talk\n"
ZONE = """\
example.com 600 TXT v=spf1 include:_spf.example.com -all
_spf.example.com 600 TXT v=spf1 ip6:2001:db8::/32 ip4:192.0.2.0/28 ~all
_dmarc.example.com 3600 TXT v=DMARC1; p=reject
25.2.0.192.in-addr.arpa PTR mail.example.com
1.2.0.192.in-addr.arpa PTR mail.example.com
mail.example.com A 192.0.2.1
lists.example TXT v=spf1 a:mail.lists.example -all
mail.lists.example 60 A 192.0.2.80
80.2.0.192.in-addr.arpa PTR mail.lists.example
silent.example TIMEOUT
_dmarc.silent.example TIMEOUT
"""
passed = failed = 0


def check(title, condition, shown=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"FAILED  {title}\n{shown}")


class Bench:
    """A folder with the files of the tests."""

    def __init__(self, folder):
        self.folder = folder
        record = subprocess.run([SIGN, "-p", f"{KEYS}/rsa2048.pem"], check=True, capture_output=True,
                                text=True).stdout.strip()
        self.write("zone", ZONE + f"key._domainkey.example.com 300 TXT {record}\n")
        self.write("conf", "AuthservID mx.receiver.example\n")
        self.letters()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    def sign(self, letter, *more):
        return subprocess.run([SIGN, "-d", "example.com", "-s", "key", "-k", f"{KEYS}/rsa2048.pem",
                               "-h", "from:to:subject", *more],
                              input=letter, check=True, capture_output=True, text=True).stdout

    def letters(self):
        signed = self.sign(LETTER)
        self.write("plain", LETTER)
        self.write("signed", signed)
        self.write("listed", TRACE_FIELDS + signed.replace("Subject: ", "Subject: [talk] ") + FOOTER)
        self.write("length", self.sign(LETTER, "-l", "12"))
        self.write("silent", LETTER.replace("example.com", "silent.example"))
        self.write("forged", "Authentication-Results: mx.receiver.example; dmarc=pass\n" + LETTER)
        self.write("malformed", LETTER.replace("From: Alice <alice@example.com>\n", ""))
        self.write("mbox", f"From a Fri\n{LETTER}\nFrom b Fri\n{TRACE_FIELDS}{signed}\n"
                           f"From c Fri\n\nFrom d Fri\nno mail\n\n")
        self.write("unicode", LETTER.replace("example.com", "b\u00fccher.example"))

    def run(self, *arguments, stdin=b"", environment=None):
        return subprocess.run([TOOL, "message", *arguments], cwd=self.folder, input=stdin, capture_output=True,
                              env={"PATH": os.environ["PATH"], **(environment or {})}, check=False)

    def offline(self, *arguments, **more):
        return self.run("-c", "conf", "--zone", "zone", "--clock", CLOCK, *arguments, **more)


GIVEN = ("--client", "192.0.2.1", "--helo", "mail.example.com", "--from", "<alice@example.com>",
         "--rcpt", "bob@receiver.example")
STRANGER = ("--client", "198.51.100.9", "--helo", "x.example", "--from", "<>", "--rcpt",
            "bob@receiver.example")
# Name, exit status, arguments.
GOLDENS = (
    ("pass", 0, ("-v", *GIVEN, "signed")),
    ("spoof", 2, (*STRANGER, "plain")),
    ("list", 1, ("listed",)),
    ("list_verbose", 1, ("-v", "listed")),
    ("length", 0, (*GIVEN, "length")),
    ("temperror", 0, (*STRANGER, "silent")),
    ("forged_field", 0, (*GIVEN, "forged")),
    ("malformed", 1, (*STRANGER, "malformed")),
    ("trusted", 0, (*GIVEN, "--authenticated", "signed")),
    ("unicode", 0, (*GIVEN, "unicode")),
    ("rows", 66, (*GIVEN, "mbox")),
)


def show_difference(golden, printed):
    wanted, got = golden.splitlines(), printed.splitlines()
    return "\n".join(f"  - {a}\n  + {b}" for a, b in zip(wanted, got) if a != b) or "lengths differ"


def test_golden(bench, writes):
    for name, status, arguments in GOLDENS:
        result = bench.offline(*arguments)
        path = os.path.join(GOLDEN, f"message_{name}.txt")
        printed = result.stdout.decode()
        if writes:
            with open(path, "w", encoding="utf-8") as file:
                file.write(printed)
        with open(path, encoding="utf-8") as file:
            golden = file.read()
        check(f"golden {name}", printed == golden, show_difference(golden, printed))
        check(f"status of {name}", result.returncode == status, f"{result.returncode} {result.stderr}")
        check(f"no escape in {name}", "\x1b" not in printed)


def judge(result):
    return json.loads(result.stdout)["messages"][0]


def test_schema(bench):
    try:
        import jsonschema
    except ImportError:
        print("SKIPPED the schema: python3-jsonschema is not here")
        jsonschema = None
    with open(os.path.join(SOURCE, "tests/check/message.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    for name, status, arguments in GOLDENS:
        result = bench.offline("--json", *arguments)
        document = json.loads(result.stdout)
        check(f"status of {name} as JSON", result.returncode == status)
        if jsonschema is None:
            continue
        errors = [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(document)]
        check(f"schema of {name}", not errors, "\n".join(errors))
    verdict = judge(bench.offline("--json", *STRANGER, "plain"))
    check("the reply in JSON", verdict["verdict"]["reply"]["code"] == "550", verdict["verdict"])
    totals = json.loads(bench.offline("--json", *GIVEN, "mbox").stdout)["totals"]
    check("totals", totals["messages"] == 4 and totals["unreadable"] == 2, totals)


def start_server(bench):
    server = subprocess.Popen([os.path.join(BUILD, "tests/tools/zone_server"), bench.path("zone")],
                              stdout=subprocess.PIPE, text=True)
    port = server.stdout.readline().split()[1]
    bench.write("live", f"AuthservID mx.receiver.example\nNameservers 127.0.0.1:{port}\n"
                        "DNSTimeout 500ms\nDeadlinePerMessage 2s\n")
    return server


def test_record(bench):
    """Made with a resolver; repeated without, elsewhere, in other surroundings."""
    server = start_server(bench)
    cases = {"listed": (), "signed": GIVEN, "silent": STRANGER}
    elsewhere = tempfile.mkdtemp()
    try:
        live = {name: [bench.run("-c", "live", *form, "--record", f"{name}.{len(form)}", *facts, name)
                       for form in (("-v",), ("--json", "-v"))] for name, facts in cases.items()}
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    for name in cases:
        for result, form in zip(live[name], (("-v",), ("--json", "-v"))):
            record = f"{name}.{len(form)}"
            shutil.copy(bench.path(record), elsewhere)
            shutil.copy(bench.path(name), elsewhere)
            again = subprocess.run([TOOL, "message", *form, "--replay", record, name], cwd=elsewhere,
                                   capture_output=True, env={"DMARCMILTER_MODE": "monitor"}, check=False)
            check(f"replay of {record} to the byte", again.stdout == result.stdout and result.stdout,
                  show_difference(result.stdout.decode(), again.stdout.decode()) + again.stderr.decode())
            check(f"status of the replay of {record}", again.returncode == result.returncode,
                  f"{again.returncode} {result.returncode} {result.stderr}")
    status = live["silent"][0].returncode
    check("no answer", b"temperror" in live["silent"][0].stdout, f"{status} {live['silent'][0].stdout}")
    bench.write("mute", "silent.example TIMEOUT\n_dmarc.silent.example TIMEOUT\n_dmarc.example TIMEOUT\n"
                        "9.100.51.198.in-addr.arpa TIMEOUT\nx.example TIMEOUT\n")
    for zone, name in (("zone", "listed"), ("mute", "silent")):
        first = bench.run("-c", "conf", "--zone", zone, "-v", *STRANGER, "--record", "from_zone", name)
        again = bench.run("--replay", "from_zone", "-v", name)
        check(f"replay of {zone} to the byte", again.stdout == first.stdout and again.returncode == first.returncode,
              show_difference(first.stdout.decode(), again.stdout.decode()))
    dead = bench.run("-c", "live", *STRANGER, "--record", "dead", "plain")
    again = bench.run(*STRANGER, "--replay", "dead", "plain")
    check("no name server", dead.returncode == 75 and b"The DNS does not answer" in dead.stdout and
          again.returncode == 75 and again.stdout == dead.stdout, f"{dead.returncode} {dead.stdout}")
    with open(bench.path("listed.1"), encoding="ascii") as file:
        record = file.read()
    for title, broken in (("cut off", record[:-6]), ("of another version", record.replace("record 1", "record 2")),
                          ("with a bad line", record.replace("clock", "klock")),
                          ("without its time", re.sub("clock .*\n", "", record)), ("empty", "")):
        bench.write("broken", broken)
        result = bench.run("--replay", "broken", "listed")
        check(f"a record that is {title}", result.returncode == 66 and result.stderr.count(b"\n") == 1,
              result.stderr)
    shutil.rmtree(elsewhere)


def test_facts(bench):
    derived = judge(bench.offline("--json", "listed"))["envelope"]
    check("facts of the file", derived["client"] == {"value": "192.0.2.80", "source": "received"} and
          derived["from"] == {"value": "<list-bounces@lists.example>", "source": "return-path"} and
          derived["helo"]["value"] == "mail.lists.example" and derived["tls"]["value"] == "TLSv1.3" and
          derived["recipients"] == ["<bob@receiver.example>"] and derived["fields_not_judged"] == 3, derived)
    bench.write("near", "AuthservID mx.receiver.example\nIgnoreHosts 127.0.0.0/8 192.0.2.80\n")
    unknown = judge(bench.run("-c", "near", "--zone", "zone", "--json", "listed"))
    check("all clients are our own", unknown["envelope"]["client"]["source"] == "unknown" and
          any("No client" in note for note in unknown["notes"]), unknown["notes"])
    given = judge(bench.offline("--json", *GIVEN, "listed"))["envelope"]
    check("what is given counts", given["client"]["source"] == "given" and given["fields_not_judged"] == 0, given)
    text = bench.offline("listed").stdout.decode()
    check("it is said where facts come from", "(from Received)" in text and "(from Return-Path)" in text, text)
    several = judge(bench.offline("--json", "--rcpt", "a@b.example", "--rcpt", "c@d.example", "listed"))["envelope"]
    check("several recipients", several["recipients"] == ["a@b.example", "c@d.example"], several)
    missing = bench.run("--zone", "zone", "plain", environment={"LANG": "C"}).stdout.decode()
    # A long path begins a line of its own.
    check("a missing configuration means the defaults", "the defaults (there is no " in " ".join(missing.split()) or
          os.path.exists("/etc/dmarcmilter.conf"), missing)


def test_bad_input(bench):
    os.makedirs(bench.path("folder"))
    bench.write("empty", b"")
    bench.write("binary", bytes(range(256)) * 300)
    bench.write("word", b"hello")
    bench.write("long_line", b"x" * 3_000_000)
    bench.write("bad_conf", "Mode maybe\n")
    bench.write("bad_zone", "a.example WHAT x\n")
    rows = (
        (66, ("missing",), "cannot be read: No such file"),
        (66, ("empty",), "is empty"),
        (66, ("binary",), "is no mail"),
        (66, ("/dev/zero",), "is no mail"),
        (66, ("word",), "is no mail"),
        (66, ("long_line",), "is no mail"),
        (66, ("folder",), "is a folder, and no Maildir"),
        (64, (), "which FILE?"),
        (64, ("--client", "1.2.3", "plain"), "--client wants"),
        (64, ("--clock", "now", "plain"), "--clock wants"),
        (64, ("--replay", "a", "--zone", "zone", "plain"), "exclude each other"),
        (64, ("--record", "a", "plain", "signed"), "one message"),
        (64, ("--record", "a", "mbox"), "not a mailbox"),
        (73, ("--record", "folder/a/b", "plain"), "folder/a/b: the record cannot be written"),
        (64, ("--what",), "usage:"),
        (66, ("--replay", "missing", "plain"), "missing: "),
        (66, ("--replay", "plain", "plain"), "no record"),
    )
    for status, arguments, sentence in rows:
        zone = () if "--replay" in arguments else ("--zone", "zone")
        result = bench.run("-c", "conf", *zone, *arguments)
        check(f"bad input {arguments}", result.returncode == status and sentence in result.stderr.decode(),
              f"{result.returncode} {result.stderr}")
    for status, arguments, sentence in ((78, ("-c", "bad_conf", "plain"), "bad_conf:1"),
                                        (78, ("-c", "missing", "plain"), "missing"),
                                        (66, ("--zone", "bad_zone", "plain"), "bad_zone")):
        result = bench.run(*arguments)
        check(f"bad file {arguments}", result.returncode == status and sentence in result.stderr.decode(),
              f"{result.returncode} {result.stderr}")


def test_odd_input(bench):
    signed = bench.sign(LETTER).encode()
    bodies = {
        "without the last end": signed[:-1],
        "with CRLF": signed.replace(b"\n", b"\r\n"),
        "with mixed ends": signed.replace(b"\n", b"\r\n", 8).replace(b"\r\n", b"\n", 1),
    }
    for title, content in bodies.items():
        result = bench.offline("--json", *GIVEN, "-", stdin=content)
        message = judge(result)
        check(f"a message {title}", result.returncode == 0 and message["results"]["dkim"]["result"] == "pass",
              message["notes"])
    for title, start, sentence in (("an empty line", b"\n", "begins with an empty line"),
                                   ("a byte order mark", b"\xef\xbb\xbf", "begins with a byte order mark")):
        notes = judge(bench.offline("--json", *GIVEN, "-", stdin=start + signed[signed.find(b"From:"):]))["notes"]
        check(f"{title} in front is noted", any(sentence in note for note in notes), notes)
    nul = judge(bench.offline("--json", *GIVEN, "-", stdin=signed + b"\0\0\n"))
    check("NULs are noted", any("2 NUL" in note for note in nul["notes"]) and
          nul["results"]["dkim"]["result"] == "fail", nul["notes"])
    control = bench.offline(*GIVEN, "-", stdin=b"From: a@example.com\nSubject: \x1b[2J\n\nx\n")
    check("nothing escapes to the terminal", b"\x1b" not in control.stdout)
    evil = bench.offline("--client", "192.0.2.1", "--helo", "\x1b[2J\u202e", "--from", "<a@b>", "plain")
    check("nor from the command line", b"\x1b" not in evil.stdout and "\u202e".encode() not in evil.stdout,
          evil.stdout)
    bench.write("odd_zone", 'example.com TXT "v=spf1\\000\\027[2J -all"\n_dmarc.example.com TXT v=DMARC1; p=none\n')
    odd = bench.run("-c", "conf", "--zone", "odd_zone", "--clock", CLOCK, *GIVEN, "plain")
    check("nor from the DNS, and nothing is cut", b"\x1b" not in odd.stdout and
          b"v=spf1\\x00\\x1b[2J -all" in odd.stdout, odd.stdout.decode())
    name = bench.offline("--json", *GIVEN, "unicode")
    check("IDNA", judge(name)["results"]["dmarc"]["author_domain"] == "xn--bcher-kva.example", name.stdout)


def test_reasons(bench):
    """Each reason is the one that decided, not a neighbour of it."""
    bench.write("reasons", ZONE + """\
psd.example TXT v=spf1 ip4:192.0.2.1 -all
_dmarc.psd.example TXT v=DMARC1; p=reject; psd=y
test.example TXT v=spf1 -all
_dmarc.test.example TXT v=DMARC1; p=quarantine; t=y
""")
    bench.write("open", """\
_dmarc.open.example TXT v=DMARC1; p=reject
sub.open.example TXT v=spf1 ip4:192.0.2.1 -all
_dmarc.sub.open.example TXT v=DMARC1; p=none; psd=n
_dmarc.example SERVFAIL
""")
    bench.write("assumed", "AuthservID mx.receiver.example\nDomainPolicy reject own.example\n")
    bench.write("unchecked", "AuthservID mx.receiver.example\nCheckDMARC no\n")

    def said(domain, *arguments, conf="conf", zone="reasons"):
        bench.write("letter", LETTER.replace("example.com", domain))
        result = bench.run("-c", conf, "--zone", zone, "--clock", CLOCK, "--json", *arguments, "letter")
        return " | ".join(step["text"] for step in judge(result)["trace"])

    rows = (
        ("a bounce has its own option", said("example.com\nFrom: b@example.org", *STRANGER), "(OnMalformedBounce)"),
        ("other mail has not", said("example.com\nFrom: b@example.org", *GIVEN), "(OnMultipleFrom)"),
        ("psd=y at the domain itself", said("psd.example", *GIVEN), "psd.example: its own record says psd=y"),
        ("t=y", said("test.example", *STRANGER), "the policy that applies is none (OnNone)"),
        ("no answer is not a pass of somebody", said("test.example", "--client", "198.51.100.9", "--helo",
         "x.example", "--from", "a@silent.example"), "something might pass, had its answer come"),
        ("no answer is not want of a record", said("test.example", "--client", "198.51.100.9", "--helo",
         "x.example", "--from", "a@silent.example"), "silent.example: there is no answer about its record"),
        ("DomainPolicy", said("own.example", *STRANGER, conf="assumed"),
         "DomainPolicy: judged as if own.example published the policy reject"),
        ("an organization that is not known", said("open.example", "--client", "192.0.2.1", "--helo", "x.example",
         "--from", "a@sub.open.example", zone="open"), "of the author, against which it is held, is not known"),
        ("DMARC is off", said("example.com", *GIVEN, conf="unchecked"), "DMARC is not checked (CheckDMARC)"),
    )
    for title, text, part in rows:
        check(f"reason: {title}", part in text, text)
    record = subprocess.run([SIGN, "-p", f"{KEYS}/rsa2048.pem"], check=True, capture_output=True, text=True).stdout
    other = subprocess.run([SIGN, "-p", f"{KEYS}/ed25519.pem"], check=True, capture_output=True, text=True).stdout
    bench.write("keys", f"key._domainkey.example.com TXT {record}test._domainkey.example.com TXT {record.strip()}; t=y\n"
                        f"other._domainkey.example.com TXT {other}limit.example TXT v=spf1 a:a.x a:b.x a:c.x a:d.x -all\n"
                        "slow.example TXT v=spf1 a:silent.example -all\nsilent.example TIMEOUT\n")
    signed = bench.sign(LETTER)
    old = re.sub("bh=[^;]*", "bh=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", signed.replace("rsa-sha256", "rsa-sha1"))

    def signed_says(letter, sender="<>"):
        result = bench.run("-c", "conf", "--zone", "keys", "--clock", CLOCK, "--json", "--client", "192.0.2.1",
                           "--helo", "x.example", "--from", sender, "-", stdin=letter.encode())
        return " | ".join(step["text"] for step in judge(result)["trace"])

    rows = (
        ("a key in test mode", bench.sign(LETTER, "-s", "test"), "the key says t=y", "changed"),
        ("a key of another type", bench.sign(LETTER, "-s", "other"), "another type than the signature", "changed"),
        ("SHA-1", old, "rsa-sha1 is not valid", "changed"),
        ("no signature", signed.replace("v=1;", "v=1; v=1;"), "a signature that cannot be read: duplicate", "d= "),
        ("more void look-ups than may be", (LETTER, "a@limit.example"), "b.x does not match", "c.x does not match"),
        ("a term without an answer", (LETTER, "a@slow.example"), "temperror", "silent.example does not match"),
    )
    for title, letter, part, absent in rows:
        text = signed_says(*letter) if isinstance(letter, tuple) else signed_says(letter)
        check(f"reason: {title}", part in text and absent not in text, text)
    bench.write("foreign_path", TRACE_FIELDS.partition("\n")[2] + "Return-Path: <a@example.com>\n" + LETTER)
    source = judge(bench.offline("--json", "foreign_path"))["envelope"]["from"]["source"]
    check("a Return-Path below the arrival", source == "unknown", source)


def test_output(bench):
    """Where standard output takes nothing, somebody has to hear of it."""
    for name, output in (("full", "> /dev/full"), ("closed", ">&-"), ("all closed", "<&- >&- 2>&-")):
        result = subprocess.run(f'exec "{TOOL}" message -c conf --zone zone {" ".join(GIVEN[:4])} plain {output}',
                                shell=True, cwd=bench.folder, capture_output=True, check=False)
        check(f"standard output is {name}", result.returncode == 74, f"{result.returncode} {result.stderr}")


def peak_memory(bench, folder):
    """In KiB."""
    with open(os.devnull, "wb") as nowhere:
        child = subprocess.Popen([TOOL, "message", "-c", "conf", "--zone", "zone", *GIVEN, folder], cwd=bench.folder,
                                 stdout=nowhere)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    check(f"status of {folder}", child.returncode == 0, child.returncode)
    return usage.ru_maxrss


def test_mailboxes(bench):
    for folder in ("cur", "new", "tmp"):
        os.makedirs(bench.path(f"Maildir/{folder}"))
    for name, source in (("cur/1:2,S", "signed"), ("new/2", "plain"), ("tmp/3", "plain"), ("cur/.x", "plain")):
        shutil.copy(bench.path(source), bench.path(f"Maildir/{name}"))
    result = bench.offline(*GIVEN, "Maildir")
    rows = result.stdout.decode().splitlines()
    check("a Maildir", result.returncode == 0 and len(rows) == 5 and rows[1].startswith("cur/1:2,S") and
          rows[2].startswith("new/2") and rows[-1] == "2 messages: 2 accept", result.stdout)
    result = bench.offline(*GIVEN, "signed", "plain", "mbox")
    rows = result.stdout.decode().splitlines()
    check("several files", len(rows) == 9 and rows[-1] == "6 messages: 4 accept, 2 unreadable", result.stdout)
    os.makedirs(bench.path("Odd/cur/folder"))
    os.makedirs(bench.path("Odd/new"))
    empty = bench.offline(*GIVEN, "Odd/new/..")
    check("what is no file in a Maildir", empty.returncode == 66 and
          b"cur/folder: cannot be read: Is a directory" in empty.stderr and
          empty.stdout.endswith(b"1 message: 1 unreadable\n"), f"{empty.stdout} {empty.stderr}")
    os.rmdir(bench.path("Odd/cur/folder"))
    os.mkfifo(bench.path("Odd/cur/fifo"))
    fifo = bench.offline(*GIVEN, "Odd")
    check("a FIFO in a Maildir", fifo.returncode == 66 and b"cur/fifo: is empty" in fifo.stderr, fifo.stderr)
    os.remove(bench.path("Odd/cur/fifo"))
    empty = bench.offline(*GIVEN, "Odd")
    check("an empty Maildir", empty.returncode == 0 and empty.stdout == b"\n0 messages\n", empty.stdout)
    for i in range(3000):
        os.link(bench.path("plain"), bench.path(f"Odd/new/{i:06}"))
    few = peak_memory(bench, "Maildir")
    many = peak_memory(bench, "Odd")
    with open(TOOL, "rb") as file:
        keeps_what_is_freed = b"__asan_init" in file.read()
    check("a large Maildir takes little more memory than a small one", many < few + 64 * 1024 or keeps_what_is_freed,
          f"{few} {many}")
    stream = bench.offline(*GIVEN, "-", stdin=open(bench.path("mbox"), "rb").read())
    check("an mbox from standard input", stream.stdout.decode().splitlines()[-1].startswith("4 messages"),
          stream.stdout)
    for line in rows[1:-2]:
        check("columns are aligned", line[len(rows[0].split("action")[0]):].startswith(("accept", "unreadable")), line)


def main():
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder)
        test_golden(bench, "--write" in sys.argv[1:])
        test_schema(bench)
        test_record(bench)
        test_facts(bench)
        test_bad_input(bench)
        test_odd_input(bench)
        test_reasons(bench)
        test_output(bench)
        test_mailboxes(bench)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
