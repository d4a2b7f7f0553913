"""What the relay asks or tells somebody reaches that person or nobody; an insurer's words in it obey replies' rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bowchat_contracts.commands import (
    Author,
    CommandDecided,
    CommandRequested,
    HeldBlock,
    HeldRelease,
    HeldRewrite,
)
from bowchat_contracts.content import OtherContent
from bowchat_contracts.conversations import GuardRaised
from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.envelope import to_headers
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import Option, PromptDecided, PromptRequested
from bowchat_contracts.topics import COMMANDS_REQUESTED, PROMPTS_REQUESTED
from bowchat_masker.handlers import prompts
from bowchat_masker.handlers.held_commands import HeldCommands
from bowchat_masker.handlers.held_prompts import HeldPrompts
from bowchat_masker.handlers.prompts import PromptMasker
from bowchat_masker.model import Erased
from bowchat_masker.quarantine_memory import MemoryQuarantine
from bowchat_masker.ways import revoked
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import run_batch

ACME = Author(role="insurer", name="acme")
MEERA = Author(role="aggregator", name="meera")
PROMPT = derived_id("pm", "p1")
ASHA = derived_id("ct", "asha")


class Asking:
    """What the router asks for, and what the masker makes of it."""

    def __init__(self, world: Any, now: datetime) -> None:
        self.world, self.now = world, now
        self.rulings = MemoryQuarantine()

    def prompt(self, text: str = "Which policy is this about?", *, name: str = "p1", **more: Any) -> Record:
        values: dict[str, Any] = {
            "prompt_id": derived_id("pm", name),
            "kind": "which_matter",
            "contact_id": ASHA,
            "business_number_id": "business",
            "text": MessageText(text),
            "requested_at": self.now,
            "expires_at": self.now + timedelta(hours=1),
        }
        made: Record = self.world.record(PromptRequested(**(values | more)), PROMPTS_REQUESTED)
        return made

    def of_nobody_seen(self, *, identity: Identity | None = None, **more: Any) -> Record:
        """About a message that no other part of the relay has met yet."""
        message_id = derived_id("ms", "new")
        plain = (identity or self.world.identity).model_dump_json(exclude_none=True).encode()
        sealed = self.world.opener.sealer().seal(plain, f"inbound:{message_id}")
        return self.prompt(message_id=message_id, sealed_identity=sealed, **more)

    def of_insurer(self, text: str = "Please send the repair bill.", **more: Any) -> Record:
        """Words that an insurer typed into a command."""
        values: dict[str, Any] = {
            "kind": "documents",
            "conversation_id": derived_id("cv", "c1"),
            "insurer": "acme",
            "by": ACME,
        }
        return self.prompt(text, **(values | more))

    async def asks(self, *records: Record, now: datetime | None = None) -> list[Outgoing]:
        world = self.world
        handler = PromptMasker(world.store, world.vault, world.opener, world.mint)
        return await run_batch(handler, records, now or self.now)

    async def says(self, command: Any, name: str = "k1") -> list[Outgoing]:
        """A person decides on what is held."""
        world = self.world
        kinds = {"pm": HeldPrompts(world.store, world.vault, world.opener, world.mint)}
        event = CommandRequested(
            command_id=derived_id("cm", name), by=MEERA, command=command, requested_at=self.now
        )
        record = world.record(event, COMMANDS_REQUESTED)
        return await run_batch(HeldCommands(world.store, self.rulings, kinds), [record], self.now)


@pytest.fixture
def asking(world: Any, now: datetime) -> Asking:
    return Asking(world, now)


def found(outgoing: Sequence[Outgoing], kind: type[Any]) -> Any:
    (event,) = [each.event for each in outgoing if isinstance(each.event, kind)]
    return event


def none_of(outgoing: Sequence[Outgoing], kind: type[Any]) -> bool:
    return not [each for each in outgoing if isinstance(each.event, kind)]


def end(outgoing: Sequence[Outgoing]) -> tuple[str, str | None]:
    """What became of a prompt. What is not accepted asks for no delivery."""
    said = found(outgoing, PromptDecided)
    assert (said.outcome == "accepted") != none_of(outgoing, DeliveryRequested)
    return said.outcome, said.reason


def final(outgoing: Sequence[Outgoing]) -> list[Any]:
    return [(each.topic, each.key, each.body, to_headers(each.meta)) for each in outgoing]


async def test_who_nobody_has_seen_yet_is_asked(asking: Asking) -> None:
    """The question of a first message goes to who wrote it, sealed for the dispatcher; the vault knows them from then on."""
    options = tuple(
        Option(option_id=derived_id("op", title), title=MessageText(title), description=MessageText("Motor"))
        for title in ("POL-1", "POL-2", "POL-3", "POL-4")
    )
    sent = await asking.asks(asking.of_nobody_seen(options=options, list_label="Policies"))
    delivery = found(sent, DeliveryRequested)
    opened = asking.world.opener.open(delivery.sealed_recipient, f"delivery:{delivery.delivery_id}")
    reached = Identity.model_validate_json(opened)
    assert (reached.number, reached.bsuid) == (asking.world.identity.number, asking.world.identity.bsuid)
    assert reached.name is None
    assert [each.id for each in delivery.buttons] == [each.option_id for each in options]
    assert [each.title.reveal() for each in delivery.buttons] == ["POL-1", "POL-2", "POL-3", "POL-4"]
    assert (delivery.list_label, delivery.prompt_id, delivery.notice) == ("Policies", PROMPT, True)
    assert (delivery.conversation_id, delivery.insurer) == (None, None)
    assert delivery.expires_at == asking.now + timedelta(hours=1)
    assert end(sent) == ("accepted", None)
    assert ASHA in asking.world.store._contacts


async def test_the_message_itself_teaches_nothing_else_later(asking: Asking) -> None:
    """When the message is routed after the answer, its writer is the one who was asked."""
    await asking.asks(asking.of_nobody_seen())
    before = asking.world.store._contacts[ASHA]
    await asking.world.takes(asking.world.message())
    assert asking.world.store._contacts[ASHA] == before


async def test_a_known_contact_needs_no_seal(asking: Asking) -> None:
    """And is reached in the same lane as by replies, so that the order holds."""
    alias = await asking.world.alias()
    reply = found(await asking.world.answers(asking.world.reply(alias)), DeliveryRequested)
    sent = await asking.asks(asking.prompt())
    assert found(sent, DeliveryRequested).recipient_ref == reply.recipient_ref


@pytest.mark.parametrize("more", [{}, {"message_id": derived_id("ms", "1"), "sealed_identity": "broken"}])
async def test_who_cannot_be_reached_is_not_asked(asking: Asking, more: dict[str, Any]) -> None:
    """Nobody is guessed at, and the refusal is told."""
    assert end(await asking.asks(asking.prompt(**more))) == ("refused", "contact_unreachable")


async def test_what_came_too_late_is_not_asked(asking: Asking) -> None:
    """A question whose time is over is refused, and the dispatcher hears nothing of it."""
    await asking.world.alias()
    sent = await asking.asks(asking.prompt(), now=asking.now + timedelta(hours=1))
    assert end(sent) == ("refused", "expired")


async def test_a_prompt_has_one_effect(asking: Asking, later: datetime) -> None:
    """Read again after a crash it gives the same bytes, seal and all, though it has expired since; asked again, nothing."""
    record = asking.of_nobody_seen()
    first = await asking.asks(record)
    again = await asking.asks(record, now=later + timedelta(days=1))
    assert final(first) == final(again)
    assert await asking.asks(asking.of_nobody_seen(), now=later) == []


async def test_stop_holds_for_what_is_in_an_insurers_name(asking: Asking) -> None:
    """Who said STOP to an insurer is not asked how content they were with it; a question of the relay's own still comes."""
    await asking.world.alias()
    await asking.world.takes(asking.world.message("STOP", name="2", seq=2))
    csat = {"kind": "csat", "conversation_id": derived_id("cv", "c1")}
    assert end(await asking.asks(asking.prompt(insurer="acme", **csat))) == (
        "refused",
        "policyholder_stopped",
    )
    assert end(await asking.asks(asking.prompt(insurer="zenith", name="p2", **csat))) == ("accepted", None)
    assert end(await asking.asks(asking.prompt(name="p3"))) == ("accepted", None)


