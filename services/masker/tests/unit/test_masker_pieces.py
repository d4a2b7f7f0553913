"""A number sent in pieces is held at the piece that completes it."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.conversations import GuardRaised
from bowchat_contracts.inbound import Identity
from bowchat_contracts.insurer import InsurerMessage, InsurerWithheld
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masker.guard import Watch, watch_for
from bowchat_masker.guard.pieces import InPieces, Memory, complete, piece_of
from bowchat_masker.identity import learn

_DAY = datetime(2026, 1, 1, tzinfo=UTC)
NUMBER = "447700900123"
LOCAL = "7700900123"
REGIONS = ("GB", "IN")


def watching(now: Any, number: str = NUMBER) -> Watch:
    return watch_for(learn(None, Identity(number=number), now).known)


def said(watch: Watch, *texts: str, apart_s: int = 5) -> list[InPieces | None]:
    """The verdict on each of the texts, sent one after the other."""
    memory, verdicts = Memory(), []
    for at, text in enumerate(texts):
        piece = piece_of(f"m{at}", at * apart_s, text)
        verdict = None
        if piece:
            verdict = complete(memory, piece, watch, REGIONS)
            memory = memory.with_piece(piece.model_copy(update={"verdict": verdict}))
        verdicts.append(verdict)
    return verdicts


KNOWN = "known_identity_in_pieces"


@pytest.mark.parametrize(
    ("texts", "verdicts"),
    [
        (("my number starts 7700", "and goes on 900123"), (None, KNOWN)),
        (("it ends with 900123", "before that it is 7700"), (None, KNOWN)),
        (("77", "00", "90", "01"), (None, None, None, KNOWN)),
        (("seven seven zero zero", "nine zero zero"), (None, KNOWN)),
        (("seven seven zero zero", "900123"), (None, KNOWN)),
        (("7700", "I have 2 cars", "900123"), (None, None, KNOWN)),
        (("770", "my claim is CLM-884412-2024", "090", "see also 5512", "0123"), (None, None, None, None, KNOWN)),
        (("७७००", "९००१२३"), (None, KNOWN)),
        (("321009", "0077"), (None, KNOWN)),
        (("+44 77009", "00123"), (None, KNOWN)),
        (("Claim CLM-884412", "Paid Rs 4,829 on 12/05/2024", "Pincode 411001", "at 10:30"), (None,) * 4),
        (("no digits", "none here"), (None, None)),
    ],
)  # fmt: skip
def test_the_piece_that_completes_the_known_number_is_held(
    now: Any, texts: tuple[str, ...], verdicts: tuple[str | None, ...]
) -> None:
    """In any two messages, in order whatever stands between, in words and in any script; ordinary digits pass."""
    assert tuple(said(watching(now), *texts)) == verdicts


@given(number=st.from_regex(r"7[0-9]{9}", fullmatch=True), cut=st.integers(3, 7), chance=st.randoms())
def test_every_number_cut_in_two_to_four_is_held(number: str, cut: int, chance: Random) -> None:
    """Wherever a number is cut, its last piece is held."""
    cuts = sorted(chance.sample(range(1, 10), k=chance.randint(1, 3)))
    pieces = [number[a:b] for a, b in zip([0, *cuts], [*cuts, 10], strict=True)]
    watch = watch_for(learn(None, Identity(number="44" + number), _DAY).known)
    assert KNOWN in said(watch, *pieces)


@pytest.mark.parametrize(
    ("texts", "last"),
    [
        (("77009", "00188"), "number_in_pieces"),
        (("07700", "900", "188"), "number_in_pieces"),
        (("99999", "and 01234"), "number_in_pieces"),
        (("call my wife on 77009", "sorry, one more thing about the claim", "00188"), None),
        (("Rs 77009", "00188"), None),
        (("411001", "4829"), None),
        (("12/05/2024", "48250"), None),
        (("98450", "12300"), None),
        (("88123", "or 88132"), None),
        (("pin 98450", "12301"), None),
        (("77009",), None),
    ],
)
def test_bare_pieces_of_anybodys_mobile_are_held(now: Any, texts: tuple[str, ...], last: str | None) -> None:
    """Messages of digits that make a mobile number which exists are held; digits that are about something are not."""
    assert said(watching(now, "15550100"), *texts)[-1] == last


def test_what_was_long_ago_does_not_count(now: Any) -> None:
    """After a quarter of an hour a piece is forgotten."""
    assert said(watching(now), "7700", "900123", apart_s=901) == [None, None]
    assert said(watching(now), "7700", "900123", apart_s=899) == [None, KNOWN]


def test_a_held_piece_does_not_count_for_the_next(now: Any) -> None:
    """What the insurer has not seen completes nothing; what would complete it is held again."""
    assert said(watching(now), "7700", "900123", "900123", "2 cars") == [None, KNOWN, KNOWN, None]


@given(texts=st.lists(st.text(alphabet="0123456789 abc", max_size=200), max_size=100))
def test_a_memory_is_bounded(texts: list[str]) -> None:
    """However much is sent: at most 64 messages are remembered, and the digits of nine."""
    memory = Memory()
    for at, text in enumerate(texts):
        if piece := piece_of(f"m{at}", at, text):
            memory = memory.with_piece(piece)
    assert len(memory.pieces) <= 64
    assert sum(1 for each in memory.pieces if each.plain) <= 9
    assert sum(1 for each in memory.pieces if each.text) <= 12
    assert len(memory.model_dump_json(exclude_defaults=True)) < 10_000


def test_a_memory_shows_nothing(now: Any) -> None:
    """A memory that is printed by accident tells no digit."""
    piece = piece_of("m", 0, LOCAL)
    assert piece is not None
    assert LOCAL not in repr(Memory().with_piece(piece))


async def test_a_number_in_pieces_is_held_and_told(world: Any, leaving: Any) -> None:
    """Over two threads to one insurer and a restart: the second piece is held, people see why, the vault shows no digit."""
    first = leaving(await world.takes(world.message("my number begins 7700", name="1", conversation="c1")))
    sent = await world.takes(world.message("the rest is 900123", name="2", conversation="c2"))
    assert isinstance(first[0].event, InsurerMessage)
    assert isinstance(sent[0].event, InsurerWithheld)
    alarm = next(each.event for each in sent if isinstance(each.event, GuardRaised))
    assert alarm.reason == KNOWN
    assert b"7700" not in repr(world.store._windows).encode()


async def test_two_insurers_get_a_piece_each(world: Any, leaving: Any) -> None:
    """Pieces that no insurer can put together are no number."""
    await world.takes(world.message("my number begins 7700", name="1", insurer="acme"))
    sent = leaving(await world.takes(world.message("the rest is 900123", name="2", insurer="zenith")))
    assert isinstance(sent[0].event, InsurerMessage)


async def test_a_replay_gives_the_verdict_that_was_given(world: Any, leaving: Any) -> None:
    """Read again after later messages: what was let through is let through, what was held is held, and counts once."""
    one, two, three = (
        world.message(text, name=text, conversation=f"c{at}")
        for at, text in enumerate(("begins 7700", "the rest is 900123", "I have 2 cars"))
    )
    kinds = [type(leaving(await world.takes(each))[0].event) for each in (one, two, three)]
    again = [type(each.event) for each in leaving(await world.takes(one, two, three))]
    assert kinds == again == [InsurerMessage, InsurerWithheld, InsurerMessage]
    (row,) = world.store._windows.values()
    assert row.version == 3


async def test_in_one_batch_the_pieces_count_as_well(world: Any, leaving: Any) -> None:
    """Two pieces in one batch are seen together; the window is written once."""
    sent = leaving(
        await world.takes(world.message("begins 7700", name="1"), world.message("ends 900123", name="2"))
    )
    assert [type(each.event) for each in sent] == [InsurerMessage, InsurerWithheld]
    (row,) = world.store._windows.values()
    assert row.version == 1


async def test_a_number_of_another_persons_is_read_in_the_agreements_regions(
    world: Any, leaving: Any
) -> None:
    """The pieces make a mobile number of a region that the agreement names, or they pass."""
    for regions, shown in ((("GB", "IN"), "[phone-1]"), (("GB",), "01234")):
        masking = MaskingPolicy(regions=regions)
        texts = ("99999", "01234")
        sent = [
            leaving(
                await world.takes(
                    world.message(text, name=f"{regions}{text}", contact=f"{regions}", masking=masking)
                )
            )
            for text in texts
        ]
        assert sent[-1][0].event.content.text == shown


async def test_a_memory_that_does_not_open_holds(world: Any, leaving: Any, now: Any) -> None:
    """A window that is damaged holds what has digits; what has none goes on."""
    await world.takes(world.message("I have 2 cars", name="1"))
    ((key, row),) = world.store._windows.items()
    world.store._windows[key] = type(row)(row.key, row.version, row.contact_id, b"damaged" * 9)
    sent = leaving(
        await world.takes(world.message("and 3 dogs", name="2", sent_at=now + timedelta(seconds=9)))
    )
    assert isinstance(sent[0].event, InsurerWithheld)
    sent = leaving(await world.takes(world.message("thanks", name="3")))
    assert isinstance(sent[0].event, InsurerMessage)
