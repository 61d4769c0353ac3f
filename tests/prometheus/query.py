#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Asks a Prometheus, for up to 20 seconds, until the answer is there.

usage: query.py URL value QUERY     prints the value of the one series that it gives
       query.py URL rules           prints "N rules", when each was evaluated, and those in trouble"""
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

PATIENCE = 20


def get(path):
    with urllib.request.urlopen(sys.argv[1] + path, timeout=PATIENCE) as answer:
        return json.load(answer)["data"]


def value():
    result = get("/api/v1/query?" + urllib.parse.urlencode({"query": sys.argv[3]}))["result"]
    return result[0]["value"][1] if len(result) == 1 else None


def rules():
    found = [rule for group in get("/api/v1/rules")["groups"] for rule in group["rules"]]
    if not found or any(rule["health"] == "unknown" for rule in found):
        return None
    bad = [f"{rule['name']}: {rule.get('lastError')}" for rule in found if rule["health"] != "ok"]
    return "\n".join([f"{len(found)} rules"] + bad)


def main():
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            answer = {"value": value, "rules": rules}[sys.argv[2]]()
        except (urllib.error.URLError, ConnectionError):
            answer = None
        if answer is not None:
            print(answer)
            return
        time.sleep(0.2)
    sys.exit("no answer")


main()
