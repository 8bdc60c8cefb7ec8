"""What a truthful product has to say about a state: for each check the statuses that fit.

The statuses are those of the catalog. A check that says nothing about a state is left out.
"""

from left_out import left_out

RIGHTS = {"PW505": "reset", "PW506": "lockoutTime", "PW507": "pwdLastSet"}
PLANTED = ("PW908", "PW909", "PW910", "PW911", "PW919")
CHECKS = (*RIGHTS, "PW509", "PW912", "PW915", *PLANTED)


def expected(state):
    truth, planted = dict(state["truth"]), state["planted"]
    for operation in left_out(state):
        truth.pop(operation, None)
    found = {}
    for check, operation in RIGHTS.items():
        answer = truth.get(operation, {}).get("answer")
        if answer in ("accepted", "refused"):
            found[check] = {"pass"} if answer == "accepted" else {"fail"}
    found |= of_changes(truth)
    found["PW908"] = {"fail"} if "reserved" in planted else {"pass"}
    found["PW909"] = {"fail"} if planted.get("disabled") else {"warn"} if planted.get("expired") else {"pass"}
    found["PW910"] = {"warn"} if planted.get("locked") else {"pass"}
    unusual = planted.get("smartCard") or state["class"] == "inetOrgPerson"
    found["PW911"] = {"warn"} if unusual else {"pass"}
    if all(check in found for check in RIGHTS):
        granted = all(found[check] == {"pass"} for check in RIGHTS)
        found["PW919"] = {"pass"} if not state["protected"] else {"warn"} if granted else {"fail"}
    return found


def of_changes(truth):
    """The rights are examined before the age, so "too young" says that the right is there."""
    found, own = {}, truth["change"]["answer"]
    if own in ("accepted", "tooYoung", "refused"):
        found["PW915"] = {"warn", "fail"} if own == "refused" else {"pass"}
    if own in ("accepted", "tooYoung"):
        found["PW912"] = {"warn", "fail"} if own == "tooYoung" else {"pass"}
    other = truth.get("connectorChange", {}).get("answer")
    if other in ("accepted", "refused"):
        found["PW509"] = {"pass"} if other == "accepted" else {"warn"}
    return found
