"""The explicit proxy: HTTP CONNECT to port 443, on request only for those who sign in.

Usage: proxy.py PORT FAULTS USER:PASSWORD

While the fault proxy-auth is on it wants Basic credentials. It offers Negotiate beside them, as corporate
proxies do, but knows no way to accept it.
"""

import base64
import http.server
import socket
import sys
import threading
from pathlib import Path

PORT, FAULTS, CREDENTIAL = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
EXPECTED = "Basic " + base64.b64encode(CREDENTIAL.encode()).decode()


def pump(source: socket.socket, target: socket.socket) -> None:
    """One direction of a tunnel; its end is passed on so that the other direction may finish."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):
            end.close()


class Tunnel(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Corp-Proxy"
    sys_version = ""

    def do_CONNECT(self) -> None:
        if (FAULTS / "proxy-auth").exists() and self.headers.get("Proxy-Authorization") != EXPECTED:
            self.ask_to_sign_in()
            return
        host, _, port = self.path.rpartition(":")
        if port != "443":
            self.send_error(403, "Only port 443 is allowed")
            return
        try:
            far = socket.create_connection((host, 443), timeout=5)
        except OSError as error:
            self.send_error(502, "The destination cannot be reached", str(error))
            return
        far.settimeout(None)
        self.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=pump, args=(far, self.connection), daemon=True)
        back.start()
        pump(self.connection, far)
        back.join()
        far.close()
        self.close_connection = True

    def ask_to_sign_in(self) -> None:
        self.send_response(407)
        self.send_header("Proxy-Authenticate", "Negotiate")
        self.send_header("Proxy-Authenticate", 'Basic realm="Corp-Proxy"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_error(501, "This proxy only opens tunnels")


class Proxy(http.server.ThreadingHTTPServer):
    request_queue_size = 128


Proxy(("", PORT), Tunnel).serve_forever()
