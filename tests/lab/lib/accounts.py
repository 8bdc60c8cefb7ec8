"""Fills the fresh domain, offline: the accounts of the lab, the connector's rights on them, and the password
policy of a healthy place.

Usage: accounts.py SMB_CONF PASSWORD_OF_OPERATOR PASSWORD_OF_CONNECTOR
"""

import secrets
import sys

import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.param import LoadParm
from samba.samdb import SamDB
from samba.sd_utils import SDUtils

from rights import DACL_ONLY, grants

CHANGE_PASSWORD = "ab721a53-1e2f-11d0-9819-00aa0040529b"

# The people of OU=Staff. Only the connector's rights on them matter; nobody signs in as one of them.
STAFF = {
    "anna": "Can be reset",
    "boris": "Disabled",
    "carla": "Domain administrator, protected",
}


def main() -> None:
    config, operator, connector = sys.argv[1:]
    lp = LoadParm()
    lp.load(config)
    sam = SamDB(session_info=system_session(), lp=lp)

    # The product asks for a minimum age of zero; the fault domain-minimum-age raises it.
    sam.set_minPwdAge("0")
    accounts = {
        "operator": (operator, "Reads the directory in the tests"),
        "MSOL_lab": (connector, "Account created by Entra Connect on computer SYNC"),
    }
    for name, (password, description) in accounts.items():
        sam.newuser(name, password, description=description, useusernameascn=True)
        # A cached domain may be months old when it is started again.
        sam.setexpiry(f"(sAMAccountName={name})", 0, no_expiry_req=True)

    base = sam.domain_dn()
    descriptors = SDUtils(sam)
    # Before the staff, who inherit it.
    sid = descriptors.get_object_sid(f"CN=MSOL_lab,CN=Users,{base}")
    descriptors.update_aces_in_dacl(base, add_aces=grants(sid))
    sam.add({"dn": f"OU=Staff,{base}", "objectClass": "organizationalUnit"})
    for name, description in STAFF.items():
        password = f"Lab-{secrets.token_urlsafe(12)}-1"
        sam.newuser(name, password, description=description, useusernameascn=True, userou="OU=Staff")
        sam.setexpiry(f"(sAMAccountName={name})", 0, no_expiry_req=True)
    sam.disable_account("(sAMAccountName=boris)")
    sam.add_remove_group_members("Domain Admins", ["carla"])
    protect(sam, descriptors, f"CN=carla,OU=Staff,{base}")


def protect(sam: SamDB, descriptors: SDUtils, user: str) -> None:
    """What SDProp does on Windows ([MS-ADTS] 3.1.1.6.1.2): the mark, and the access list of AdminSDHolder."""
    mark = ldb.Message(ldb.Dn(sam, user))
    mark["adminCount"] = ldb.MessageElement("1", ldb.FLAG_MOD_REPLACE, "adminCount")
    sam.modify(mark)
    holder = f"CN=AdminSDHolder,CN=System,{sam.domain_dn()}"
    # Windows has these two from the start, Samba has not: everyone may try to change a password.
    descriptors.update_aces_in_dacl(holder, add_aces=[f"(OA;;CR;{CHANGE_PASSWORD};;{who})" for who in ("WD", "PS")])
    access = descriptors.read_sd_on_dn(holder, controls=DACL_ONLY)
    # On Windows it is protected, so that nothing of the domain's head arrives; a change through Samba's tools
    # takes that away.
    access.type |= security.SEC_DESC_DACL_PROTECTED
    own = [entry for entry in access.dacl.aces if not entry.flags & security.SEC_ACE_FLAG_INHERITED_ACE]
    access.dacl.aces, access.dacl.num_aces = own, len(own)
    for dn in (holder, user):
        descriptors.modify_sd_on_dn(dn, access, controls=DACL_ONLY)


main()
