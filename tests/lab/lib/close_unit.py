"""Makes a unit whose contents one account may not list, with a user in it.

Usage: close_unit.py LDAPI_URL BASE_DN NAME ACCOUNT
"""

import sys

import ldb
from rights import DACL_ONLY, read
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack

url, base, name, account = sys.argv[1:]
server = ldb.Ldb(url)
unit = f"OU={name},{base}"
server.add({"dn": unit, "objectClass": "organizationalUnit"})
server.add({
    "dn": f"CN=in-{name},{unit}",
    "objectClass": "user",
    "sAMAccountName": f"in-{name}",
    "userAccountControl": "514",
})
found = server.search(base, expression=f"(sAMAccountName={account})", attrs=["objectSid"])
sid = ndr_unpack(security.dom_sid, found[0]["objectSid"][0])
domain = security.dom_sid(str(sid).rpartition("-")[0])
before, rest = read(server, unit).as_sddl(domain).split("(", 1)
closed = security.descriptor.from_sddl(f"{before}(D;CI;LC;;;{sid})({rest}", domain)
change = ldb.Message(ldb.Dn(server, unit))
change["nTSecurityDescriptor"] = ldb.MessageElement(ndr_pack(closed), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
server.modify(change, DACL_ONLY)
