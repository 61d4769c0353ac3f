# SPDX-License-Identifier: BSD-2-Clause
"""Stands in for syslogd: writes what is sent to a socket into a file.

usage: log_socket.py SOCKET FILE
"""
import os
import socket
import sys

if os.path.lexists(sys.argv[1]):
    os.unlink(sys.argv[1])
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
with open(sys.argv[2], "ab", buffering=0) as out:
    while True:
        out.write(log.recv(65536) + b"\n")
