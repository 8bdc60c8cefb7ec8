"""People with obstacles, for recorded runs: OU=Cases and who stands in it, in the running domain.

Usage: people.py LDAPI_URL
"""

import secrets
import sys
import time

import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.param import LoadParm
from samba.samdb import SamDB
from samba.sd_utils import SDUtils

CHANGE_PASSWORD = "ab721a53-1e2f-11d0-9819-00aa0040529b"
RESET_PASSWORD = "00299570-246d-11d0-a768-00aa006e0529"
DACL_ONLY = [f"sd_flags:1:{security.SECINFO_DACL}"]


def file_time(seconds_ago):
    """100 ns since 1601, UTC."""
    return str(int((time.time() - seconds_ago + 11644473600) * 10_000_000))


class Cases:
    def __init__(self, url):
        self.sam = SamDB(url, session_info=system_session(), lp=LoadParm())
        self.descriptors = SDUtils(self.sam)
        self.top = f"OU=Cases,{self.sam.domain_dn()}"
        self.unit(self.top)

    def unit(self, dn):
        self.sam.add({"dn": dn, "objectClass": "organizationalUnit"})

    def user(self, name, where="OU=Cases", **values):
        password = f"Lab-{secrets.token_urlsafe(12)}-1"
        self.sam.newuser(name, password, useusernameascn=True, userou=where)
        self.sam.setexpiry(f"(sAMAccountName={name})", 0, no_expiry_req=True)
        dn = f"CN={name},{where},{self.sam.domain_dn()}"
        if values:
            change = ldb.Message(ldb.Dn(self.sam, dn))
            for attribute, value in values.items():
                change[attribute] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, attribute)
            self.sam.modify(change)
        return dn

    def without_inheritance(self, dn):
        found = self.descriptors.read_sd_on_dn(dn, controls=DACL_ONLY)
        found.type |= security.SEC_DESC_DACL_PROTECTED
        kept = [entry for entry in found.dacl.aces if not entry.flags & security.SEC_ACE_FLAG_INHERITED_ACE]
        found.dacl.aces, found.dacl.num_aces = kept, len(kept)
        self.descriptors.modify_sd_on_dn(dn, found, controls=DACL_ONLY)

    def denied(self, dn, right, *who):
        self.descriptors.update_aces_in_dacl(dn, add_aces=[f"(OD;;CR;{right};;{one})" for one in who])


def main():
    cases = Cases(sys.argv[1])
    # Enough sound ones that those with obstacles are the exception.
    for number in range(4):
        cases.unit(f"OU=Team{number},{cases.top}")
        for name in ("north", "east", "south", "west", "centre"):
            cases.user(f"{name}{number}", f"OU=Team{number},OU=Cases")
    cases.without_inheritance(cases.user("dora"))
    cases.user("emil", adminCount="1")
    cases.user("frida", accountExpires=file_time(3600))
    cases.denied(cases.user("gert"), CHANGE_PASSWORD, "WD", "PS")
    cases.denied(cases.user("hanna"), RESET_PASSWORD, "AU")
    cases.unit(f"OU=Research/Dev,{cases.top}")
    cases.user("ivan", "OU=Research/Dev,OU=Cases")
    # One anchor, two accounts: as after a copy of an account with all its attributes.
    anchor = secrets.token_bytes(16)
    for name in ("jana", "jana-old"):
        cases.user(name, **{"mS-DS-ConsistencyGuid": anchor})


if __name__ == "__main__":
    main()
