"""Fills the fresh domain, offline: the accounts of the lab and the password policy of a healthy place.

Usage: accounts.py SMB_CONF PASSWORD_OF_OPERATOR PASSWORD_OF_CONNECTOR
"""

import sys

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB


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


main()
