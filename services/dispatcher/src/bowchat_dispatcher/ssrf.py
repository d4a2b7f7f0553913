"""Where a webhook may go: https to public addresses only, and to the very address that was checked.

The address list follows the one Svix blocks, with what Python's own `is_global` gets wrong. A name is resolved for
each attempt, every answer is checked, and the connection goes to a checked address: a name that changes its mind
between check and connect gains nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

Resolve = Callable[[str, int], Awaitable[list[str]]]

PORTS = frozenset({443, 8443})

_DENIED_4 = tuple(
    IPv4Network(net)
    for net in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_PUBLIC_6 = IPv6Network("2000::/3")
_DENIED_6 = tuple(
    IPv6Network(net)
    for net in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16")
)  # fmt: skip


class ForbiddenAddressError(httpx.ConnectError):
    """The webhook's address is not one we send to. Nothing was sent."""


def is_allowed(address: str) -> bool:
    """Is this a public address that a partner may have a webhook at?"""
    try:
        parsed = ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        return _is_allowed_6(parsed)
    return _is_allowed_4(parsed)


def _is_allowed_4(address: IPv4Address) -> bool:
    return not any(address in net for net in _DENIED_4)


def _is_allowed_6(address: IPv6Address) -> bool:
    if address.ipv4_mapped is not None:
        return _is_allowed_4(address.ipv4_mapped)
    return address in _PUBLIC_6 and not any(address in net for net in _DENIED_6)


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, as the system resolves it."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise httpx.ConnectError("the name does not resolve") from None
    return [str(entry[4][0]) for entry in found]


def check_url(url: httpx.URL, *, allow_loopback: bool) -> None:
    """Refuse what is wrong with a URL before any name is resolved.

    Errors: `ForbiddenAddressError`, with what to do.
    """
    if url.userinfo:
        raise ForbiddenAddressError("a webhook URL must not carry a user name or password: remove it")
    if allow_loopback and url.scheme == "http" and url.host == "127.0.0.1":
        return
    if url.scheme != "https":
        raise ForbiddenAddressError("a webhook URL must begin with https://")
    if (url.port or 443) not in PORTS:
        raise ForbiddenAddressError("a webhook must listen on port 443 or 8443")


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends to checked addresses only.

    Each host has connections of its own, so that a connection whose certificate was checked for one partner is never
    used for another behind the same address.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool,
        resolve: Resolve = resolve,
        connect: Callable[[], httpx.AsyncBaseTransport] = lambda: httpx.AsyncHTTPTransport(trust_env=False),
    ) -> None:
        self._allow_loopback = allow_loopback
        self._resolve = resolve
        self._connect = connect
        self._hosts: dict[tuple[str, int], httpx.AsyncBaseTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        check_url(request.url, allow_loopback=self._allow_loopback)
        host, port = request.url.host, request.url.port or 443
        inner = self._hosts.get((host, port))
        if inner is None:
            inner = self._hosts[host, port] = self._connect()
        address = await self._checked(request.url, host, port)
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions | {"sni_hostname": host},
        )
        return await inner.handle_async_request(pinned)

    async def _checked(self, url: httpx.URL, host: str, port: int) -> str:
        if url.scheme == "http":
            return host  # 127.0.0.1, allowed by settings: check_url lets no other pass
        addresses = await self._resolve(host, port)
        if not addresses or not all(is_allowed(one) for one in addresses):
            raise ForbiddenAddressError("the webhook's name leads to an address that is not public")
        return addresses[0]

    async def aclose(self) -> None:
        for inner in self._hosts.values():
            await inner.aclose()
