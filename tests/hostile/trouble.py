#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""An MTA in trouble, or a system: peers that are stuck in mid-packet, slow senders, more
sessions than allowed, a full disk below the log, no file may grow.

usage: trouble.py DAEMON
       trouble.py --minute DAEMON     waits for what takes a minute with the defaults"""
import resource
import select
import signal
import sys
import threading
import time

from peers import (A, NEGOTIATE, PTR, SLACK, TXT, Daemon, Mta, NameServer, packet, txt, wire)

ZONE = {
    (b"25.2.0.192.in-addr.arpa", PTR): wire(b"mail.good.example"),
    (b"mail.good.example", A): bytes([192, 0, 2, 25]),
    (b"good.example", TXT): txt(b"v=spf1 ip4:192.0.2.25 -all"),
    (b"_dmarc.good.example", TXT): txt(b"v=DMARC1; p=reject"),
}
EX_OSERR = 71
MEMORY_STEPS = 15
MEMORY_STEP = 1080000           # bytes; the daemon itself needs some MB for the first message
FIELDS = [(b"From", b" Alice <alice@good.example>")]
STEPS = [packet(*NEGOTIATE), packet(b"H", b"mail.good.example\0"),
         packet(b"M", b"<alice@good.example>\0"), packet(b"L", b"From\0 alice@good.example\0"),
         packet(b"B", b"x" * 60000)]


def serves(daemon):
    mta = Mta(daemon.path)
    mta.begin()
    reply, added = mta.finish(FIELDS)
    mta.close()
    assert reply == b"c" and b"dmarc=pass" in b"".join(added), (reply, added)


def beginnings():
    """Every step cut in the head, behind the head, and in the data."""
    for number, step in enumerate(STEPS):
        for cut in sorted({1, 3, 4, 5, 6, len(step) // 2, len(step) - 1}):
            yield b"".join(STEPS[:number]) + step[:cut]


def get_stuck(daemon):
    stuck = []
    for start in beginnings():
        mta = Mta(daemon.path)
        mta.socket.sendall(start)
        stuck.append(mta)
    return stuck


def wait_for_ends(stuck, seconds):
    """Seconds until the last of them was hung up on."""
    started, left = time.monotonic(), {mta.socket for mta in stuck}
    while left:
        rest = seconds - (time.monotonic() - started)
        assert rest > 0, f"{len(left)} sessions still there after {seconds} s"
        for ready in select.select(list(left), [], [], rest)[0]:
            try:
                if ready.recv(65536):
                    continue
            except ConnectionError:
                pass
            left.remove(ready)
    return time.monotonic() - started


def stuck_peers(command, server):
    with Daemon(command, server, idle="1s") as daemon:
        took = wait_for_ends(get_stuck(daemon), SLACK)
        serves(daemon)
        assert daemon.stop() == 0
    return f"let go after {took:.1f} s"


def stuck_for_a_minute(command, server):
    """IdleTimeout is hours, and not for them."""
    with Daemon(command, server, idle="2h") as daemon:
        idle = Mta(daemon.path)
        idle.ask(*NEGOTIATE)
        took = wait_for_ends(get_stuck(daemon), 90 + SLACK)
        assert took > 30, took
        idle.ask(b"H", b"still.here\0")
        idle.close()
        serves(daemon)
        assert daemon.stop() == 0
    return f"let go after {took:.1f} s"


def stuck_at_the_end(command, server):
    """SIGTERM waits for them no longer than StopTimeout."""
    with Daemon(command, server, "StopTimeout 1s\n") as daemon:
        stuck = get_stuck(daemon)
        started = time.monotonic()
        assert daemon.stop() == 0
        took = time.monotonic() - started
        assert took < 1 + SLACK, took
        for mta in stuck:
            mta.close()
    return f"stopped after {took:.1f} s"


def slow_senders(command, server):
    """Byte by byte, each soon enough: served as ever."""
    with Daemon(command, server, idle="5s") as daemon:
        mta = Mta(daemon.path)
        mta.begin()
        for byte in packet(b"L", b"From\0 alice@good.example\0") + packet(b"N") + packet(b"E"):
            mta.socket.sendall(bytes([byte]))
            time.sleep(0.02)
        command_byte, data = b"", b""
        while command_byte not in (b"c", b"r", b"y", b"t"):
            command_byte, more = mta.read()
            data += more
        assert command_byte == b"c" and b"dmarc=pass" in data, (command_byte, data)
        mta.close()
        assert daemon.stop() == 0
    return "served"


def over_the_cap(command, server):
    """More sessions than allowed: they are closed or wait, and those there go on."""
    with Daemon(command, server, "MaxConnections 5\n") as daemon:
        held = [Mta(daemon.path) for _ in range(5)]
        for mta in held:
            mta.begin()
        crowd = [Mta(daemon.path) for _ in range(100)]
        for mta in held:
            reply, added = mta.finish(FIELDS)
            assert reply == b"c" and b"dmarc=pass" in b"".join(added), (reply, added)
        for mta in held + crowd:
            mta.close()
        until = time.monotonic() + SLACK
        while True:
            try:
                serves(daemon)
                break
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.1)
        assert daemon.stop() == 0
    return "served"


def full_disk(command, server):
    """/dev/full takes no byte: mail goes on, the lines go to standard error."""
    with Daemon(command, server, log="/dev/full") as daemon:
        for _ in range(20):
            serves(daemon)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.process.send_signal(signal.SIGUSR1)
        for _ in range(20):
            serves(daemon)
        with open(daemon.errors, encoding="ascii") as errors:
            assert "No space left" in errors.read()
        assert daemon.stop() == 0
    return "served"


def log_at_its_limit(command, server):
    """The log may grow no further (LimitFSIZE, quota), then it may again."""
    with Daemon(command, server) as daemon:
        size = len(daemon.said())
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (size + 10, 1 << 30))
        for _ in range(20):
            serves(daemon)
        assert len(daemon.said()) <= size + 10
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
        serves(daemon)
        assert "action=accept" in daemon.said()
        assert daemon.stop() == 0
    return "served"


def storm(command, server):
    """Hundreds of sessions that come and go in all ways at once."""
    with Daemon(command, server) as daemon:
        failures = []

        def one(number):
            try:
                for start in beginnings():
                    mta = Mta(daemon.path)
                    mta.socket.sendall(start)
                    mta.close()
                if number % 4 == 0:
                    serves(daemon)
            except OSError as problem:
                failures.append(problem)

        threads = [threading.Thread(target=one, args=(i,)) for i in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert daemon.lives()
        serves(daemon)
        assert daemon.stop() == 0
    return f"served, {len(failures)} turned away"


def out_of_memory(command, server):
    """The address space ends a little above, and above that: deferred or right, never unchecked."""
    ends = {}
    for step in range(MEMORY_STEPS):
        with Daemon(command, server) as daemon:
            limit = daemon.resident("VmSize") * 1024 + step * MEMORY_STEP
            resource.prlimit(daemon.process.pid, resource.RLIMIT_AS, (limit, limit))
            unchecked = []

            def one():
                for _ in range(3):
                    try:
                        mta = Mta(daemon.path)
                        mta.begin()
                        reply, added = mta.finish(FIELDS + [(b"X", b"y" * 1000)] * 50)
                        if reply != b"y" and b"dmarc=pass" not in b"".join(added):
                            unchecked.append((reply, added))
                        mta.close()
                    except OSError:
                        pass

            threads = [threading.Thread(target=one) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert not unchecked, unchecked
            code = daemon.stop() if daemon.lives() else daemon.process.poll()
            ends[code] = ends.get(code, 0) + 1
    # Libraries that do not look at what malloc() gave them may still crash now and then.
    crashes = sum(count for code, count in ends.items() if code not in (0, EX_OSERR))
    assert ends.get(EX_OSERR, 0) > 0 and crashes * 10 <= MEMORY_STEPS, ends
    return f"exit codes {ends}"


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--minute"]
    parts = [stuck_peers, stuck_at_the_end, slow_senders, over_the_cap, full_disk,
             log_at_its_limit, storm]
    if len(arguments) < len(sys.argv) - 1:
        parts = [stuck_for_a_minute, out_of_memory]
    server = NameServer(ZONE)
    for part in parts:
        print(f"{part.__name__}: {part([arguments[0]], server)}", flush=True)


main()
