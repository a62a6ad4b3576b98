"""Read by every Python process that has this folder on its path: a call to another machine is noted and refused."""

import os
import sys

LOOPBACK = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "", None)
ASKING = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
attempts: list[str] = []


def refuse(event, arguments):
    """Sockets of this machine pass; a name that would be looked up and an address elsewhere don't."""
    if event not in ASKING:
        return
    told = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
    if isinstance(told, (str, bytes)) and event in ("socket.connect", "socket.sendto"):  # a socket with a file name
        return
    host = told[0] if isinstance(told, tuple) else told
    host = host.decode() if isinstance(host, bytes) else host
    if host in LOOPBACK:
        return
    attempts.append(f"{event} {told}")
    if log := os.environ.get("NETWORK_LOG"):
        with open(log, "a") as file:
            file.write(f"{event} {told}\n")
    raise OSError(f"no network in the tests: {event} {told}")


sys.addaudithook(refuse)
