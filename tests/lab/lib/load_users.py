"""Fills a domain with many users, offline: the controller must not run meanwhile.

Usage: load_users.py SMB_CONF --count N [--containers N] [--prefix NAME]

Users `NAME000000` and on are spread over organizational units `NAME-00` and on. They are made by the
directory's own modules, so each has the SID, the default security descriptor and the inherited entries that
it would have if an administrator had made it. Prints what was made and how long it took.
"""

import argparse
import time

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

# One transaction holds what it writes in memory; tiny ones cost a flush each.
COMMIT_EVERY = 2000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--containers", type=int, default=20)
    parser.add_argument("--prefix", default="load")
    wanted = parser.parse_args()

    lp = LoadParm()
    lp.load(wanted.config)
    sam = SamDB(session_info=system_session(), lp=lp, options=["batch_mode:1"])
    base, realm = str(sam.domain_dn()), lp.get("realm").lower()
    started = time.monotonic()

    units = [f"OU={wanted.prefix}-{number:02},{base}" for number in range(wanted.containers)]
    sam.transaction_start()
    for unit in units:
        sam.add({"dn": unit, "objectClass": "organizationalUnit"})
    for number in range(wanted.count):
        name = f"{wanted.prefix}{number:06}"
        sam.add({
            "dn": f"CN={name},{units[number % len(units)]}",
            "objectClass": "user",
            "sAMAccountName": name,
            "userPrincipalName": f"{name}@{realm}",
            "userAccountControl": "512",
        })
        if (number + 1) % COMMIT_EVERY == 0:
            sam.transaction_commit()
            sam.transaction_start()
    sam.transaction_commit()
    print(f"{wanted.count} users in {wanted.containers} containers, {time.monotonic() - started:.0f} s")


main()
