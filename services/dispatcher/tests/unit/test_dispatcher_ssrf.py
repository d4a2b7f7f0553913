"""Where webhooks may not go."""

import httpx
import pytest

from bowchat_dispatcher.ssrf import ForbiddenAddressError, GuardedTransport, check_url, is_allowed, resolve

DENIED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.1.2.3",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1",
    "192.168.0.1", "192.168.255.255", "192.31.196.1", "192.52.193.1", "192.175.48.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:db8::1", "2001:10::1",
    "2002:7f00:1::", "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1", "not an address", "", "127.1", "0x7f000001", "2130706433",
]  # fmt: skip
ALLOWED = ["1.1.1.1", "8.8.8.8", "9.255.255.255", "100.63.255.255", "100.128.0.1", "172.32.0.1", "192.0.1.1",
           "198.20.0.1", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8"]  # fmt: skip


@pytest.mark.parametrize("address", DENIED)
def test_denied(address: str) -> None:
    """No private, local, reserved, documentation or translated address, in any spelling."""
    assert not is_allowed(address)


@pytest.mark.parametrize("address", ALLOWED)
def test_allowed(address: str) -> None:
    """Public addresses pass, those right beside a denied range too."""
    assert is_allowed(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "https://user@example.com/", "https://user:secret@example.com/",
        "https://example.com:22/", "https://example.com:6379/", "http://127.0.0.1:8000/", "ftp://example.com/",
    ],
)  # fmt: skip
def test_urls_refused(url: str) -> None:
    """Only https, without a user name, on the ports for it."""
    with pytest.raises(ForbiddenAddressError):
        check_url(httpx.URL(url), allow_loopback=False)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.2/", "http://localhost/", "http://10.0.0.1/", "http://[::1]/"]
)
def test_loopback_setting_is_narrow(url: str) -> None:
    """The setting for demonstrations opens http://127.0.0.1 and nothing else."""
    check_url(httpx.URL("http://127.0.0.1:9999/hook"), allow_loopback=True)
    with pytest.raises(ForbiddenAddressError):
        check_url(httpx.URL(url), allow_loopback=True)


class Wire:
    """Stands where the connection would be made."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def transport(self) -> httpx.AsyncBaseTransport:
        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return httpx.Response(200)

        return httpx.MockTransport(answer)


def client(wire: Wire, *answers: list[str]) -> httpx.AsyncClient:
    """A client whose names resolve to each of `answers` in turn."""
    left = list(answers)

    async def names(host: str, port: int) -> list[str]:
        return left.pop(0)

    guard = GuardedTransport(allow_loopback=False, resolve=names, connect=wire.transport)
    return httpx.AsyncClient(transport=guard, trust_env=False)


async def test_connects_to_the_checked_address() -> None:
    """The connection goes to the address that was checked, under the name's certificate and Host."""
    wire = Wire()
    async with client(wire, ["8.8.8.8"]) as http:
        await http.post("https://insurer.example/hook", content=b"x")
    request = wire.requests[0]
    assert request.url == httpx.URL("https://8.8.8.8/hook")
    assert request.headers["host"] == "insurer.example"
    assert request.extensions["sni_hostname"] == "insurer.example"


async def test_every_answer_is_checked() -> None:
    """One private address among public ones refuses them all."""
    wire = Wire()
    async with client(wire, ["8.8.8.8", "10.0.0.1"]) as http:
        with pytest.raises(ForbiddenAddressError):
            await http.post("https://insurer.example/hook")
    assert wire.requests == []


async def test_rebinding() -> None:
    """A name that turns to a private address is refused at the next attempt."""
    wire = Wire()
    async with client(wire, ["8.8.8.8"], ["169.254.169.254"]) as http:
        await http.post("https://insurer.example/hook")
        with pytest.raises(ForbiddenAddressError):
            await http.post("https://insurer.example/hook")
    assert len(wire.requests) == 1


@pytest.mark.parametrize("host", ["127.1", "0177.0.0.1", "2130706433", "0x7f.1", "localhost"])
async def test_odd_spellings_of_loopback(host: str) -> None:
    """However loopback is spelt, it resolves to what it is and is refused."""
    try:
        found = await resolve(host, 443)
    except httpx.ConnectError:
        return
    assert not any(is_allowed(address) for address in found)
