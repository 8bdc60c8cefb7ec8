"""A peer on loopback port 443 that accepts and never says a word: a run against it lasts until its time-outs."""

import socket

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 443))
listener.listen(64)
held = []
while True:
    held.append(listener.accept()[0])
