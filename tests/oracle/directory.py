"""Doors to the lab's first controller: SYSTEM's (the files themselves) and anybody's (LDAPS)."""

import os

import ldb
import samba
from samba.auth import system_session
from samba.credentials import Credentials
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

ADDRESS = "198.51.100.11"
REALM = "corp.example.test"
# [MS-ADTS] 3.1.1.3.4.1.11: owner, group and DACL.
SD_FLAGS = "sd_flags:1:7"


class Local:
    """The database of the running controller, opened as SYSTEM: every rule of the directory but no rights."""

    def __init__(self):
        home = os.environ["PWB_LAB_DIR"] + "/dc1"
        self.lp = LoadParm()
        self.lp.load(home + "/smb.conf")
        self.sam = SamDB(session_info=system_session(), lp=self.lp)
        self.base = str(self.sam.domain_dn())
        self.domain_sid = security.dom_sid(self.sam.get_domain_sid())
        self.partition = f"{home}/private/sam.ldb.d/{self.base.upper()}.ldb"

    def raw(self):
        """The partition below all modules: stores bytes that the directory would put in order first."""
        return ldb.Ldb(self.partition)

    def replace(self, connection, dn, **values):
        message = ldb.Message(dn)
        for name, value in values.items():
            message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
        connection.modify(message)

    def one(self, dn, *attributes):
        return self.sam.search(dn, ldb.SCOPE_BASE, attrs=list(attributes), controls=[SD_FLAGS])[0]

    def sid(self, dn):
        return text_of_sid(self.one(dn, "objectSid")["objectSid"][0])

    def descriptor(self, sddl):
        return security.descriptor.from_sddl(sddl, self.domain_sid)

    def sddl(self, data):
        return ndr_unpack(security.descriptor, data).as_sddl(self.domain_sid)

    def protected(self, data):
        """[MS-DTYP] 2.4.6: DACL protected, the list inherits nothing."""
        return ndr_unpack(security.descriptor, data).type & 0x1000 != 0

    def child(self, parent, kind, name):
        """DN of a child; the name is escaped as it has to be."""
        dn = ldb.Dn(self.sam, f"{kind}=x")
        dn.set_component(0, kind, name)
        dn.add_base(ldb.Dn(self.sam, str(parent)))
        return dn


def text_of_sid(data):
    return str(ndr_unpack(security.dom_sid, data))


def pack(descriptor):
    return ndr_pack(descriptor)


def unpack(data):
    return ndr_unpack(security.descriptor, data)


def quoted(password):
    """[MS-ADTS] 3.1.1.3.1.5: the value of unicodePwd is the password in quotes, in UTF-16."""
    return f'"{password}"'.encode("utf-16-le")


def sign_in(name, password):
    """A simple bind over LDAPS. The lab's authority is not the point here, so it is not asked for."""
    credentials = Credentials()
    credentials.set_bind_dn(f"{name}@{REALM}")
    credentials.set_password(password)
    lp = LoadParm()
    lp.load(os.environ["PWB_LAB_DIR"] + "/dc1/smb.conf")
    lp.set("tls verify peer", "no_check")
    return samba.Ldb(f"ldaps://{ADDRESS}", lp=lp, credentials=credentials)