async def test_who_was_erased_is_not_asked_and_not_brought_back(asking: Asking) -> None:
    """A question that was under way when its person was erased teaches the vault nothing."""
    await asking.world.store.erase(Erased(ASHA, derived_id("cm", "e"), "p", asking.now))
    assert end(await asking.asks(asking.of_nobody_seen())) == ("refused", "contact_erased")
    assert ASHA not in asking.world.store._contacts


async def test_a_changed_number_is_not_written_to(asking: Asking) -> None:
    """The relay's own words are given up; an insurer's wait for people."""
    await asking.world.alias()
    await asking.world.takes(asking.world.message(OtherContent(type="number_changed"), name="2", seq=2))
    assert end(await asking.asks(asking.prompt())) == ("refused", "number_changed")
    sent = await asking.asks(asking.of_insurer(name="p2"))
    assert end(sent) == ("held", "number_changed")
    assert found(sent, GuardRaised).subject_id == derived_id("pm", "p2")


async def test_an_insurers_words_lose_contact_details(asking: Asking) -> None:
    """As in a reply: the policyholder reads that something was removed, and people are told. A replay removes the same."""
    await asking.world.alias()
    record = asking.of_insurer("Send the bill to claims@acme.example, please.")
    sent = await asking.asks(record)
    text = found(sent, DeliveryRequested).text.reveal()
    assert text == "Send the bill to [e-mail address removed], please."
    assert found(sent, GuardRaised).reason == "contact_details"
    assert found(sent, DeliveryRequested).notice is False
    assert final(await asking.asks(record)) == final(sent)


