# SPDX-License-Identifier: BSD-2-Clause
"""What the attacks are made of: an MTA that says what it is told, a name server,
a signer, and the daemon under test."""
import base64
import hashlib
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

DEADLINE = 4            # seconds, DeadlinePerMessage
SLACK = 30              # for slow machines, sanitizers and valgrind
FINAL = b"cardtys"      # replies that end a message
NEGOTIATE = b"O", struct.pack(">III", 6, 0x1ff, 0x1fffff)
# The steps with which a filter says that it will not reply to an event.
SILENT = {b"C": 0x1000, b"H": 0x2000, b"M": 0x4000, b"R": 0x8000, b"T": 0x10000}


class Mta:
    """The milter protocol, version 6, over a unix socket."""

    def __init__(self, path, timeout=DEADLINE + SLACK):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.reply = b""
        self.steps = 0

    def send(self, command, data=b""):
        self.socket.sendall(packet(command, data))

    def take(self, length):
        data = b""
        while len(data) < length:
            part = self.socket.recv(length - len(data))
            if not part:
                raise ConnectionError("closed")
            data += part
        return data

    def read(self):
        data = self.take(struct.unpack(">I", self.take(4))[0])
        return data[:1], data[1:]

    def ask(self, command, data=b""):
        """The reply; where none was agreed on, silence is consent."""
        self.send(command, data)
        if self.steps & SILENT.get(command, 0):
            return b"c", b""
        reply = self.read()
        if command == b"O":
            self.steps = struct.unpack(">III", reply[1][:12])[2]
        return reply

    def begin(self, helo=b"mail.good.example", sender=b"<alice@good.example>",
              client=b"192.0.2.25", host=b"client.test"):
        self.ask(*NEGOTIATE)
        family = b"6" if b":" in client else b"4"
        self.ask(b"C", host + b"\0" + family + struct.pack(">H", 25) + client + b"\0")
        self.ask(b"H", helo + b"\0")
        self.ask(b"M", sender + b"\0")
        self.ask(b"R", b"<bob@receiver.example>\0")
        self.ask(b"T")

    def finish(self, fields, body=b"Hi.\r\n"):
        """Returns the reply, with its text, and the fields that were added."""
        for name, value in fields:
            self.send(b"L", name + b"\0" + value + b"\0")
        self.send(b"N")
        for start in range(0, len(body), 65535):
            self.send(b"B", body[start:start + 65535])
        self.send(b"E")
        added = []
        while True:
            command, data = self.read()
            if command == b"y":
                self.reply = data.rstrip(b"\0")
            if command in FINAL and command != b"q":
                return command, added
            if command == b"i":
                added.append(data[4:])

    def close(self):
        self.socket.close()


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


# --- the name server ---------------------------------------------------------

A, CNAME, SOA, PTR, MX, TXT, AAAA = 1, 5, 6, 12, 15, 16, 28
NXDOMAIN, SERVFAIL = 3, 2
UDP_MAX = 1200


def record(kind, data):
    return b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(data)) + data


def txt(text):
    return b"".join(bytes([len(text[i:i + 255])]) + text[i:i + 255]
                    for i in range(0, len(text), 255))


def wire(name):
    return b"".join(bytes([len(label)]) + label for label in name.split(b".")) + b"\0"


class NameServer:
    """Answers from a zone: (name, type) to rdata, a list of rdata, or an RCODE."""

    def __init__(self, zone):
        self.zone = zone
        self.asked = []
        while True:
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind(("127.0.0.1", 0))
            self.port = self.udp.getsockname()[1]
            self.tcp = socket.socket()
            try:
                self.tcp.bind(("127.0.0.1", self.port))
                break
            except OSError:
                self.udp.close()
                self.tcp.close()
        self.tcp.listen(50)
        for run in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=run, daemon=True).start()

    def serve_udp(self):
        while True:
            query, client = self.udp.recvfrom(4096)
            for delay, answer in self.answer(query, False):
                if delay:
                    threading.Timer(delay, self.udp.sendto, (answer, client)).start()
                else:
                    self.udp.sendto(answer[:65000], client)

    def serve_tcp(self):
        while True:
            connection = self.tcp.accept()[0]
            threading.Thread(target=self.serve_one, args=(connection,), daemon=True).start()

    def serve_one(self, connection):
        connection.settimeout(SLACK)
        try:
            while True:
                query = connection.recv(struct.unpack(">H", connection.recv(2))[0])
                for _, answer in self.answer(query, True):
                    connection.sendall(struct.pack(">H", len(answer[:65535])) + answer[:65535])
        except (OSError, struct.error):
            connection.close()

    def answer(self, query, is_tcp):
        """A list of (seconds to wait, message)."""
        labels, end = [], 12
        while query[end]:
            labels.append(query[end + 1:end + 1 + query[end]].lower())
            end += 1 + query[end]
        kind = struct.unpack(">H", query[end + 1:end + 3])[0]
        question, name = query[12:end + 5], b".".join(labels)
        self.asked.append((name, kind))

        def message(records, rcode=0, flags=0x8580, identity=query[:2], authority=b""):
            return (identity + struct.pack(">HHHHH", flags | rcode, 1, len(records),
                                           1 if authority else 0, 0) +
                    question + b"".join(records) + authority)

        found = self.zone.get((name, kind))
        if found is None:
            return self.unknown(name, labels, kind, is_tcp, message)
        if isinstance(found, int):
            return [(0, message([], found))]
        answer = message([record(kind, data)
                          for data in (found if isinstance(found, list) else [found])])
        if len(answer) > UDP_MAX and not is_tcp:
            return [(0, message([], flags=0x8780))]
        return [(0, answer)]

    def unknown(self, name, labels, kind, is_tcp, message):
        exists = any(owner == name or owner.endswith(b"." + name) for owner, _ in self.zone)
        return [(0, message([], 0 if exists else NXDOMAIN))]


