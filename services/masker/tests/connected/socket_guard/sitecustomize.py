"""Loaded by Python itself before the masker: whatever it connects to beside the ports named is refused, and written down.

`BOWCHAT_TEST_PEERS` are the ports on loopback that may be connected to; `BOWCHAT_TEST_DENIED` is the file of refusals.
"""

import os
import sys
from pathlib import Path
from typing import Any

PEERS = {("127.0.0.1", int(port)) for port in os.environ.get("BOWCHAT_TEST_PEERS", "").split(",") if port}
DENIED = os.environ.get("BOWCHAT_TEST_DENIED", "")
NUMERIC = frozenset("0123456789.:")


def _refuse(event: str, what: object) -> None:
    with Path(DENIED).open("a", encoding="utf-8") as file:
        file.write(f"{event} {what}\n")
    raise PermissionError(f"{event} {what} is not for the masker")


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if not isinstance(address, tuple) or tuple(address[:2]) not in PEERS:
            _refuse(event, address)
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
        if host not in (None, "localhost") and not set(str(host)) <= NUMERIC:
            _refuse(event, host)


if DENIED:
    sys.addaudithook(watch)
