#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The names that core/policy.c gives its own decisions are those that
config/rule_table.c keeps from the operator's rules, and tool/log_explain_decision.c
explains each. In the policy such a name is a literal that is given to `rule`, or stands
in front of its reply; edit-refused is of the program."""
import os
import re
import sys

top = os.path.join(os.environ.get("srcdir", "."), "milter")
with open(os.path.join(top, "core", "policy.c"), encoding="ascii") as policy:
    used = {one or other for one, other in
            re.findall(r'\brule = "([a-z-]+)"|"([a-z-]+)",\s*REPLY_', policy.read())}
with open(os.path.join(top, "config", "rule_table.c"), encoding="ascii") as table:
    known = set(re.findall(r'"([a-z-]+)"',
                           re.search(r"built_in_names\[\] = \{(.*?)\};", table.read(), re.S)[1]))
with open(os.path.join(top, "tool", "log_explain_decision.c"), encoding="ascii") as source:
    explained = set(re.findall(r'^\t\{ "([a-z-]+)"', re.search(
        r"rule_meanings\[\] = \{(.*?)\n\};", source.read(), re.S)[1], re.M))
for name in sorted((used | {"edit-refused"}) ^ explained):
    print(f"tool/log_explain_decision.c: {name} is missing in rule_meanings, or is no rule")
for name in sorted(used - known):
    print(f"config/rule_table.c: {name} is missing in built_in_names")
for name in sorted(known - used):
    print(f"config/rule_table.c: {name} in built_in_names is no name of core/policy.c")
print(f"{len(used)} names")
sys.exit(1 if used != known or used | {"edit-refused"} != explained or len(used) < 10 else 0)
