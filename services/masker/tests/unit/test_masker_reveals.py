"""A number is revealed by its owner's yes alone: to one insurer, for a purpose and a time, and only it can read it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowchat_contracts.commands import (
    AliasRevoke,
    Author,
    CommandDecided,
    CommandRequested,
    InsurerBlock,
    RevealRequest,
    RevealRevoke,
)
from bowchat_contracts.content import ChoiceContent
from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.envelope import to_headers
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity
from bowchat_contracts.pii import MessageText
from bowchat_contracts.reveals import InsurerIdentityRevealed, InsurerRevealChanged, RevealChanged
from bowchat_contracts.topics import COMMANDS_REQUESTED
from bowchat_masker.handlers.consents import Consents
from bowchat_masker.handlers.reveals import RevealCommands, RevealTools
from bowchat_masker.insurer_keys import InsurerKeys
from bowchat_masker.model import Changes
from bowchat_masker.quarantine_memory import MemoryQuarantine
from bowchat_masker.reveal_memory import MemoryReveals
from bowchat_masker.reveal_ticker import RevealTicker
from bowchat_masker.reveals import ASK_LASTS
from bowchat_runtime.lockbox import unlock
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.seal import SealBrokenError, new_keysets
from bowchat_runtime.testing import MemoryPublisher, run_batch

PRIVATE, PUBLIC = new_keysets()
INSURER = Author(role="insurer", name="acme")
NUMBER = "447700900123"


class Matter:
    """One policyholder, the insurer `acme`, and what goes on about the number between them."""

    def __init__(self, world: Any, folder: Path, now: Any) -> None:
        self.world, self.now = world, now
        self.folder = folder
        self.store, self.refusals = MemoryReveals(), MemoryQuarantine()
        self.taps = 0
        (folder / "acme.public.json").write_text(PUBLIC)

    async def begin(self) -> "Matter":
        self.alias = str(await self.world.alias())
        return self

    def tools(self) -> RevealTools:
        world = self.world
        return RevealTools(world.vault, world.opener, world.mint, world.mask, InsurerKeys(self.folder))

    def request(self, *, name: str = "k1", **more: Any) -> Record:
        values = {"insurer": "acme", "alias": self.alias, "purpose": "to call about your claim", "days": 7}
        return self.command(RevealRequest.model_validate(values | more), name=name)

    def revoke(self, *, name: str = "k9", **more: Any) -> Record:
        values = {"insurer": "acme", "alias": self.alias, "why": "the matter is settled"}
        return self.command(RevealRevoke.model_validate(values | more), name=name)

    def command(self, command: Any, *, name: str) -> Record:
        event = CommandRequested(
            command_id=derived_id("cm", name), by=INSURER, command=command, requested_at=self.now
        )
        made: Record = self.world.record(event, COMMANDS_REQUESTED)
        return made

    async def asks(self, *records: Record) -> list[Outgoing]:
        handler = RevealCommands(self.world.store, self.store, self.refusals, self.tools())
        return await run_batch(handler, records, self.now)

    def tap(self, button: str, **more: Any) -> Record:
        self.taps += 1
        content = ChoiceContent(
            choice="button_reply", choice_id=MessageText(button), title=MessageText("Yes, share it")
        )
        made: Record = self.world.message(content, name=f"tap{self.taps}", seq=2, **more)
        return made

    async def taps_on(self, *records: Record) -> list[Outgoing]:
        consents = Consents(self.world.store, self.store, self.tools())
        read = [each for each in records if consents.concerns(each)]
        return await run_batch(consents, read, self.now)

    async def buttons(self) -> tuple[str, str]:
        """Ask, and return what the two buttons bring back: yes, no."""
        yes, no = found(await self.asks(self.request()), DeliveryRequested).buttons
        return yes.id, no.id

    async def ticks(self) -> list[Outgoing]:
        publisher = MemoryPublisher()
        await RevealTicker(self.store, publisher, self.world.mint, lambda: self.now).tick()
        return publisher.sent


@pytest.fixture
async def matter(world: Any, tmp_path: Path, now: Any) -> Matter:
    return await Matter(world, tmp_path, now).begin()


def found(outgoing: Sequence[Outgoing], kind: type[Any]) -> Any:
    (event,) = [each.event for each in outgoing if isinstance(each.event, kind)]
    return event


def final(outgoing: Sequence[Outgoing]) -> list[Any]:
    return [(each.topic, each.key, each.body, to_headers(each.meta)) for each in outgoing]


def opened(event: InsurerIdentityRevealed, private: str = PRIVATE) -> Any:
    return json.loads(unlock(private.encode(), event.sealed_identity, event.reveal_id))


async def test_the_policyholder_is_asked_with_buttons(matter: Matter) -> None:
    """They read who asks, what for and how long; the insurer hears that they were asked, and nothing else."""
    sent = await matter.asks(matter.request())
    question = found(sent, DeliveryRequested)
    text = question.text.reveal()
    assert "acme asks for your phone number" in text
    assert "to call about your claim" in text
    assert "7 days" in text
    assert [each.title.reveal() for each in question.buttons] == ["Yes, share it", "No"]
    told = found(sent, InsurerRevealChanged)
    assert (told.state, told.alias, told.reveal_id) == ("asked", matter.alias, question.reveal_id)
    assert found(sent, RevealChanged).state == "asked"
    assert found(sent, CommandDecided).outcome == "accepted"


async def test_a_tap_counts_while_its_conversation_waits(matter: Matter) -> None:
    """In a line or in triage; when the message comes again, it has no second effect."""
    yes, _ = await matter.buttons()
    waiting = await matter.taps_on(matter.tap(yes, outcome="queued"))
    assert found(waiting, RevealChanged).state == "granted"
    assert await matter.taps_on(matter.tap(yes)) == []


async def test_a_yes_reveals_to_that_insurer_alone(matter: Matter, now: Any) -> None:
    """The number goes to one topic, locked: the insurer opens it, nobody else does, and no record holds it in the clear."""
    yes, _ = await matter.buttons()
    sent = await matter.taps_on(matter.tap(yes))
    event = found(sent, InsurerIdentityRevealed)
    until = (now + timedelta(days=7)).replace(microsecond=0)
    assert opened(event) == {
        "number": f"+{NUMBER}",
        "purpose": "to call about your claim",
        "until": until.isoformat().replace("+00:00", "Z"),
    }
    assert event.until == until
    assert {each.topic for each in sent} == {"insurer.acme.messages", "reveals.changed"}
    assert found(sent, RevealChanged).until == until
    assert all(NUMBER[-7:].encode() not in each.body for each in sent)
    other, _ = new_keysets()
    with pytest.raises(SealBrokenError):
        opened(event, other)


async def test_a_no_reveals_nothing(matter: Matter) -> None:
    """The insurer learns that it was declined; a yes after that counts for nothing."""
    yes, no = await matter.buttons()
    sent = await matter.taps_on(matter.tap(no), matter.tap(yes))
    assert found(sent, InsurerRevealChanged).state == "declined"
    assert len(sent) == 2


async def test_a_yes_can_be_taken_back(matter: Matter) -> None:
    """By the same person with No, or by people with a command: the insurer is told that it has ended."""
    yes, no = await matter.buttons()
    await matter.taps_on(matter.tap(yes))
    assert found(await matter.taps_on(matter.tap(no)), InsurerRevealChanged).state == "revoked"
    again = found(await matter.asks(matter.request(name="k2")), DeliveryRequested)
    await matter.taps_on(matter.tap(again.buttons[0].id))
    sent = await matter.asks(matter.revoke())
    assert found(sent, InsurerRevealChanged).state == "revoked"
    assert found(sent, RevealChanged).state == "revoked"


async def test_time_ends_a_reveal(matter: Matter) -> None:
    """When the agreed days are over, the insurer is told, once, and the row holds no number any more."""
    yes, _ = await matter.buttons()
    await matter.taps_on(matter.tap(yes))
    assert await matter.ticks() == []
    matter.now += timedelta(days=7)
    assert found(await matter.ticks(), InsurerRevealChanged).state == "expired"
    assert await matter.ticks() == []
    assert {each.sealed for each in matter.store._rows.values()} == {""}


async def test_a_late_yes_counts_for_nothing(matter: Matter) -> None:
    """A question without an answer ends by itself, also before the ticker has looked."""
    yes, _ = await matter.buttons()
    matter.now += ASK_LASTS
    assert await matter.taps_on(matter.tap(yes)) == []
    assert found(await matter.ticks(), InsurerRevealChanged).state == "expired"


async def test_only_the_person_asked_can_say_yes(matter: Matter) -> None:
    """The same button in another contact's message, or a made-up one, is nobody's."""
    yes, no = await matter.buttons()
    stranger = Identity(number="447700900155", bsuid="GB.10000000000000000155")
    tap = matter.tap(yes, contact="robin", identity=stranger, conversation="c2")
    await matter.world.takes(tap)
    assert await matter.taps_on(tap) == []
    assert await matter.taps_on(matter.tap(derived_id("bt", "made up")), matter.tap("yes")) == []
    stolen = matter.tap(yes, contact="robin", identity=stranger, conversation="c2")
    sent = await matter.taps_on(stolen, matter.tap(no))
    assert found(sent, InsurerRevealChanged).state == "declined"
    assert len(sent) == 2


async def test_a_changed_number_is_not_revealed(matter: Matter) -> None:
    """Where who taps is not certain (another number, a frozen contact), the yes counts for nothing."""
    yes, _ = await matter.buttons()
    moved = Identity(number="447700900155", bsuid="GB.10000000000000000123")
    tap = matter.tap(yes, identity=moved)
    assert await matter.taps_on(tap) == []
    await matter.world.takes(tap)
    assert await matter.taps_on(tap) == []
    assert await matter.taps_on(matter.tap(yes, identity=moved)) == []


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"alias": derived_id("ph", "nobody")}, "unknown_alias"),
        ({"insurer": "zenith"}, "unknown_alias"),
        ({"thread_id": derived_id("th", "nothing")}, "unknown_thread"),
        ({"purpose": "call me on 07700 900188"}, "purpose_not_plain"),
        ({"purpose": "see www.example.com/form"}, "purpose_not_plain"),
    ],
)
async def test_a_request_that_has_no_place_asks_nobody(matter: Matter, more: Any, reason: str) -> None:
    """The insurer is told why; the policyholder hears nothing."""
    sent = await matter.asks(matter.request(**more))
    told = found(sent, InsurerRevealChanged)
    assert (told.state, told.reason) == ("refused", reason)
    assert found(sent, CommandDecided).outcome == "refused"
    assert len(sent) == 2


async def test_an_insurer_without_a_keyset_is_refused(matter: Matter) -> None:
    """What could be read by others is not asked for; a broken keyset counts as none."""
    (matter.folder / "acme.public.json").write_text("{}")
    assert found(await matter.asks(matter.request()), InsurerRevealChanged).reason == "no_keyset"


async def test_a_closed_conversation_asks_nobody(matter: Matter) -> None:
    """No matter, no question."""
    await matter.world.follows(matter.world.changed("closed", 5))
    assert found(await matter.asks(matter.request()), InsurerRevealChanged).reason == "conversation_closed"


async def test_who_said_stop_is_not_asked(matter: Matter) -> None:
    """A question of ours for an insurer is a way of that insurer, too."""
    await matter.world.takes(matter.world.message("STOP", name="stop", seq=2))
    sent = await matter.asks(matter.request())
    assert found(sent, InsurerRevealChanged).reason == "policyholder_stopped"
    assert not [each for each in sent if isinstance(each.event, DeliveryRequested)]


async def test_a_frozen_contact_is_not_asked(matter: Matter) -> None:
    """A number that nobody has confirmed is neither asked nor revealed."""
    contacts = await matter.world.store.contacts([derived_id("ct", "asha")])
    frozen = {key: replace(row, version=row.version + 1, frozen=True) for key, row in contacts.items()}
    await matter.world.store.save(Changes(contacts=frozen))
    assert found(await matter.asks(matter.request()), InsurerRevealChanged).reason == "contact_unreachable"


async def test_one_question_at_a_time(matter: Matter) -> None:
    """While one is asked or granted, another is refused: nobody is worn down."""
    await matter.buttons()
    assert found(await matter.asks(matter.request(name="k2")), InsurerRevealChanged).reason == "already_asked"


async def test_nothing_agreed_is_nothing_to_revoke(matter: Matter) -> None:
    """The author of the command is told so."""
    sent = await matter.asks(matter.revoke())
    assert found(sent, CommandDecided).outcome == "refused"
    assert len(sent) == 1


async def test_a_replay_gives_the_same_bytes(matter: Matter) -> None:
    """Request, refusal, yes and revocation: read again after a crash, to the byte; as duplicates, nothing."""
    request, second = matter.request(), matter.request(name="k2")
    first = await matter.asks(request, second)
    matter.now += timedelta(seconds=9)
    assert final(await matter.asks(request, second)) == final(first)
    assert await matter.asks(matter.request(), matter.request(name="k2")) == []
    tap = matter.tap(found(first, DeliveryRequested).buttons[0].id)
    granted = await matter.taps_on(tap)
    matter.now += timedelta(seconds=9)
    assert final(await matter.taps_on(tap)) == final(granted)
    revoke = matter.revoke()
    ended = await matter.asks(revoke)
    matter.now += timedelta(seconds=9)
    assert final(await matter.asks(revoke)) == final(ended)


STEPS = st.lists(st.sampled_from(["ask", "yes", "no", "revoke", "tick", "wait"]), max_size=12)


@given(steps=STEPS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
async def test_whatever_happens_a_number_leaves_by_a_yes_alone(
    world: Any, tmp_path: Path, now: Any, steps: list[str]
) -> None:
    """In any order of events: as many reveals as questions answered yes, each ended at most once, never two open."""
    matter = await Matter(type(world)(), tmp_path, now).begin()
    buttons: list[tuple[str, str]] = []
    sent: list[Outgoing] = []
    for place, step in enumerate(steps):
        if step == "ask":
            made = await matter.asks(matter.request(name=f"ask{place}"))
            asked = [each.event for each in made if isinstance(each.event, DeliveryRequested)]
            buttons += [(each.buttons[0].id, each.buttons[1].id) for each in asked]
        elif step in ("yes", "no") and buttons:
            made = await matter.taps_on(matter.tap(buttons[-1][step == "no"]))
        elif step == "revoke":
            made = await matter.asks(matter.revoke(name=f"revoke{place}"))
        elif step == "tick":
            made = await matter.ticks()
        else:
            matter.now += timedelta(days=4)
            continue
        sent += made
    shown = [each for each in sent if isinstance(each.event, InsurerIdentityRevealed)]
    assert len(shown) <= steps.count("yes")
    assert sum(each.is_open for each in matter.store._rows.values()) <= 1
    ends = [each.event.reveal_id for each in sent
            if isinstance(each.event, RevealChanged) and each.event.state in ("declined", "expired", "revoked")]  # fmt: skip
    assert len(ends) == len(set(ends))
    assert all(NUMBER[-7:].encode() not in each.body for each in sent)


async def test_yes_and_no_in_one_batch_are_both_heard(matter: Matter) -> None:
    """Whoever taps twice in a moment holds up nobody: the number goes out, and is taken back."""
    yes, no = await matter.buttons()
    sent = await matter.taps_on(matter.tap(yes), matter.tap(no))
    assert found(sent, InsurerIdentityRevealed)
    assert found(sent, InsurerRevealChanged).state == "revoked"
    (reveal,) = await matter.store.of_contacts([derived_id("ct", "asha")])
    assert (reveal.state, reveal.sealed) == ("revoked", "")


async def test_a_request_may_be_revoked_in_the_batch_it_came_in(matter: Matter) -> None:
    """The insurer hears both, in order, and asking again is open."""
    sent = await matter.asks(matter.request(), matter.revoke())
    told = [each.event.state for each in sent if isinstance(each.event, InsurerRevealChanged)]
    assert told == ["asked", "revoked"]
    assert found(await matter.asks(matter.request(name="k2")), InsurerRevealChanged).state == "asked"


@pytest.mark.parametrize("agreed", [False, True])
async def test_stop_ends_what_was_asked_or_agreed(matter: Matter, agreed: bool) -> None:
    """A number is a way to somebody: STOP takes it back, and a question from before STOP is answered by nobody any more."""
    yes, _ = await matter.buttons()
    if agreed:
        await matter.taps_on(matter.tap(yes))
    stop = matter.world.message("STOP", name="stop", seq=3)
    sent = await matter.taps_on(stop)
    assert found(sent, InsurerRevealChanged).state == "revoked"
    assert final(await matter.taps_on(stop)) == final(sent)
    assert await matter.taps_on(matter.tap(yes)) == []


async def test_stop_to_one_insurer_leaves_what_another_was_given(matter: Matter) -> None:
    """It is about the insurer in whose conversation it was said."""
    yes, _ = await matter.buttons()
    await matter.taps_on(matter.tap(yes))
    other = matter.world.message("STOP", name="stop", insurer="bharat", conversation="c2")
    assert await matter.taps_on(other) == []


@pytest.mark.parametrize("by_contact", [False, True])
async def test_ending_an_alias_ends_what_was_agreed_under_it(matter: Matter, by_contact: bool) -> None:
    """Who ends an insurer's way takes the number back with it; an insurer's own word ends nothing of the kind."""
    yes, _ = await matter.buttons()
    await matter.taps_on(matter.tap(yes))
    contact_id = derived_id("ct", "asha")
    end = (
        InsurerBlock(insurer="acme", contact_id=contact_id, why="harvesting")
        if by_contact
        else AliasRevoke.model_validate({"alias": matter.alias, "why": "harvesting"})
    )
    assert await matter.asks(matter.command(end, name="k2")) == []
    event = CommandRequested(
        command_id=derived_id("cm", "k3"),
        by=Author(role="aggregator", name="meera"),
        command=end,
        requested_at=matter.now,
    )
    asked = matter.world.record(event, COMMANDS_REQUESTED)
    sent = await matter.asks(asked)
    assert found(sent, InsurerRevealChanged).state == found(sent, RevealChanged).state == "revoked"
    assert final(await matter.asks(asked)) == final(sent)


@pytest.mark.parametrize(
    ("text", "read"),
    [("STOP", True), ("Please stop", True), ("Good morning, my car was parked outside when " * 3, False)],
)
def test_only_what_may_be_a_wish_is_read(matter: Matter, text: str, read: bool) -> None:
    """Of everybody's messages, those too long to be STOP pass by unread."""
    record = matter.world.message(text, name="m1")
    assert Consents(matter.world.store, matter.store, matter.tools()).concerns(record) is read
