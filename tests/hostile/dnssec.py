#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""DNSSEC validation (TrustAnchorFile) with signed zones on a real NSD: what validates is
used, what is bogus is a failure of DNS and never a pass, what is unsigned stays usable.

usage: dnssec.py DAEMON KEYS NSD [LIBRARIES]
Needs the tools of ldns; as root it also drops privileges. LIBRARIES is where NSD's are,
when it is not installed."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from peers import SLACK, Daemon, Mta, Signer

# The zones below the root. Each holds the same names, so that one letter fits all.
ZONES = ("valid", "changed", "expired", "early", "naked", "plain", "otherkey")
SIGNED = ("valid", "changed", "expired", "early", "otherkey")
DELEGATED = SIGNED + ("naked",)         # with a DS record above
# What the log line says of a letter from such a zone.
GOOD = ("accept", ["dmarc=pass", "spf=pass", "dkim=pass", "iprev=pass"])
BOGUS = ("tempfail", ["dmarc=temperror", "spf=temperror", "dkim=temperror", "iprev=temperror"])
ALGORITHM = "ECDSAP256SHA256"


def file_of(zone):
    return zone.split(".")[0] or "root"


def run(*command, folder):
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT).stdout.decode()


def key(folder, zone):
    """A key for everything, with the SEP bit; its file name without an end."""
    return run("ldns-keygen", "-a", ALGORITHM, "-k", zone, folder=folder).strip()


def moment(days):
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + days * 86400))


def quoted(text):
    return " ".join(f'"{text[i:i + 250]}"' for i in range(0, len(text), 250))


def write_zone(folder, zone, lines):
    soa = f"{zone} 300 IN SOA ns. root. 1 3600 600 86400 5\n{zone} 300 IN NS ns.\n"
    with open(f"{folder}/{file_of(zone)}.zone", "w", encoding="ascii") as file:
        file.write(soa + "\n".join(lines) + "\n")


def sign(folder, zone, pair, *, start=-1, end=30):
    name = file_of(zone)
    run("ldns-signzone", "-i", moment(start), "-e", moment(end), "-o", zone, f"{name}.zone", pair,
        folder=folder)
    os.replace(f"{folder}/{name}.zone.signed", f"{folder}/{name}.zone")


def build(folder, signer):
    """Zone files; returns the trust anchor, a DNSKEY record."""
    record = quoted(signer.record.decode())
    delegations = ["ns. 300 IN A 127.0.0.1"]
    for number, name in enumerate(ZONES):
        zone = name + ".example."
        write_zone(folder, zone, [
            f'{zone} 0 IN TXT "v=spf1 ip4:192.0.2.{number} -all"',
            f'_dmarc.{zone} 0 IN TXT "v=DMARC1; p=reject"',
            f"mail.{zone} 0 IN A 192.0.2.{number}",
            f"k._domainkey.{zone} 0 IN TXT {record}",
        ])
        delegations.append(f"{zone} 300 IN NS ns.")
        delegations.append(f"{number}.2.0.192.in-addr.arpa. 0 IN PTR mail.{zone}")
        if name not in DELEGATED:
            continue
        pair = key(folder, zone)
        with open(f"{folder}/{pair}.ds", encoding="ascii") as file:
            delegations.append(file.read().strip())
        if name == "otherkey":
            pair = key(folder, zone)
        if name == "expired":
            sign(folder, zone, pair, start=-30, end=-2)
        elif name == "early":
            sign(folder, zone, pair, start=2)
        elif name in SIGNED:
            sign(folder, zone, pair)
    # Records that were changed on their way: the signatures are those of others.
    path = f"{folder}/changed.zone"
    with open(path, encoding="ascii") as file:
        text = file.read()
    number = ZONES.index("changed")
    for old, new in (("v=spf1 ", "v=spf1  "), ("v=DMARC1; ", "v=DMARC1;  "),
                     ("v=DKIM1; ", "v=DKIM1;  "), (f"\t192.0.2.{number}\n", "\t192.0.2.99\n")):
        text = text.replace(old, new)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    write_zone(folder, ".", delegations)
    pair = key(folder, ".")
    sign(folder, ".", pair)
    with open(f"{folder}/{pair}.key", encoding="ascii") as file:
        return file.read()


class Nsd:
    """Serves the zone files of a folder on a port of the loopback."""

    def __init__(self, program, libraries, folder):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        zones = "".join(f'zone:\n  name: "{zone}"\n  zonefile: "{file_of(zone)}.zone"\n'
                        for zone in ["."] + [name + ".example." for name in ZONES])
        conf = folder + "/nsd.conf"
        with open(conf, "w", encoding="ascii") as file:
            file.write(f"""server:
  ip-address: 127.0.0.1@{self.port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  xfrdir: "{folder}"
  logfile: "{folder}/nsd.log"
  rrl-ratelimit: 0
  server-count: 1
remote-control:
  control-enable: no
{zones}""")
        environment = dict(os.environ, LD_LIBRARY_PATH=libraries) if libraries else None
        self.process = subprocess.Popen([program, "-d", "-c", conf], env=environment)
        until = time.monotonic() + SLACK
        while not self.answers():
            if time.monotonic() > until or self.process.poll() is not None:
                with open(folder + "/nsd.log", encoding="utf-8", errors="replace") as log:
                    sys.exit("NSD does not start: " + log.read())
            time.sleep(0.05)

    def answers(self):
        query = b"\0\1\1\0\0\1\0\0\0\0\0\0\0\0\6\0\1"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(1)
            try:
                asker.connect(("127.0.0.1", self.port))
                asker.send(query)
                return asker.recv(4096)[3] & 15 == 0
            except OSError:
                return False

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class Check:
    def __init__(self):
        self.problems = []
        self.count = 0

    def expect(self, title, is_good, found=""):
        self.count += 1
        if not is_good:
            self.problems.append(f"{title}: {found}")

    def letter(self, title, daemon, log, signer, name, wanted):
        """From this zone, by its own server, signed: all that it publishes is asked for."""
        number = b"%d" % ZONES.index(name)
        zone = name.encode() + b".example"
        fields = [(b"From", b" a@" + zone)]
        made, value = signer.sign(fields, b"Hi.\r\n", [b"from"], domain=zone)
        mta = Mta(daemon.path, 120)
        mta.begin(client=b"192.0.2." + number, helo=b"mail." + zone, sender=b"<a@" + zone + b">")
        mta.finish(fields + [(made, value)])
        mta.close()
        line = log.read().decode()
        action, words = wanted
        for word in words + ["action=" + action]:
            self.expect(f"{title}: {name}: {word}", f" {word} " in line, line)