# --- the signer --------------------------------------------------------------

def relaxed(value):
    return re.sub(rb"[ \t]+", b" ", re.sub(rb"\r?\n(?=[ \t])", b"", value)).strip(b" ")


def relaxed_body(body):
    """RFC 6376 3.4.4"""
    body = re.sub(rb"[ \t]+", b" ", body).replace(b" \r\n", b"\r\n")
    if body.endswith(b" "):
        body = body[:-1]
    body = simple_body(body)
    return b"" if body == b"\r\n" else body


def simple_body(body):
    """RFC 6376 3.4.3"""
    end = len(body)
    while body[end - 2:end] == b"\r\n":
        end -= 2
    return body[:end] + b"\r\n"


class Signer:
    """rsa-sha256 with a key of tests/keys, by the program openssl."""

    def __init__(self, key):
        self.key = key
        public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                                check=True, stdout=subprocess.PIPE).stdout
        self.record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)

    def sign(self, fields, body, names, body_form=b"relaxed", tags=b"", selector=b"k",
             domain=b"good.example"):
        """A DKIM-Signature with relaxed header over names."""
        form = simple_body if body_form == b"simple" else relaxed_body
        body_hash = base64.b64encode(hashlib.sha256(form(body)).digest())
        value = (b" v=1; a=rsa-sha256; c=relaxed/" + body_form + b"; d=" + domain + b"; s=" +
                 selector + b"; " + tags + b"h=" + b":".join(names) + b"; bh=" + body_hash + b"; b=")
        left, signed = list(fields), b""
        for wanted in names:
            for i in range(len(left) - 1, -1, -1):
                if left[i][0].lower() == wanted.strip().lower():
                    signed += left[i][0].lower() + b":" + relaxed(left[i][1]) + b"\r\n"
                    del left[i]
                    break
        signed += b"dkim-signature:" + relaxed(value)
        made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], check=True,
                              input=signed, stdout=subprocess.PIPE).stdout
        return b"DKIM-Signature", value + base64.b64encode(made)


# --- the daemon --------------------------------------------------------------

class Daemon:
    """The daemon with a name server of ours; usable as a context."""

    def __init__(self, command, server, settings="", patience=SLACK, timeout=2,
                 deadline=DEADLINE, mode=0o700, idle="120s", log=None):
        self.folder = tempfile.TemporaryDirectory(prefix="dmarcmilter-attack-")
        os.chmod(self.folder.name, mode)
        self.path = self.folder.name + "/socket"
        self.log = log or self.folder.name + "/log"
        conf = self.folder.name + "/conf"
        with open(conf, "w", encoding="ascii") as file:
            file.write(f"""Socket unix:{self.path}
LogTarget file:{self.log}
Nameservers 127.0.0.1:{server.port}
IgnoreHosts none
AuthservID mx.receiver.example
DNSTimeout {timeout}s
DeadlinePerMessage {deadline}s
IdleTimeout {idle}
""" + settings)
        self.errors = self.folder.name + "/errors"
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(command + ["-c", conf], stderr=errors)
        until = time.monotonic() + patience
        while "listening on" not in self.said() and not (log and self.listens()):
            if time.monotonic() > until or self.process.poll() is not None:
                self.fail_to_start()
            time.sleep(0.05)

    def listens(self):
        """A socket that is bound may not listen yet."""
        with socket.socket(socket.AF_UNIX) as mta:
            return mta.connect_ex(self.path) == 0

    def said(self):
        """The log so far."""
        if not os.path.isfile(self.log):
            return ""
        with open(self.log, encoding="ascii") as log:
            return log.read()

    def fail_to_start(self):
        with open(self.errors, encoding="utf-8", errors="replace") as errors:
            code, said = self.process.poll(), self.said() + errors.read()
        self.__exit__()
        raise AssertionError(f"no start, status {code}: {said}")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def lives(self):
        return self.process.poll() is None

    def resident(self, what="VmRSS"):
        """KiB; VmHWM for the most that it ever was."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(what + r":\s+(\d+)", status.read()).group(1))

    def forget_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")

    def reload(self, wanted, patience=SLACK):
        """Until the log has the words."""
        with open(self.log, "rb") as log:
            log.seek(0, os.SEEK_END)
            self.process.send_signal(signal.SIGHUP)
            said, until = b"", time.monotonic() + patience
            while wanted not in said:
                said += log.read()
                if time.monotonic() > until:
                    raise AssertionError(f"reload: no {wanted} in {said}")
                time.sleep(0.02)

    def stop(self, patience=60):
        """The exit code; what went to standard error, of valgrind say, is shown if it is not 0."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(patience)
        if code:
            with open(self.errors, encoding="utf-8", errors="replace") as errors:
                print(errors.read()[:20000])
        return code
