"""The words of a descriptor: what an entry gives, to whom, and how it is written in SDDL."""

import re
from dataclasses import dataclass

USER_CLASS = "bf967aba-0de6-11d0-a285-00aa003049e2"
INET_ORG_PERSON = "4828cc14-1437-45bc-9b07-ad6f015e5f28"
CLASSES = {"user": USER_CLASS, "inetOrgPerson": INET_ORG_PERSON}
OTHER_CLASSES = {
    "computer": "bf967a86-0de6-11d0-a285-00aa003049e2",
    "group": "bf967a9c-0de6-11d0-a285-00aa003049e2",
    "organizationalUnit": "bf967aa5-0de6-11d0-a285-00aa003049e2",
}

RESET_PASSWORD = "00299570-246d-11d0-a768-00aa006e0529"
CHANGE_PASSWORD = "ab721a53-1e2f-11d0-9819-00aa0040529b"
UNEXPIRE_PASSWORD = "ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501"
LOCKOUT_TIME = "28630ebf-41d5-11d1-a9c1-0000f80367c1"
PWD_LAST_SET = "bf967a0a-0de6-11d0-a285-00aa003049e2"
ACCOUNT_RESTRICTIONS = "4c164200-20c0-11d0-a768-00aa006e0529"
PERSONAL_INFORMATION = "77b5b886-944a-11d1-aebd-0000f80367c1"
DESCRIPTION = "bf967950-0de6-11d0-a285-00aa003049e2"

FULL_CONTROL = "RPWPCRCCDCLCLORCWOWDSDDTSW"

# Name of an entry: rights and object type. `class` stands for the class of the object itself.
ENTRIES = {
    "extendedRight": ("CR", RESET_PASSWORD),
    "changePassword": ("CR", CHANGE_PASSWORD),
    "otherRight": ("CR", UNEXPIRE_PASSWORD),
    "allExtendedRights": ("CR", ""),
    "lockoutTime": ("WP", LOCKOUT_TIME),
    "pwdLastSet": ("WP", PWD_LAST_SET),
    "propertySet": ("WP", ACCOUNT_RESTRICTIONS),
    "otherPropertySet": ("WP", PERSONAL_INFORMATION),
    "otherProperty": ("WP", DESCRIPTION),
    "classProperties": ("WP", "class"),
    "userProperties": ("WP", USER_CLASS),
    "allProperties": ("WP", ""),
    "readAndWriteAll": ("RPWPLCLORC", ""),
    "wrongMaskOfRight": ("WP", RESET_PASSWORD),
    "wrongMaskOfProperty": ("CR", LOCKOUT_TIME),
    "readProperty": ("RP", PWD_LAST_SET),
    "genericAll": ("GA", ""),
    "genericWrite": ("GW", ""),
    "fullControl": (FULL_CONTROL, ""),
}

# What is left of a deny for everybody. Who may not see a user gets no answer about it, the product included:
# that is right, and undecided, so only `bare` plants it.
READING = {"RP", "LC", "LO", "RC"}
ALL_BUT_READING = "".join(right for right in re.findall("..", FULL_CONTROL) if right not in READING)
DENIED_TO_ALL = {"GA": ALL_BUT_READING, FULL_CONTROL: ALL_BUT_READING, "RPWPLCLORC": "WP", "GW": "WPSW"}
OF_ALL = {"everyone", "authenticatedUsers", "network", "users", "preWindows2000", "domainUsers"}

# Trustees that are the same for every account.
WELL_KNOWN = {
    "everyone": "S-1-1-0",
    "authenticatedUsers": "S-1-5-11",
    "network": "S-1-5-2",
    "self": "S-1-5-10",
    "users": "S-1-5-32-545",
    "preWindows2000": "S-1-5-32-554",
    "ownerRights": "S-1-3-4",
    "creatorOwner": "S-1-3-0",
    "interactive": "S-1-5-4",
}


@dataclass
class Ace:
    """One entry: `allow`, its flags in SDDL, the name of an entry, the name of a trustee."""

    allow: bool
    entry: str
    trustee: str
    flags: str = ""
    limited_to: str = ""

    def sddl(self, sids, object_class):
        rights, object_type = ENTRIES[self.entry]
        if not self.allow and self.trustee in OF_ALL:
            rights = DENIED_TO_ALL.get(rights, rights)
        if object_type == "class":
            object_type = CLASSES[object_class]
        kind = ("O" if object_type or self.limited_to else "") + ("A" if self.allow else "D")
        return f"({kind};{self.flags};{rights};{object_type};{self.limited_to};{sids[self.trustee]})"