def settings(anchor, *more):
    return (f"TrustAnchorFile {anchor}\nOnTempErrorUnknown tempfail\n" +
            "".join(line + "\n" for line in more))


def refused(check, title, command, server, anchor, words, *more):
    """The daemon must not start, and say why."""
    try:
        with Daemon(command, server, settings(anchor, *more)) as daemon:
            daemon.stop()
        check.expect(title, False, "it started")
    except AssertionError as problem:
        check.expect(title, words in str(problem), problem)


def main():
    program, nsd = sys.argv[1], sys.argv[3]
    libraries = sys.argv[4] if len(sys.argv) > 4 else ""
    signer = Signer(sys.argv[2] + "/rsa2048.pem")
    check = Check()
    with tempfile.TemporaryDirectory(prefix="dmarcmilter-dnssec-") as folder:
        os.chmod(folder, 0o755)
        anchor = folder + "/anchor"
        root_key = build(folder, signer)
        with open(anchor, "w", encoding="ascii") as file:
            file.write(root_key)
        server = Nsd(nsd, libraries, folder)
        try:
            tell(check, program, server, folder, anchor, signer, root_key)
        finally:
            server.stop()
    for problem in check.problems[:40]:
        print(problem[:1500])
    print(f"{check.count} checks, {len(check.problems)} wrong")
    sys.exit(1 if check.problems else 0)


def all_letters(check, title, daemon, log, signer, wanted_of):
    for name in ZONES:
        check.letter(title, daemon, log, signer, name, wanted_of(name))


def tell(check, program, server, folder, anchor, signer, root_key):
    command = [program]

    def validated(name):
        return GOOD if name in ("valid", "plain") else BOGUS

    def everything(name):
        # Changed it is; without validation nobody sees it but iprev.
        return (GOOD[0], GOOD[1][:3]) if name == "changed" else GOOD

    with Daemon(command, server, settings(anchor)) as daemon, open(daemon.log, "rb") as log:
        # The second time from the caches, failures too.
        all_letters(check, "validated", daemon, log, signer, validated)
        all_letters(check, "again", daemon, log, signer, validated)
        # A new anchor, and then one that is none: the one in use stays.
        write(anchor, other_key(folder))
        daemon.reload(b"reloaded:")
        all_letters(check, "wrong anchor", daemon, log, signer, lambda name: BOGUS)
        write(anchor, root_key)
        daemon.reload(b"reloaded:")
        write(anchor, "; nothing\n")
        daemon.reload(b"not reloaded:")
        all_letters(check, "after a bad reload", daemon, log, signer, validated)
        write(anchor, root_key)
        check.expect("stop", daemon.stop() == 0)
    with Daemon(command, server) as daemon, open(daemon.log, "rb") as log:
        all_letters(check, "without anchor", daemon, log, signer, everything)
        check.expect("stop", daemon.stop() == 0)
    # DNSFailureMemory 0: a failure is asked again in a fresh context, and fails again.
    with Daemon(command, server, settings(anchor, "DNSFailureMemory 0")) as daemon, \
            open(daemon.log, "rb") as log:
        for title in ("forgetful", "forgetful again"):
            all_letters(check, title, daemon, log, signer, validated)
        check.expect("stop", daemon.stop() == 0)
    refuse(check, command, server, folder, anchor)
    if os.geteuid() == 0:
        drop(check, command, server, folder, anchor, signer, validated)


def refuse(check, command, server, folder, anchor):
    refused(check, "missing file", command, server, folder + "/missing", "No such file")
    refused(check, "a folder", command, server, folder, folder)
    bad = folder + "/bad"
    for title, text in (("empty", ""), ("comments", "; a comment\n\n# another\n"),
                        ("other records", "example. 300 IN A 192.0.2.1\n"),
                        ("noise", "\x01\x02 noise\n"), ("cut", "example. IN DS 1 2\n"),
                        ("one good, one bad", read(anchor) + "example. IN DS 1 2\n"),
                        ("zone file syntax", "$ORIGIN .\n(\n")):
        write(bad, text)
        refused(check, title, command, server, bad, bad)


def drop(check, command, server, folder, anchor, signer, validated):
    """As root: what counts is what the user that the daemon becomes can read."""
    with Daemon(command, server, settings(anchor, "UserID nobody"), mode=0o755) as daemon, \
            open(daemon.log, "rb") as log:
        all_letters(check, "as nobody", daemon, log, signer, validated)
        check.expect("stop", daemon.stop() == 0)
    secret = folder + "/secret"
    shutil.copy(anchor, secret)
    os.chmod(secret, 0o600)
    refused(check, "not readable", command, server, secret, "Permission denied", "UserID nobody")


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def other_key(folder):
    return read(f"{folder}/{key(folder, '.')}.key")


main()
