"""Seals."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_runtime import seal
from bowchat_runtime.seal import Opener, SealBrokenError, Sealer, new_keysets

_PRIVATE, _PUBLIC = (each.encode() for each in new_keysets())
_SEALER, _OPENER = Sealer(_PUBLIC), Opener(_PRIVATE)


@given(st.binary(max_size=200), st.text(max_size=40))
def test_what_was_sealed_opens_under_its_context(plaintext: bytes, context: str) -> None:
    """A seal gives back exactly what was locked."""
    assert _OPENER.open(_SEALER.seal(plaintext, context), context) == plaintext


def test_a_seal_opens_under_no_other_context() -> None:
    """A seal moved to another message does not open there, though both share a data key."""
    first, second = _SEALER.seal(b"one", "inbound:1"), _SEALER.seal(b"two", "inbound:2")
    assert first.partition(".")[0] == second.partition(".")[0]
    with pytest.raises(SealBrokenError):
        _OPENER.open(first, "inbound:2")


def test_a_seal_opens_with_no_other_key() -> None:
    """Only who holds the private keyset of this installation can read."""
    other = Opener(new_keysets()[0].encode())
    with pytest.raises(SealBrokenError):
        other.open(_SEALER.seal(b"secret", "here"), "here")


@pytest.mark.parametrize("damaged", ["", ".", "no seal", "AAAA.BBBB", "%.%", "é.é"])
def test_what_is_no_seal_is_refused_as_one(damaged: str) -> None:
    """Garbage at a seal's place gives the seal's own error."""
    with pytest.raises(SealBrokenError):
        _OPENER.open(damaged, "here")


@given(st.sampled_from([0, 1]), st.integers(0, 10_000), st.integers(1, 255))
def test_a_seal_with_one_byte_changed_is_refused(part: int, place: int, change: int) -> None:
    """Nobody can change what is sealed, nor the key that it is sealed with."""
    parts = [bytearray(base64.b64decode(each)) for each in _SEALER.seal(b"secret", "here").split(".")]
    parts[part][place % len(parts[part])] ^= change
    with pytest.raises(SealBrokenError):
        _OPENER.open(".".join(base64.b64encode(each).decode() for each in parts), "here")


def test_two_seals_of_one_text_differ() -> None:
    """Nobody can tell from two seals that they hold the same."""
    assert _SEALER.seal(b"same", "here") != _SEALER.seal(b"same", "here")


def test_a_data_key_serves_for_a_bounded_number_of_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    """No data key is used more often than its nonces allow, and every seal opens across the change."""
    monkeypatch.setattr(seal, "_SEALS_PER_KEY", 3)
    sealer = Sealer(_PUBLIC)
    sealed = [sealer.seal(b"%d" % number, "here") for number in range(7)]
    assert len({each.partition(".")[0] for each in sealed}) == 3
    assert [_OPENER.open(each, "here") for each in sealed] == [b"%d" % number for number in range(7)]


def test_a_data_key_serves_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A data key that leaks from memory opens what was sealed in a minute, not in a month."""
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    sealer = Sealer(_PUBLIC)
    before = sealer.seal(b"1", "here").partition(".")[0]
    now += 61
    assert sealer.seal(b"2", "here").partition(".")[0] != before
