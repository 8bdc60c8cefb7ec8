"""Answers that say nothing about Active Directory, because Samba 4.17 is known to answer otherwise.

Each rule looks at the descriptor that was stored, not at what was meant to be planted, and names the text
that Samba departs from. What is left out is counted and printed by `compare.py`.
"""

import re

from entries import ACCOUNT_RESTRICTIONS, CLASSES, LOCKOUT_TIME, PWD_LAST_SET

ACE = re.compile(r"\((\w+);(\w*);(\w*);([\w-]*);([\w-]*);([\w-]*)\)")
CONTROL_FOR_WRITE = (
    "an object ACE with CONTROL_ACCESS grants Samba's write of the property that it names; "
    "[MS-ADTS] 5.1.3.3.3 asks for WRITE_PROPERTY"
)
OWNER_RIGHTS = "Samba does not know Owner Rights; [MS-DTYP] 2.4.2.4, S-1-3-4 stands for the owner"


def left_out(state):
    """Operations of the connector account whose answer does not count, and why."""
    aces = [found.groups() for found in ACE.finditer(state["sddl"])]
    aces = [ace for ace in aces if "IO" not in re.findall("..", ace[1])]
    found = {}
    if speaks_of_owner(state, aces):
        found = dict.fromkeys(("reset", "lockoutTime", "pwdLastSet", "connectorChange"), OWNER_RIGHTS)
    own_class = CLASSES[state["class"]]
    covering = {
        "lockoutTime": ("", own_class, LOCKOUT_TIME),
        "pwdLastSet": ("", own_class, PWD_LAST_SET, ACCOUNT_RESTRICTIONS),
    }
    for operation, types in covering.items():
        for kind, _, rights, object_type, _, _ in aces:
            rights = re.findall("..", rights)
            if kind == "OA" and "CR" in rights and "WP" not in rights and object_type in types:
                found.setdefault(operation, CONTROL_FOR_WRITE)
    return found


def speaks_of_owner(state, aces):
    owned = state["sddl"].startswith(f"O:{state['connectorToken']['accountSid']}G:")
    return owned and any(ace[5] in ("OW", "S-1-3-4") for ace in aces)