async def test_an_insurers_words_obey_its_agreement(asking: Asking) -> None:
    """Asking for contact outside is held or refused, as the agreement says; people are told of both."""
    await asking.world.alias()
    sent = await asking.asks(asking.of_insurer("Call me on my own phone."))
    assert end(sent) == ("held", "guard")
    assert found(sent, GuardRaised).reason == "solicitation"
    strict = MaskingPolicy(regions=("GB",), solicitation="refuse")
    await asking.world.takes(asking.world.message(name="2", seq=2, masking=strict))
    sent = await asking.asks(asking.of_insurer("Call me on my own phone.", name="p2"))
    assert end(sent) == ("refused", "solicitation")
    assert found(sent, GuardRaised).reason == "solicitation"


async def test_a_thing_to_tap_cannot_lead_around(asking: Asking) -> None:
    """Nothing can be cut out of a button: what holds a number is held."""
    await asking.world.alias()
    option = Option(option_id=derived_id("op", "a"), title=MessageText("+44 7700 900188"))
    assert end(await asking.asks(asking.of_insurer(options=(option,)))) == ("held", "guard")


async def test_what_cannot_be_looked_through_is_held(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken detector lets nothing of an insurer's out."""
    await asking.world.alias()

    def broken(*_: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(prompts, "looked_through", broken)
    sent = await asking.asks(asking.of_insurer())
    assert end(sent) == ("held", "guard")
    assert found(sent, GuardRaised).reason == "masking_failed"


@pytest.mark.parametrize(
    "more",
    [
        {"conversation_id": derived_id("cv", "other")},
        {"conversation_id": None},
        {"insurer": "zenith"},
        {"by": Author(role="insurer", name="zenith")},
        {"contact_id": derived_id("ct", "ben")},
    ],
)
async def test_an_insurer_writes_into_its_own_threads_alone(asking: Asking, more: dict[str, Any]) -> None:
    """Another's conversation, insurer or contact: nobody gets it."""
    await asking.world.alias()
    await asking.world.alias(name="2", contact="ben", conversation="c2")
    assert end(await asking.asks(asking.of_insurer(**more))) == ("refused", "unknown_thread")


async def test_not_even_the_relays_own_words_go_to_a_stranger(asking: Asking) -> None:
    """A prompt that names one contact and the conversation of another is a mistake, and reaches neither."""
    await asking.world.alias()
    await asking.world.alias(name="2", contact="ben", conversation="c2")
    sent = await asking.asks(asking.prompt(insurer="acme", conversation_id=derived_id("cv", "c2")))
    assert end(sent) == ("refused", "unknown_thread")


async def test_a_thread_that_names_anothers_alias_is_not_written_into(asking: Asking) -> None:
    """Alias, contact and conversation name each other, or nobody gets it: also where the vault itself is wrong."""
    await asking.world.alias()
    other = await asking.world.alias(name="2", contact="ben", conversation="c2")
    threads = asking.world.store._threads
    place = asking.world.mint.thread_id("acme", derived_id("cv", "c1"))
    threads[place] = replace(threads[place], alias=other)
    assert end(await asking.asks(asking.of_insurer())) == ("refused", "unknown_thread")


async def test_an_insurers_words_need_an_open_way(asking: Asking) -> None:
    """A closed conversation or an alias that ended refuses them, as it refuses a reply; the relay's own words still come."""
    await asking.world.alias()
    own = {"kind": "notice", "conversation_id": derived_id("cv", "c1"), "insurer": "acme"}
    await asking.world.follows(asking.world.changed("closed", 2))
    assert end(await asking.asks(asking.of_insurer())) == ("refused", "conversation_closed")
    assert end(await asking.asks(asking.prompt(name="p2", **own))) == ("accepted", None)
    ((key, way),) = asking.world.store._ways.items()
    asking.world.store._ways[key] = revoked(way, derived_id("cm", "revoke"), asking.now)
    assert end(await asking.asks(asking.of_insurer(name="p3"))) == ("refused", "alias_blocked")
    assert end(await asking.asks(asking.prompt(name="p4", **own))) == ("accepted", None)


@pytest.mark.parametrize(("text", "why"), [(" \n", "text_empty"), ("x" * 4097, "text_too_long")])
async def test_an_insurers_words_can_be_carried(asking: Asking, text: str, why: str) -> None:
    """What a reply could not say, a prompt cannot either."""
    await asking.world.alias()
    assert end(await asking.asks(asking.of_insurer(text))) == ("refused", why)


async def test_held_words_go_on_by_a_persons_word(asking: Asking) -> None:
    """Released as they are, they reach the policyholder with what there is to tap, once."""
    await asking.world.alias()
    await asking.asks(asking.of_insurer("Call me on my own phone."))
    sent = await asking.says(HeldRelease(subject_id=PROMPT, why="a false alarm"))
    delivery = found(sent, DeliveryRequested)
    assert delivery.text.reveal() == "Call me on my own phone."
    assert (delivery.prompt_id, delivery.notice) == (PROMPT, False)
    assert end(sent) == ("accepted", None)
    assert asking.world.opener.open(delivery.sealed_recipient, f"delivery:{delivery.delivery_id}")
    again = await asking.says(HeldRelease(subject_id=PROMPT, why="once more"), name="k2")
    assert found(again, CommandDecided).outcome == "refused"


async def test_held_words_go_on_in_other_words_or_never(asking: Asking) -> None:
    """Rewritten, the new text goes; blocked, nothing does, and the log says so."""
    await asking.world.alias()
    await asking.asks(
        asking.of_insurer("Call me on my own phone."), asking.of_insurer("Call me now.", name="p2")
    )
    rewrite = HeldRewrite(subject_id=PROMPT, text=MessageText("Please send the bill here."), why="tidied")
    assert found(await asking.says(rewrite), DeliveryRequested).text.reveal() == "Please send the bill here."
    blocked = await asking.says(HeldBlock(subject_id=derived_id("pm", "p2"), why="abuse"), name="k2")
    assert end(blocked) == ("blocked", None)


async def test_people_cannot_set_other_rules_aside(asking: Asking) -> None:
    """What was held for one doubt and holds another as well has to be rewritten; what is too late is not sent any more."""
    await asking.world.alias()
    await asking.asks(asking.of_insurer("Call me on +44 7700 900188."))
    release = HeldRelease(subject_id=PROMPT, why="a false alarm")
    sent = await asking.says(release)
    assert "contact details" in found(sent, CommandDecided).detail
    asking.now += timedelta(hours=2)
    sent = await asking.says(release, name="k2")
    assert "expired" in found(sent, CommandDecided).detail
    assert none_of(sent, DeliveryRequested)


async def test_no_prompt_reaches_an_insurer(asking: Asking, leaving: Any) -> None:
    """Whatever becomes of it, nothing of a prompt is told to any insurer."""
    await asking.world.alias()
    sent = await asking.asks(
        asking.prompt(),
        asking.of_insurer("Mail a@b.example", name="p2"),
        asking.of_insurer("Call me.", name="p3"),
    )
    assert len(sent) > 3
    assert leaving(sent) == []
