"""Compares findings with the truth.

compare.py [--checks PW505,PW506] STATES FINDINGS

FINDINGS: a finding in each line, as in the product's JSON, or a report with `findings`. Ends with
'N agree, N differ, N undecided'; the exit code is not 0 when anything differs, or more than 2 % is undecided.
"""

import argparse
import collections
import json
import sys

from expected import CHECKS, expected
from left_out import left_out
from states import every_class

UNDECIDED_PERCENT = 2
# Of 500 states each class has to come at least ten times.
LEAST_PER_STATE = 10 / 500


def lines_of(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def read_findings(path):
    items = lines_of(path)
    if len(items) == 1 and "findings" in items[0]:
        items = items[0]["findings"]
    return {(item["id"], item["target"]["key"]): item for item in items if "id" in item}


def show(state, check, fitting, finding):
    said = finding["status"] if finding else "nothing"
    print(f"\n{state['id']} {check}: the directory says {'/'.join(sorted(fitting))}, the product {said}")
    print(f"  kind       {state['kind']} ({state['class']}), phase {state['phase']}, planted {json.dumps(state['planted'])}")
    print(f"  dn         {state['dn']}")
    print(f"  connector  {state['connector']} {state['connectorToken']['accountSid']}")
    print(f"  sddl       {state['sddl']}")
    print(f"  directory  {json.dumps(state['truth'])}")
    if finding:
        print(f"  product    {finding.get('reason')} {json.dumps(finding.get('evidence'))}")


def compare(states, findings, checks):
    counts = {check: collections.Counter() for check in checks}
    for state in states:
        for check, fitting in expected(state).items():
            if check not in checks:
                continue
            finding = findings.get((check, f"user:{state['objectGuid']}"))
            status = finding["status"] if finding else "unknown"
            if status in fitting:
                result = "agree"
            else:
                result = "undecided" if status in ("unknown", "notApplicable") else "differ"
                show(state, check, fitting, finding)
            counts[check][result] += 1
    return counts


def table_of_classes(states):
    """Whether each class of state occurred often enough; a rare one would be proven by luck."""
    counts = collections.Counter(tag for state in states for tag in state["tags"])
    counts.update(dict.fromkeys(every_class(), 0))
    least = int(len(states) * LEAST_PER_STATE)
    print("\nstates of each class:")
    for tag, count in sorted(counts.items()):
        print(f"  {count:4} {tag}{'' if count >= least else f'   fewer than {least}'}")
    return all(count >= least for count in counts.values())


def table_of_answers(states):
    counts = collections.Counter(
        (operation, answer["answer"]) for state in states for operation, answer in state["truth"].items()
    )
    print("\nanswers of the directory:")
    for (operation, answer), count in sorted(counts.items()):
        print(f"  {count:4} {operation} {answer}")
    reasons = collections.Counter(item for state in states for item in left_out(state).items())
    for (operation, reason), count in sorted(reasons.items()):
        print(f"  {count:4} {operation} left out: {reason}")
    errors = [(s["id"], s["kind"], o, a) for s in states for o, a in s["truth"].items() if a["answer"] == "error"]
    for error in errors:
        print("  no truth:", *error)
    return not errors


def in_words(count):
    return f"{count['agree']} agree, {count['differ']} differ, {count['undecided']} undecided"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", default=",".join(CHECKS))
    parser.add_argument("states")
    parser.add_argument("findings")
    asked = parser.parse_args()
    states = lines_of(asked.states)
    counts = compare(states, read_findings(asked.findings), asked.checks.split(","))
    enough, clear = table_of_classes(states), table_of_answers(states)
    print()
    for check, count in counts.items():
        good = count["agree"] and not count["differ"]
        print(f"{'ok' if good else 'not ok'} - {check}: {in_words(count)}")
    print(f"{'ok' if enough else 'not ok'} - each class of state occurs often enough")
    print(f"{'ok' if clear else 'not ok'} - the directory gave a clear answer to every operation")
    total = sum(counts.values(), collections.Counter())
    judged = total["agree"] + total["differ"] + total["undecided"]
    few = total["undecided"] * 100 <= judged * UNDECIDED_PERCENT
    print(f"{'ok' if few else 'not ok'} - at most {UNDECIDED_PERCENT} % undecided")
    print(in_words(total))
    sys.exit(0 if judged and not total["differ"] and few and enough and clear else 1)


if __name__ == "__main__":
    main()
