"""The real operations, and what the directory answered to them."""

import base64

import ldb

from directory import quoted, sign_in

INSUFFICIENT_RIGHTS, CONSTRAINT, NO_SUCH_OBJECT = 50, 19, 32
# ERROR_PASSWORD_RESTRICTION; the text of the answer says which rule.
OF_RIGHTS = "error in module acl"
RESTRICTION, TOO_YOUNG = "0000052D", "too young"


def answer(operation, *arguments):
    """`accepted`, `refused` (no right), `tooYoung`, or `error` with what was said.

    A change without the right is a constraint violation, here as in Active Directory; that it comes from the
    rights tells it from the other constraints of a password.
    """
    try:
        operation(*arguments)
    except ldb.LdbError as error:
        code, text = error.args
        if code in (INSUFFICIENT_RIGHTS, NO_SUCH_OBJECT):
            return {"answer": "refused", "code": code}
        if code == CONSTRAINT and OF_RIGHTS in text:
            return {"answer": "refused", "code": code}
        if code == CONSTRAINT and RESTRICTION in text and TOO_YOUNG in text:
            return {"answer": "tooYoung", "code": code}
        return {"answer": "error", "code": code, "text": text}
    return {"answer": "accepted", "code": 0}


def replace(connection, dn, name, value):
    message = ldb.Message(ldb.Dn(connection, dn))
    message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
    connection.modify(message)


def reset(connection, dn, password):
    """[MS-ADTS] 3.1.1.3.1.5.1: a replace needs User-Force-Change-Password."""
    replace(connection, dn, "unicodePwd", quoted(password))


def change(connection, dn, old, new):
    """The same section: delete and add in one request need User-Change-Password."""
    text = lambda value: base64.b64encode(value).decode()
    connection.modify_ldif(
        f"dn:: {text(dn.encode())}\nchangetype: modify\n"
        f"delete: unicodePwd\nunicodePwd:: {text(quoted(old))}\n-\n"
        f"add: unicodePwd\nunicodePwd:: {text(quoted(new))}\n-\n"
    )


def change_as_user(name, dn, old, new):
    try:
        connection = sign_in(name, old)
    except ldb.LdbError as error:
        return {"answer": "noSignIn", "code": error.args[0], "text": error.args[1]}
    return answer(change, connection, dn, old, new)
