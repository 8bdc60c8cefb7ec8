"""Asks the product about the states of a phase: one run for each connector account.

ask.py --phase A|B --report PROGRAM STATES FINDINGS

PROGRAM is the example `report`. It reads as the domain's administrator, because an ordinary user sees no
password policy of a group and the age would be undecided; the password is in PWB_ORACLE_PASSWORD. FINDINGS
gets a finding in each line, behind those that are there.
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections import defaultdict

from expected import CHECKS

DEADLINE_MS = 300_000


def request(connector, states, knowledge):
    return {
        "syncServer": True,
        "knowledgePath": knowledge,
        "selection": {"checks": list(CHECKS), "includeNotCollected": True},
        "limits": {"globalTimeoutMs": DEADLINE_MS},
        "directory": {
            "domains": [os.environ["PWB_LAB_DOMAIN"]],
            "servers": [os.environ["PWB_LAB_DC1"]],
            "user": f"administrator@{os.environ['PWB_LAB_DOMAIN']}",
            "connectorAccounts": [connector],
            "identities": [state["objectGuid"] for state in states],
        },
    }


def ask(program, asked):
    options = ["--diagnostic", "pwb_test_user", "--secret-from", "PWB_ORACLE_PASSWORD"]
    with tempfile.NamedTemporaryFile() as report:
        subprocess.run([program, *options, json.dumps(asked), report.name], check=True, stdout=subprocess.DEVNULL)
        return json.load(report)["findings"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phase", choices=["A", "B"], required=True)
    parser.add_argument("--report", required=True)
    parser.add_argument("states")
    parser.add_argument("findings")
    arguments = parser.parse_args()
    by_connector = defaultdict(list)
    with open(arguments.states, encoding="utf-8") as lines:
        for state in map(json.loads, lines):
            if state["phase"] == arguments.phase:
                by_connector[state["connector"]].append(state)
    with open(arguments.findings, "a", encoding="utf-8") as out:
        for connector, states in by_connector.items():
            asked = request(connector, states, os.environ["PWB_LAB_KNOWLEDGE"])
            for finding in ask(arguments.report, asked):
                out.write(json.dumps(finding) + "\n")


if __name__ == "__main__":
    main()
