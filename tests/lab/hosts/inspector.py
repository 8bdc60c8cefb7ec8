"""The inspecting proxy: opens the TLS traffic that the router sends here, and closes it again.

Usage: inspector.py PORT CERTIFICATES MINTED

To the client it shows a certificate for the asked name under "Corp-Proxy Root", minted at first sight;
to the genuine server it is a client. The bytes in between pass unchanged.
"""

import selectors
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from pathlib import Path

PORT, CERTIFICATES, MINTED = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])

KEY = CERTIFICATES / "inspect-leaf.key"
ROOT = CERTIFICATES / "inspect-root.crt"
ROOT_KEY = CERTIFICATES / "inspect-root.key"

contexts: dict[str, ssl.SSLContext] = {}
minting = threading.Lock()


def mint(name: str) -> ssl.SSLContext:
    """A context with a certificate for this name. Names come from a client: only plain ones are served."""
    if not name.replace("-", "").replace(".", "").isalnum():
        raise ssl.SSLError(f"no certificate for {name!r}")
    certificate = MINTED / f"{name}.crt"
    extensions = f"subjectAltName=DNS:{name}\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n"
    request = subprocess.run(
        ["openssl", "req", "-new", "-key", KEY, "-subj", f"/O=Corp Proxy/CN={name}"], check=True, capture_output=True
    )
    extension_file = MINTED / f"{name}.ext"
    extension_file.write_text(extensions)
    subprocess.run(
        ["openssl", "x509", "-req", "-CA", ROOT, "-CAkey", ROOT_KEY, "-days", "365", "-extfile", extension_file]
        + ["-set_serial", str(int.from_bytes(name.encode()[-15:], "big")), "-out", certificate],
        input=request.stdout, check=True, capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.load_cert_chain(certificate, KEY)
    return context


def choose(connection: ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
    """Called in the middle of the handshake, with the name that the client asked for."""
    name = (name or "unknown.invalid").lower()
    with minting:
        if name not in contexts:
            contexts[name] = mint(name)
    connection.context = contexts[name]
    connection.asked_name = name


front = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
front.sni_callback = choose

# Whatever the genuine server shows is accepted: its faults are not this proxy's subject.
back = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
back.check_hostname = False
back.verify_mode = ssl.CERT_NONE


def pump(near: ssl.SSLSocket, far: ssl.SSLSocket) -> None:
    """Both directions in one thread, because a TLS socket must not be used by two at once."""
    other = {near: far, far: near}
    with selectors.DefaultSelector() as waiting:
        for end in other:
            waiting.register(end, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                other[key.fileobj].sendall(data)
                while pending := key.fileobj.pending():
                    other[key.fileobj].sendall(key.fileobj.recv(pending))


class Inspect(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.settimeout(10)
        try:
            with front.wrap_socket(self.request, server_side=True) as near:
                name = near.asked_name
                with socket.create_connection((name, 443), timeout=5) as plain:
                    with back.wrap_socket(plain, server_hostname=name) as far:
                        near.settimeout(None)
                        far.settimeout(None)
                        pump(near, far)
        except OSError as error:
            print(f"{self.client_address[0]}: {error}", flush=True)


class Inspector(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


Inspector(("", PORT), Inspect).serve_forever()
