#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The option table, the sample file and the manual page name the same options
with the same defaults, in the same order and groups, and each option is set in
a scenario, a test of the daemon, or a unit test. The table is what the check
program tests/tools/list_options prints."""
import os
import re
import subprocess
import sys


def unquoted(value):
    if len(value) >= 2 and value[0] == '"' and value[-1] == '"' and value != '""':
        return value[1:-1].replace('\\"', '"').replace('\\\\', '\\')
    return value


def table():
    listing = subprocess.run(["./tests/tools/list_options"], check=True, capture_output=True,
                             text=True).stdout
    return [tuple(line.split("\t")) for line in listing.splitlines()]


def sample(path):
    rows, group, helped = [], "", False
    for line in open(path, encoding="ascii"):
        line = line.rstrip("\n")
        heading = re.fullmatch(r"# --- (.+) ---", line)
        option = re.fullmatch(r"#(\w+) (.+)", line)
        if heading:
            group = heading[1]
        elif option:
            if not helped:
                sys.exit(f"{path}: {option[1]} has no line of help")
            rows.append((option[1], unquoted(option[2]), group))
        elif line and not line.startswith("#"):
            sys.exit(f"{path}: not commented out: {line}")
        helped = line.startswith("# ") and not heading
    return rows


def page(path):
    rows, group = [], ""
    for line in open(path, encoding="ascii"):
        line = line.rstrip("\n")
        heading = re.fullmatch(r"\.SS (.+)", line)
        option = re.fullmatch(r"\\fB(\w+)\\fR \\fI(.+)\\fR", line)
        if heading:
            group = heading[1]
        elif option:
            value = option[2].replace("\\-", "-").replace("\\(dq", '"').replace("\\e", "\\")
            rows.append((option[1], unquoted(value), group))
    return rows


def differences(name, expected, found):
    messages = []
    known = {row[0]: row for row in expected}
    names = [row[0] for row in found]
    messages += [f"{name}: {row[0]} is missing" for row in expected if row[0] not in names]
    messages += [f"{name}: {one} stands twice" for one in sorted(set(names))
                 if names.count(one) > 1]
    for row in found:
        if row[0] not in known:
            messages.append(f"{name}: {row[0]} is no option")
        elif row != known[row[0]]:
            messages.append(f"{name}: {row[0]} is {row[1:]}, in the table {known[row[0]][1:]}")
    if not messages and found != expected:
        messages.append(f"{name}: the order is not that of the table")
    return messages


def untested(expected, folder):
    words = set()
    for kind in ("scenarios", "daemon", "unit"):
        for name in os.listdir(os.path.join(folder, kind)):
            if name.endswith((".scn", ".c")):
                with open(os.path.join(folder, kind, name), encoding="latin-1") as file:
                    words.update(re.findall(r"[A-Za-z]+", file.read().replace("\\n", " ")))
    return [f"{row[0]} is set in no test" for row in expected if row[0] not in words]


def main():
    conf = os.path.join(os.environ.get("srcdir", "."), "conf")
    expected = table()
    messages = differences("conf/dmarcmilter.conf", expected,
                           sample(os.path.join(conf, "dmarcmilter.conf")))
    messages += differences("conf/dmarcmilter.conf.5", expected,
                            page(os.path.join(conf, "dmarcmilter.conf.5")))
    messages += untested(expected, os.path.join(os.environ.get("srcdir", "."), "tests"))
    for message in messages:
        print(message)
    print(f"{len(expected)} options, {len(messages)} differences")
    sys.exit(1 if messages or not expected else 0)


main()
