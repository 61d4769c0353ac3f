#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""One SMTP session with several messages.

usage: session.py SERVER CLIENT HELO STEP...

A step is SENDER=FILE (sends the file to ruth@example.org) or SENDER=FILE=RECIPIENT,...
(prints the reply to each recipient, too; goes on if one is taken), rset (begins a message
and gives it up), or !COMMAND (runs a shell command while the session stays open).
For each step but the commands the last reply is printed. A sender that is not
ASCII makes it an SMTPUTF8 message."""
import smtplib
import subprocess
import sys


def show(code, text):
    print(code, text.decode("utf-8", "replace").replace("\n", " ").split(": queued as")[0])


def send(session, sender, path, recipients):
    options = [] if sender.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
    code, text = session.mail(sender, options)
    if code >= 300:
        session.rset()
        return code, text
    replies = [session.rcpt(recipient) for recipient in recipients]
    if len(replies) > 1:
        for reply in replies:
            show(*reply)
    if all(code >= 300 for code, text in replies):
        session.rset()
        return replies[0]
    with open(path, "rb") as message:
        # Sendmail refuses line feeds that stand alone.
        return session.data(message.read().replace(b"\n", b"\r\n"))


def main():
    server, client, helo, steps = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    session = smtplib.SMTP(server, 25, helo, timeout=60, source_address=(client, 0))
    session.ehlo()
    for step in steps:
        if step.startswith("!"):
            subprocess.run(step[1:], shell=True, check=True)
            continue
        if step == "rset":
            session.mail("someone@example.com")
            session.rcpt("ruth@example.org")
            code, text = session.rset()
        else:
            sender, path, *recipients = step.split("=", 2)
            session.command_encoding = "ascii" if sender.isascii() else "utf-8"
            recipients = recipients[0].split(",") if recipients else ["ruth@example.org"]
            code, text = send(session, sender, path, recipients)
        show(code, text)
    session.close()


main()
