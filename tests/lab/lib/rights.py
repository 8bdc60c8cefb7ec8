"""The connector's rights in the running domain: draws the access lists of the domain head and of OU=Staff on
every controller that is named, from what is to be wrong. Nothing is written where nothing changes.

Usage: rights.py [--without-reset] [--without-inheritance] BASE_DN LDAPI_URL...
"""

import argparse

import ldb
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack

# The wizard's grants: Reset Password, write lockoutTime, write pwdLastSet on users; Unexpire Password here.
USER_CLASS = "bf967aba-0de6-11d0-a285-00aa003049e2"
RESET = f"(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;{USER_CLASS};%s)"
OTHERS = (
    f"(OA;CIIO;WP;28630ebf-41d5-11d1-a9c1-0000f80367c1;{USER_CLASS};%s)"
    f"(OA;CIIO;WP;bf967a0a-0de6-11d0-a285-00aa003049e2;{USER_CLASS};%s)"
    "(OA;;CR;ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501;;%s)"
)
DACL_ONLY = [f"sd_flags:1:{security.SECINFO_DACL}"]


def grants(sid):
    """The entries in SDDL, one string each."""
    text = (RESET + OTHERS) % ((sid,) * 4)
    return [f"({entry}" for entry in text.split("(")[1:]]


def read(server, dn):
    found = server.search(dn, ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=DACL_ONLY)
    return ndr_unpack(security.descriptor, found[0]["nTSecurityDescriptor"][0])


def write(server, dn, descriptor):
    # What is inherited is put in anew by the server, unless the list is protected.
    keep(descriptor, lambda entry: not entry.flags & security.SEC_ACE_FLAG_INHERITED_ACE)
    change = ldb.Message(ldb.Dn(server, dn))
    change["nTSecurityDescriptor"] = ldb.MessageElement(
        ndr_pack(descriptor), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor"
    )
    server.modify(change, DACL_ONLY)


def keep(descriptor, is_kept):
    kept = [entry for entry in descriptor.dacl.aces if is_kept(entry)]
    descriptor.dacl.aces, descriptor.dacl.num_aces = kept, len(kept)


def draw_reset(server, base, wanted):
    found = server.search(f"CN=MSOL_lab,CN=Users,{base}", ldb.SCOPE_BASE, attrs=["objectSid"])
    sid = ndr_unpack(security.dom_sid, found[0]["objectSid"][0])
    # Of a domain only the SID matters here: the entry names none of its groups.
    entry = security.descriptor.from_sddl(f"D:{RESET % sid}", sid).dacl.aces[0]
    head = read(server, base)
    if any(ndr_pack(one) == ndr_pack(entry) for one in head.dacl.aces) == wanted:
        return
    keep(head, lambda one: ndr_pack(one) != ndr_pack(entry))
    if wanted:
        head.dacl_add(entry)
    write(server, base, head)


def draw_inheritance(server, base, wanted):
    unit = f"OU=Staff,{base}"
    descriptor = read(server, unit)
    if bool(descriptor.type & security.SEC_DESC_DACL_PROTECTED) != wanted:
        return
    descriptor.type ^= security.SEC_DESC_DACL_PROTECTED
    write(server, unit, descriptor)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--without-reset", action="store_true")
    parser.add_argument("--without-inheritance", action="store_true")
    parser.add_argument("base")
    parser.add_argument("url", nargs="+")
    wanted = parser.parse_args()
    for url in wanted.url:
        server = ldb.Ldb(url)
        draw_reset(server, wanted.base, not wanted.without_reset)
        draw_inheritance(server, wanted.base, not wanted.without_inheritance)


if __name__ == "__main__":
    main()
