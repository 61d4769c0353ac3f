#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The LIMITS of dmarcmilter(8) are those of the source. A comment before each
item names its constants or options and the tests of the edge; the item has the
numbers. A constant *_MAX or *_CAPACITY of the source stands in that table or,
with the reason why it is none of the operator's business, in this file."""
import glob
import os
import re
import subprocess
import sys

ROOT = os.environ.get("srcdir", ".")
FOLDERS = ("base", "mail", "dns", "checks", "core", "programs")

# What these files read is the operator's own; its maxima stand where they are refused.
OPERATORS_OWN = "migrate"

# Not for operators: name and reason.
INTERNAL = {
    "ANSWER_BYTES_MAX": "--health asks whom its caller names",
    "ARC_FIELDS_MAX": "follows from ARC_SETS_MAX",
    "ALIGNMENT_WALKS_AHEAD_MAX": "only what is asked in advance; changes no result",
    "IDENTIFIERS_AHEAD_MAX": "only what is asked in advance; changes no result",
    "ARENAS_MAX": "ours",
    "BATCH_MAX": "ours: a list is handed over in parts",
    "DELAY_MAX": "zone text, for tests",
    "DER_BYTES_MAX": "what is longer is not kept, but used",
    "DKIM_BODY_KEPT_MAX": "what is longer is hashed at once",
    "DNS_TEXT_BYTES_MAX": "follows from PACKET_MAX",
    "ESCAPED_MAX": "follows from WIRE_NAME_MAX",
    "EXPANSION_BYTES_MAX": "only the end of a name is kept, which is all that counts",
    "FIRST_CAPACITY": "ours; it grows",
    "GATHERED_MAX": "ours: a hash is fed in parts",
    "HISTOGRAM_BOUNDS_MAX": "ours",
    "HTTP_ANSWER_BYTES_MAX": "ours; METRICS_BYTES_MAX is less",
    "IDENTITY_MAX": "beyond, our own verifier does the work",
    "INHERITED_MAX": "the service manager's",
    "INPUT_MAX": "longer than any name of 253 bytes is in UTF-8",
    "INSTANCE_DIGITS_MAX": "follows from ARC_INSTANCE_MAX",
    "IP_TEXT_MAX": "the longest address",
    "JOURNAL_FIELDS_MAX": "ours; longer values are split",
    "LABEL_BYTES_MAX": "ours; a name of NAME_COUNTERS_BYTES_MAX fits, however it is escaped",
    "LIBRARY_KEY_RECORD_MAX": "beyond, our own verifier does the work",
    "LINE_BYTES_MAX": "of what SIGUSR1 writes; what found no room is counted there",
    "LINGER_MAX": "ours: of a stop",
    "LINGER_BYTES_MAX": "of what comes behind a request and is thrown away",
    "LISTED_BYTES_MAX": "follows from LISTED_RULES_MAX",
    "LISTED_RULES_MAX": "names in one field of the log line, whose description has it",
    "METRICS_BYTES_MAX": "ours; all names of rules fit",
    "NAMES_BYTES_MAX": "beyond, our own verifier does the work",
    "NEGATIVE_TTL_MAX": "seconds in the cache",
    "PACKET_MAX": "of DNS itself",
    "PACKET_QUERY_MAX": "of DNS itself",
    "PIECE_MAX": "of a line; AUTHENTICATION_RESULTS_VALUE_MAX is less",
    "PRINTED_MAX": "ours",
    "REASON_BYTES_MAX": "of a quarantine, ours",
    "RECEIVED_SPF_MAX": "values are at most AUTHENTICATION_RESULTS_VALUE_MAX each",
    "RECORD_MAX": "a record that we write ourselves",
    "REPLY_BYTES_MAX": "libmilter's; REPLY_TEXT_MAX is less",
    "RESOLV_CONF_MAX": "the operator's",
    "RETIRED_MAX": "ours",
    "SERVERS_MAX": "the operator's",
    "SHOWN_MAX": "of a wrong term in a reason",
    "SILENCE_MAX": "ours",
    "SOCKETS_MAX": "ours",
    "SPARE_MAX": "ours: blocks of memory kept for the next message",
    "STATE_MAX": "ours",
    "STRING_MAX": "zone text, for tests",
    "TCP_MAX": "ours; what is over waits",
    "TRUST_ANCHORS_MAX": "the operator's",
    "TRACE_SPF_STEPS_MAX": "of dmarcmilter-check; the daemon keeps no trace",
    "TREE_WALK_ORGANIZATIONS_MAX": "follows from TREE_WALK_QUESTIONS_MAX",
    "WIRE_LABEL_MAX": "DOMAIN_LABEL_MAX",
    "WIRE_NAME_MAX": "DOMAIN_NAME_MAX, on the wire",
}


def constants():
    found = {}
    pattern = re.compile(r"\b([A-Z][A-Z0-9_]*_(?:MAX|CAPACITY)) = ([^,\n}/]+)")
    for folder in FOLDERS:
        for path in glob.glob(os.path.join(ROOT, "milter", folder, "*.[ch]")):
            if os.path.basename(path).startswith(OPERATORS_OWN):
                continue
            with open(path, encoding="ascii") as file:
                for name, value in pattern.findall(file.read()):
                    plain = re.fullmatch(r"[0-9 *<+]+", value.strip())
                    found[name] = eval(value) if plain else None
    return found


def table():
    """Pairs: the comments before an item, and the item."""
    with open(os.path.join(ROOT, "milter/programs/dmarcmilter.8"), encoding="ascii") as file:
        section = file.read().split(".Sh LIMITS\n")[1].split(".Sh ")[0]
    comments = []
    for line in section.splitlines():
        if line.startswith('.\\" ') and ": " in line:
            comments.append(line[4:].split(": "))
        elif line.startswith(".It "):
            yield comments, line
            comments = []


def is_there(tests):
    kind, *names = tests.split()
    if kind == "scenarios":
        return all(os.path.exists(os.path.join(ROOT, "tests", kind, name + ".scn"))
                   for name in names)
    with open(os.path.join(ROOT, "tests", kind), encoding="ascii") as file:
        source = file.read()
    return f"\n{names[0]}(void **state)\n" in source or f"\ndef {names[0]}(" in source


def check(known, options):
    listed = set()
    for comments, item in table():
        if not comments:
            yield f"{item}: no test is named"
        for what, tests in comments:
            kind, _, option = what.partition(" ")
            number = options.get(option) if option else known.get(what)
            listed.add(kind)
            if number is None:
                yield f"{what}: not in the source"
            elif str(number) not in re.split(r"[ ,]", item):
                yield f"{what}: {number} is not in {item}"
            if option and f"Cm {option}" not in item:
                yield f"{option} is not named in {item}"
            if not is_there(tests):
                yield f"{what}: no test {tests}"
    for name in sorted(set(known) - listed - set(INTERNAL)):
        yield f"{name}: neither in LIMITS of dmarcmilter(8) nor in tests/style/limits.py"
    for name in sorted(set(INTERNAL) - set(known)):
        yield f"{name}: no longer in the source"


def main():
    listing = subprocess.run(["./tests/tools/list_options"], check=True, capture_output=True,
                             text=True).stdout
    options = dict(line.split("\t")[:2] for line in listing.splitlines())
    known = constants()
    messages = list(check(known, options))
    for message in messages:
        print(message)
    print(f"{len(known)} constants, {len(messages)} differences")
    sys.exit(1 if messages or not known else 0)


main()
