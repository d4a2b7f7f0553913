"""How a person is kept, and what is learned of one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.inbound import Identity
from bowchat_masker.egress import Mint
from bowchat_masker.identity import learn
from bowchat_masker.vault import Vault, VaultBrokenError

DAY = datetime(2026, 1, 1, tzinfo=UTC)
KNOWN = learn(None, Identity(number="447700900123", name="Asha"), DAY).known


def test_a_contact_opens_only_at_its_own_place() -> None:
    """A row moved to another contact, under another key, or changed in any byte does not open."""
    vault = Vault(b"k" * 32)
    contact = vault.create("ct_a", KNOWN, frozen=False)
    assert vault.open(contact).known == KNOWN
    flipped = contact.identity[:-1] + bytes([contact.identity[-1] ^ 1])
    for broken in (
        replace(contact, contact_id="ct_b"),
        replace(contact, identity=flipped),
        replace(contact, wrapped_key=b"x" * 40),
    ):
        with pytest.raises(VaultBrokenError):
            Vault(b"k" * 32).open(broken)
    with pytest.raises(VaultBrokenError):
        Vault(b"o" * 32).open(contact)


def test_each_person_has_a_key_of_their_own() -> None:
    """Destroying one data key makes one person unreadable, and nobody else."""
    vault = Vault(b"k" * 32)
    one, two = vault.create("ct_a", KNOWN, frozen=False), vault.create("ct_b", KNOWN, frozen=False)
    assert one.wrapped_key != two.wrapped_key
    assert vault.change(one, KNOWN, frozen=True).wrapped_key == one.wrapped_key


def test_what_is_left_out_stays_known() -> None:
    """A webhook without the number takes nothing away; the newest of each field is current."""
    learned = learn(KNOWN, Identity(bsuid="GB.1", name="Asha T"), DAY + timedelta(days=1))
    assert learned.changed
    assert not learned.number_changed
    assert learned.known.current == Identity(number="447700900123", bsuid="GB.1", name="Asha T")
    assert learned.known.name == ("Asha T", "Asha")


def test_an_old_message_brings_no_old_number_back() -> None:
    """A record read again after the number changed adds nothing and replaces nothing."""
    moved = learn(KNOWN, Identity(number="447700900199"), DAY + timedelta(days=1))
    assert moved.number_changed
    again = learn(moved.known, Identity(number="447700900123", name="Asha"), DAY)
    assert not again.changed
    assert again.known.current.number == "447700900199"


IDENTITIES = st.builds(
    Identity,
    number=st.sampled_from([None, "447700900123", "447700900199"]),
    bsuid=st.sampled_from([None, "GB.1"]),
    name=st.sampled_from([None, "Asha", "Bo"]),
)


@given(st.lists(st.tuples(IDENTITIES, st.integers(0, 5)), min_size=1, max_size=8))
def test_nothing_known_is_ever_lost(seen: list[tuple[Identity, int]]) -> None:
    """In whatever order messages come, every value they carried is known afterwards, and learning it again is no change."""
    known = None
    for identity, day in seen:
        known = learn(known, identity, DAY + timedelta(days=day)).known
    assert known is not None
    for field in ("number", "bsuid", "name"):
        said = {value for identity, _ in seen if (value := getattr(identity, field))}
        assert said == set(getattr(known, field))
    last, day = seen[-1]
    assert not learn(known, last, DAY + timedelta(days=day)).changed


def test_minted_names_hold_no_digit() -> None:
    """Ids and traces of an insurer's records can be mistaken for nobody's number, and differ by insurer."""
    mint = Mint(b"m" * 32)
    one, two = mint.message_id("acme", "ms"), mint.message_id("zenith", "ms")
    assert one != two
    assert not any(map(str.isdigit, one + mint.thread_id("acme", "cv") + mint.recipient_ref("ct")))
