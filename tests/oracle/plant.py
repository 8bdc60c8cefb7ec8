"""Puts the states into the directory: containers, users, what stands about them, and bytes out of order."""

import re
import time

import ldb

from directory import pack, quoted, unpack
from model import Container

# [MS-DTYP] 2.4.6: DACL present.
DACL_PRESENT = 0x0004
# [MS-ADTS] 2.2.16.
NORMAL_ACCOUNT, DISABLED, SMARTCARD_REQUIRED = 0x200, 0x2, 0x40000
INHERITED = 0x10


def file_time(seconds_ago):
    """100 ns since 1601, UTC."""
    return str(int((time.time() - seconds_ago + 11644473600) * 10_000_000))


def first_password(state):
    return f"Or4cle-first.{state.number:04}"


class Planter:
    def __init__(self, local, world, rng):
        self.local, self.world, self.rng = local, world, rng
        self.defaults = {name: self.schema_aces(name) for name in ("user", "inetOrgPerson", "organizationalUnit")}
        self.top = local.child(world.top, "OU", "states")
        local.sam.add({"dn": self.top, "objectClass": "organizationalUnit"})

    def schema_aces(self, class_name):
        """The entries that an object of the class gets when nobody says otherwise."""
        schema = str(self.local.sam.get_schema_basedn())
        found = self.local.sam.search(
            schema, ldb.SCOPE_ONELEVEL, f"(lDAPDisplayName={class_name})", attrs=["defaultSecurityDescriptor"]
        )
        return re.findall(r"\([^)]*\)", str(found[0]["defaultSecurityDescriptor"][0]))

    def plant(self, states):
        """All in one transaction: a commit for each would take minutes."""
        sam = self.local.sam
        sam.transaction_start()
        dns = {state.number: self.plant_one(state) for state in states}
        for name, policy in self.world.policies.items():
            self.apply(policy["dn"], "msDS-PSOAppliesTo", dns, states, "policyOfUser", name)
            self.apply(policy["group"], "member", dns, states, "policyOfGroup", name)
        sam.transaction_commit()
        raw = self.local.raw()
        raw.transaction_start()
        for state in states:
            self.write_below(raw, state, dns[state.number])
        raw.transaction_commit()
        return dns

    def apply(self, dn, attribute, dns, states, where, name):
        values = [str(dns[state.number]) for state in states if name in state.planted.get(where, [])]
        if values:
            message = ldb.Message(dn)
            message[attribute] = ldb.MessageElement(values, ldb.FLAG_MOD_ADD, attribute)
            self.local.sam.modify(message)

    def plant_one(self, state):
        sam, parent = self.local.sam, self.top
        sids = self.world.connectors[state.connector]["sids"]
        late = []
        for depth, place in enumerate(state.containers):
            parent = self.local.child(parent, "OU", place.name or f"s{state.number}-{depth}")
            shown = Container() if state.late else place
            sam.add({"dn": parent, "objectClass": "organizationalUnit", "nTSecurityDescriptor": self.of_container(shown, sids)})
            if state.late:
                late.append((parent, place))
        dn = self.local.child(parent, "CN", f"u{state.number}")
        sam.add({"dn": dn, **self.user(state, sids)})
        for container, place in late:
            self.local.replace(sam, container, nTSecurityDescriptor=self.of_container(place, sids))
        return dn

    def of_container(self, place, sids):
        aces = [ace.sddl(sids, "user") for ace in place.aces] + self.defaults["organizationalUnit"]
        return self.packed("O:DAG:DA", place.protected, aces)

    def user(self, state, sids):
        control = NORMAL_ACCOUNT
        control |= DISABLED if state.planted.get("disabled") else 0
        control |= SMARTCARD_REQUIRED if state.planted.get("smartCard") else 0
        name = f"{self.world.tag}-u{state.number}"
        values = {
            "objectClass": state.object_class,
            "sn": name,
            "sAMAccountName": name,
            "userPrincipalName": f"{name}@corp.example.test",
            "userAccountControl": str(control),
            "unicodePwd": quoted(first_password(state)),
        }
        if state.planted.get("expired"):
            values["accountExpires"] = file_time(3600)
        if state.aces or state.aces_after or state.protected or state.owned or not state.schema_aces:
            write = lambda aces: [ace.sddl(sids, state.object_class) for ace in aces]
            schema = self.defaults[state.object_class] if state.schema_aces else []
            owner = f"O:{sids['account'] if state.owned else 'DA'}G:DA"
            aces = write(state.aces) + schema + write(state.aces_after)
            values["nTSecurityDescriptor"] = self.packed(owner, state.protected, aces)
        return values

    def packed(self, owner, protected, aces):
        return pack(self.local.descriptor(f"{owner}D:{'P' if protected else ''}{''.join(aces)}"))

    def write_below(self, raw, state, dn):
        planted, values = state.planted, {}
        if planted.get("mustChange"):
            values["pwdLastSet"] = "0"
        if "passwordAge" in planted:
            values["pwdLastSet"] = file_time(planted["passwordAge"])
        if planted.get("locked"):
            values["lockoutTime"] = file_time(60)
        if planted.get("lockOver"):
            values["lockoutTime"] = file_time(7200)
        if state.raw:
            values["nTSecurityDescriptor"] = self.disordered(state.raw, dn)
        if values:
            self.local.replace(raw, ldb.Dn(raw, str(dn)), **values)

    def disordered(self, how, dn):
        found = unpack(self.local.one(dn, "nTSecurityDescriptor")["nTSecurityDescriptor"][0])
        if how == "null":
            found.type |= DACL_PRESENT
            found.dacl = None
            return pack(found)
        if how == "empty":
            aces = []
        elif how == "readers":
            aces = self.local.descriptor("D:(A;;RPLCLORC;;;AU)").dacl.aces
        else:
            aces = list(found.dacl.aces)
            self.rng.shuffle(aces)
            if how == "inheritedFirst":
                aces.sort(key=lambda ace: not ace.flags & INHERITED)
        dacl = found.dacl
        dacl.aces = aces
        dacl.num_aces = len(aces)
        found.dacl = dacl
        return pack(found)
