"""The cloud: every Microsoft name of the lab, HTTP/1.1 over TLS on port 443.

Usage: cloud.py CERTIFICATES FAULTS

FAULTS is a folder with a file per fault that is switched on. It is looked at for each connection and
each answer, so that a fault takes effect at once and without a restart.
"""

import http.server
import socket
import ssl
import sys
import time
import uuid
from pathlib import Path

CERTIFICATES, FAULTS = Path(sys.argv[1]), Path(sys.argv[2])

CLOCK_FAULT = "cloud-clock-wrong"
CLOCK_ERROR_SECONDS = 7 * 60

# Which certificate is shown while a fault is on; without one, the good one.
CERTIFICATE_OF_FAULT = {
    "cert-expired": "expired",
    "cert-wrong-name": "wrong-name",
    "cert-unknown-ca": "unknown",
}


def is_on(fault: str) -> bool:
    return (FAULTS / fault).exists()


def tls_context(name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(CERTIFICATES / f"{name}.pem", CERTIFICATES / f"{name}.key")
    # A resumed session would show the client no certificate at all, and so hide a fault.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context


CONTEXTS = {name: tls_context(name) for name in ["good", *CERTIFICATE_OF_FAULT.values()]}


def context_now() -> ssl.SSLContext:
    wrong = (name for fault, name in CERTIFICATE_OF_FAULT.items() if is_on(fault))
    return CONTEXTS[next(wrong, "good")]


class Answer(http.server.BaseHTTPRequestHandler):
    """What each name says to a caller without a token."""

    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-HTTPAPI/2.0"
    sys_version = ""
    # Longer than any idle test of the product.
    timeout = 300

    def do_GET(self) -> None:
        host = self.headers.get("Host", "").split(":")[0].lower()
        if host.endswith(".servicebus.windows.net"):
            self.refuse_without_token()
        elif host == "login.microsoftonline.com":
            self.send(302, "", "text/html", Location="https://www.office.com/login")
        else:
            self.send(200, "<html><body>Lab Cloud</body></html>", "text/html")

    do_HEAD = do_POST = do_GET

    def refuse_without_token(self) -> None:
        """The relay's own words for a request without a token; a proxy would not know them."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        detail = (
            "MissingToken: Relay security token is required. "
            f"TrackingId:{uuid.uuid4()}_G0, SystemTracker:{self.headers.get('Host')}:{self.path}, Timestamp:{stamp}"
        )
        body = f"<Error><Code>401</Code><Detail>{detail}</Detail></Error>"
        self.send(401, body, "application/xml; charset=utf-8")

    def send(self, status: int, body: str, content_type: str, **headers: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def date_time_string(self, timestamp=None) -> str:
        now = time.time() if timestamp is None else timestamp
        return super().date_time_string(now + (CLOCK_ERROR_SECONDS if is_on(CLOCK_FAULT) else 0))


class Cloud(http.server.ThreadingHTTPServer):
    request_queue_size = 128

    def finish_request(self, request: socket.socket, client_address) -> None:
        """In the connection's own thread: a client that never speaks must not hold up the others."""
        request.settimeout(10)
        with context_now().wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request, client_address) -> None:
        """Probes that hang up after the handshake, or distrust us, are the lab's daily bread."""
        print(f"{client_address[0]}: {sys.exc_info()[1]}", flush=True)


Cloud(("", 443), Answer).serve_forever()
