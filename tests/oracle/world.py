"""What all states of a run share: connector accounts with their groups, and the password policies."""

import ldb

from directory import text_of_sid
from entries import WELL_KNOWN

PASSWORD = "Lab-Connector-2026"
EVENT_LOG_READERS = "S-1-5-32-573"
# Security-enabled global, universal and domain-local; global without security ([MS-ADTS] 2.2.12).
GLOBAL, UNIVERSAL, DOMAIN_LOCAL, DISTRIBUTION = "-2147483646", "-2147483640", "-2147483644", "2"
DAY = 24 * 3600
TICKS = 10_000_000

# Connector accounts: which have a primary group of their own (and left Domain Users), which are in Builtin.
CONNECTORS = [
    {"primary": False, "builtin": False},
    {"primary": True, "builtin": False},
    {"primary": False, "builtin": True},
    {"primary": True, "builtin": True},
    {"primary": False, "builtin": False},
    {"primary": True, "builtin": False},
]

# Password policies: precedence and minimum age in seconds.
POLICIES = {"long": (10, DAY), "zero": (20, 0), "short": (30, 3600)}


class World:
    def __init__(self, local, seed):
        self.local = local
        self.tag = f"o{seed}"
        self.top = local.child(local.base, "OU", f"oracle-{seed}")
        local.sam.add({"dn": self.top, "objectClass": "organizationalUnit"})
        self.shared = local.child(self.top, "OU", "shared")
        local.sam.add({"dn": self.shared, "objectClass": "organizationalUnit"})
        stranger, _ = self.group("stranger", GLOBAL)
        self.common = dict(WELL_KNOWN, stranger=stranger, domainUsers=f"{local.domain_sid}-513")
        self.connectors = [self.connector(number, **kind) for number, kind in enumerate(CONNECTORS)]
        self.policies = {name: self.policy(name, *terms) for name, terms in POLICIES.items()}

    def group(self, name, kind, members=()):
        dn = self.local.child(self.shared, "CN", f"{self.tag}-{name}")
        message = {"dn": dn, "objectClass": "group", "sAMAccountName": f"{self.tag}-{name}", "groupType": kind}
        if members:
            message["member"] = [str(member) for member in members]
        self.local.sam.add(message)
        return self.local.sid(dn), dn

    def connector(self, number, primary, builtin):
        local, name = self.local, f"MSOL_{self.tag}_{number}"
        local.sam.newuser(name, PASSWORD, userou=str(self.shared).removesuffix("," + local.base), useusernameascn=True)
        dn = local.child(self.shared, "CN", name)
        sids = dict(self.common, account=local.sid(dn))
        sids["directGroup"], _ = self.group(f"{number}-direct", GLOBAL, [dn])
        sids["universalGroup"], _ = self.group(f"{number}-universal", UNIVERSAL, [dn])
        sids["localGroup"], _ = self.group(f"{number}-local", DOMAIN_LOCAL, [dn])
        sids["distribution"], _ = self.group(f"{number}-list", DISTRIBUTION, [dn])
        _, inner = self.group(f"{number}-inner", GLOBAL, [dn])
        _, middle = self.group(f"{number}-middle", UNIVERSAL, [inner])
        sids["nestedGroup"], _ = self.group(f"{number}-nested", DOMAIN_LOCAL, [middle])
        if primary:
            sids["primaryGroup"], group = self.group(f"{number}-primary", GLOBAL, [dn])
            local.replace(local.sam, dn, primaryGroupID=sids["primaryGroup"].rsplit("-", 1)[1])
            self.members(f"CN=Domain Users,CN=Users,{local.base}", dn, ldb.FLAG_MOD_DELETE)
        if builtin:
            sids["builtinGroup"] = EVENT_LOG_READERS
            self.members(f"CN=Event Log Readers,CN=Builtin,{local.base}", dn, ldb.FLAG_MOD_ADD)
        return {"name": name, "dn": dn, "sids": sids}

    def members(self, group, member, how):
        message = ldb.Message(ldb.Dn(self.local.sam, group))
        message["member"] = ldb.MessageElement(str(member), how, "member")
        self.local.sam.modify(message)

    def policy(self, name, precedence, least_age):
        """A fine-grained policy and the group it applies to ([MS-ADTS] 3.1.1.4.5.36, msDS-ResultantPSO)."""
        _, group = self.group(f"pso-{name}", GLOBAL)
        dn = self.local.child(f"CN=Password Settings Container,CN=System,{self.local.base}", "CN", f"{self.tag}-{name}")
        self.local.sam.add({
            "dn": dn,
            "objectClass": "msDS-PasswordSettings",
            "msDS-PasswordSettingsPrecedence": str(precedence),
            "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
            "msDS-PasswordHistoryLength": "3",
            "msDS-PasswordComplexityEnabled": "TRUE",
            "msDS-MinimumPasswordLength": "7",
            "msDS-MinimumPasswordAge": str(-least_age * TICKS),
            "msDS-MaximumPasswordAge": str(-365 * DAY * TICKS),
            "msDS-LockoutThreshold": "0",
            "msDS-LockoutObservationWindow": str(-1800 * TICKS),
            "msDS-LockoutDuration": str(-1800 * TICKS),
            "msDS-PSOAppliesTo": str(group),
        })
        return {"dn": dn, "group": group}

    def token(self, dn):
        """As a collector reads it (catalog 2.3 (1)): the groups by a base search, the rest from what holds."""
        found = self.local.one(dn, "objectSid", "tokenGroups", "sIDHistory")
        sids = lambda name: sorted(text_of_sid(sid) for sid in found.get(name, []))
        return {
            "accountSid": text_of_sid(found["objectSid"][0]),
            "sids": sids("tokenGroups"),
            "sidHistory": sids("sIDHistory"),
            "wellKnownAdded": ["S-1-1-0", "S-1-5-11", "S-1-5-15", "S-1-5-2", *self.builtin_of_everybody()],
        }

    def builtin_of_everybody(self):
        """Groups of Builtin that every remote logon gets, because a well-known SID is a member."""
        found = []
        for name in ("Pre-Windows 2000 Compatible Access", "Users"):
            dn = f"CN={name},CN=Builtin,{self.local.base}"
            entry = self.local.one(dn, "member", "objectSid")
            members = [str(member).split(",", 1)[0] for member in entry.get("member", [])]
            if "CN=S-1-5-11" in members or "CN=S-1-1-0" in members:
                found.append(text_of_sid(entry["objectSid"][0]))
        return found
