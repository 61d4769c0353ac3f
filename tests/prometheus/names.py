#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The daemon, its manual page, the dashboard and the alerts speak of the same
metrics, labels and values. The truth is what the daemon in the build folder
serves. With a folder as argument, leaves there for promtool: metrics.txt and,
with the dashboard's queries as recording rules, dashboard.rules.yml.

usage: names.py [FOLDER]"""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

source = os.environ.get("srcdir", ".")
OWN = re.compile(r"dmarcmilter_[a-z_]+")
# Labels that Prometheus adds.
ADDED = {"instance", "job", "le", "alertname"}
problems = []


def complain(text):
    problems.append(text)


def fetch(path, target):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(path)
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.decode().partition("\r\n\r\n")
    if not head.startswith("HTTP/1.1 200 "):
        sys.exit(f"{target}: {head}")
    return head, body


def served():
    """What the daemon serves when it has seen no mail."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "metrics")
        config = os.path.join(folder, "conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"Socket unix:{folder}/milter\nMetricsSocket unix:{path}\n"
                       "Nameservers 127.0.0.1:9\nLogTarget stderr\n")
        with open(os.path.join(folder, "log"), "w+", encoding="utf-8") as log:
            daemon = subprocess.Popen(["./dmarcmilter", "-c", config], stderr=log)
            try:
                for _ in range(400):
                    log.seek(0)
                    if "listening on" in log.read() or daemon.poll() is not None:
                        break
                    time.sleep(0.05)
                head, body = fetch(path, "/metrics")
            finally:
                daemon.send_signal(signal.SIGTERM)
                code = daemon.wait(60)
    if "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n" not in head + "\r\n":
        complain("the content type is not that of the text format")
    if code != 0:
        complain(f"the daemon ended with {code}")
    return body


def read_families(body):
    """name -> (type, labels, {label: values})"""
    families = {}
    for line in body.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            families[name] = (kind, [], {})
        elif not line.startswith("#"):
            name, labels = re.fullmatch(r'(\w+)(?:\{(.*)\})? \S+', line).groups()
            family = family_of(name, families)
            if family is None:
                complain(f"served without a type: {line}")
                continue
            for label, value in re.findall(r'(\w+)="([^"]*)"', labels or ""):
                if label != "le" and label not in families[family][1]:
                    families[family][1].append(label)
                families[family][2].setdefault(label, set()).add(value)
    return families


def family_of(name, families):
    if name in families and families[name][0] != "histogram":
        return name
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return base if base != name and base in families and families[base][0] == "histogram" else None


def check_manual(families):
    path = os.path.join(source, "milter/programs/dmarcmilter.8")
    with open(path, encoding="ascii") as file:
        section = file.read().partition("\n.Sh METRICS\n")[2].partition("\n.Sh ")[0]
    rows = [(f"dmarcmilter_{name}", (labels or "").replace(" ,", "").split())
            for name, labels in re.findall(r"^\.It Cm (\w+_\w+)(?: Pq Cm (.+))?$", section, re.M)]
    wanted = [(name, family[1]) for name, family in families.items()]
    if rows != wanted:
        complain(f"{path} has {rows}, but the daemon serves {wanted}")


def check_query(place, query, families):
    names = OWN.findall(query)
    labels = set(ADDED)
    for name in names:
        family = family_of(name, families)
        if family is None:
            complain(f"{place}: there is no {name}")
            return
        labels.update(families[family][1])
    for name, selector in re.findall(r"(dmarcmilter_[a-z_]+)\{([^}]*)\}", query):
        known = families[family_of(name, families)]
        for label, operator, value in re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', selector):
            if label in ADDED:
                continue
            if label not in known[1]:
                complain(f"{place}: {name} has no label {label}")
                continue
            for one in value.split("|") if "~" in operator else [value]:
                if label != "rule" and one not in known[2][label]:
                    complain(f'{place}: {label} of {name} is never "{one}"')
    for group in re.findall(r"\bby\s*\(([^)]*)\)", query):
        for label in group.replace(",", " ").split():
            if label not in labels:
                complain(f"{place}: grouped by {label}, which nothing there has")


def check_dashboard(families):
    """Returns its queries. What Grafana wants of a dashboard in the classic form."""
    path = os.path.join(source, "contrib/grafana/dmarcmilter.json")
    with open(path, encoding="ascii") as file:
        board = json.load(file)
    queries, cells, ids = [], set(), set()
    variables = {variable["name"] for variable in board["templating"]["list"]}
    if board["id"] is not None or not board["uid"] or board["schemaVersion"] < 39:
        complain(f"{path}: id, uid or schemaVersion")
    for panel in board["panels"]:
        place = f"{path}: {panel['title']}"
        position = panel["gridPos"]
        area = {(x, y) for x in range(position["x"], position["x"] + position["w"])
                for y in range(position["y"], position["y"] + position["h"])}
        if area & cells or position["x"] + position["w"] > 24:
            complain(f"{place}: lies on another panel, or beside the board")
        cells |= area
        if panel["id"] in ids:
            complain(f"{place}: its id is not its own")
        ids.add(panel["id"])
        references = [target["refId"] for target in panel.get("targets", [])]
        if len(set(references)) != len(references) or not references and panel["type"] != "row":
            complain(f"{place}: queries")
        for target in panel.get("targets", []):
            check_query(place, target["expr"], families)
            if not set(re.findall(r"\$\{?(\w+)", target["expr"])) <= variables | {"__rate_interval"}:
                complain(f"{place}: an unknown variable")
            if target["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
                complain(f"{place}: data source")
            queries.append(target["expr"])
    shown = {family_of(name, families) for query in queries for name in OWN.findall(query)}
    for name in families:
        if name not in shown:
            complain(f"{path}: nobody sees {name}")
    return queries


def check_alerts(families):
    path = os.path.join(source, "contrib/prometheus/dmarcmilter.rules.yml")
    with open(path, encoding="ascii") as file:
        text = file.read()
    queries = re.findall(r"^ +expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)", text, re.M)
    if len(queries) != text.count("- alert: "):
        complain(f"{path}: {len(queries)} queries found")
    for block, line in queries:
        check_query(path, block or line, families)


def write_rules(path, queries):
    with open(path, "w", encoding="ascii") as file:
        file.write("groups:\n  - name: dashboard\n    rules:\n")
        for number, query in enumerate(queries):
            query = query.replace("$__rate_interval", "5m").replace("$instance", ".*")
            file.write(f"      - record: query:{number}\n        expr: {json.dumps(query)}\n")


def main():
    body = served()
    families = read_families(body)
    check_manual(families)
    queries = check_dashboard(families)
    check_alerts(families)
    if len(sys.argv) > 1:
        with open(os.path.join(sys.argv[1], "metrics.txt"), "w", encoding="ascii") as file:
            file.write(body)
        write_rules(os.path.join(sys.argv[1], "dashboard.rules.yml"), queries)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
