"""The demo's search for policyholders."""

import base64

import pytest

from bowchat_testkit.demo.traces import flat, identities, traces
from bowchat_testkit.whatsapp_payloads import Policyholder, wamid_for

PERSON = Policyholder("447700900101", "GB.10000000000000000101", "Alex Testperson", "@alex.testperson")
SECRETS = identities(PERSON)


@pytest.mark.parametrize(
    "data",
    [
        b"447700900101",
        b"+44 7700 900101",
        b"(07700) 900-101",
        b"101009007744",
        b"447700900101".hex().encode(),
        base64.b64encode(b"id:447700900101"),
        base64.urlsafe_b64encode(b"id:447700900101"),
        wamid_for("447700900101", 7).encode(),
        b"user GB.10000000000000000101",
        b"ALEX TESTPERSON says",
        b"by alex.testperson",
    ],
)
def test_a_policyholder_is_found_in_every_disguise(data: bytes) -> None:
    """What a program does to an identity by accident does not hide it."""
    assert traces(b'{"x":"' + data + b'"}', SECRETS)


def test_what_an_insurer_may_see_is_not_mistaken() -> None:
    """Aliases, times and policy numbers name nobody."""
    data = b'{"alias":"ph_hanjheamalcmfmehhpdpmgdeeokigbpo","at":"2026-11-22T20:26:05Z","policy":"ACM-2026-000101"}'
    assert traces(data, SECRETS) == set()


def test_headers_are_searched_as_well() -> None:
    """A number in a header is as bad as one in a body, whichever way the header came."""
    assert traces(flat([("x-from", "+447700900101")]), SECRETS)
    assert traces(flat([("key", b"447700900101")]), SECRETS)
