"""An insurer's reply reaches the one person of its thread, once, or is refused with a reason."""

from typing import Any

import pytest

from bowchat_contracts.commands import Author
from bowchat_contracts.content import OtherContent
from bowchat_contracts.conversations import ConversationNoted
from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.ids import derived_id, random_id
from bowchat_contracts.inbound import Identity
from bowchat_contracts.insurer import ReplyRefused
from bowchat_contracts.pii import MessageText
from bowchat_contracts.replies import ReplyDecided
from bowchat_contracts.topics import CONVERSATIONS_CHANGED
from bowchat_masker.commands import unfreeze


def outcome(sent: list[Any]) -> tuple[str, str | None]:
    (decided,) = [each.event for each in sent if isinstance(each.event, ReplyDecided)]
    return decided.outcome, decided.reason


def dumped(sent: list[Any]) -> list[tuple[str, str, str, Any]]:
    return [(each.topic, each.key, each.event.model_dump_json(), each.meta) for each in sent]


async def test_a_reply_goes_to_the_person_of_its_thread(world: Any) -> None:
    """Accepted: a delivery is requested, locked for the dispatcher and bound to itself, and the decision is told."""
    alias = await world.alias()
    delivery, decided = await world.answers(world.reply(alias))
    assert isinstance(delivery.event, DeliveryRequested)
    assert delivery.key == delivery.event.recipient_ref
    assert delivery.event.business_number_id == "business"
    opened = world.opener.open(delivery.event.sealed_recipient, f"delivery:{delivery.event.delivery_id}")
    recipient = Identity.model_validate_json(opened)
    assert (recipient.number, recipient.bsuid) == (world.identity.number, world.identity.bsuid)
    assert decided.event.outcome == "accepted"
    assert decided.key == derived_id("cv", "c1")
    assert "7700900123" not in repr(dumped([delivery, decided]))


async def test_a_note_changes_nothing(world: Any, now: Any) -> None:
    """What somebody wrote on a conversation is read past: it opens and closes nothing."""
    alias = await world.alias()
    ids = {"conversation_id": derived_id("cv", "c1"), "contact_id": derived_id("ct", "asha")}
    by = Author(role="aggregator", name="meera")
    note = ConversationNoted(by=by, text=MessageText("call the garage"), at=now, **ids)
    await world.follows(world.record(note, CONVERSATIONS_CHANGED), world.changed("closed", 2))
    assert outcome(await world.answers(world.reply(alias))) == ("refused", "conversation_closed")


async def test_a_replay_publishes_the_same_again(world: Any, later: Any) -> None:
    """A reply read again after a crash gives the same events to the byte: one delivery id, one seal."""
    reply = world.reply(await world.alias())
    first = await world.answers(reply)
    assert dumped(await world.answers(reply, now=later)) == dumped(first)


async def test_the_same_reply_sent_twice_has_one_effect(world: Any) -> None:
    """An insurer that repeats itself, in one batch or later, moves nobody's phone twice."""
    alias = await world.alias()
    first, again, later = (world.reply(alias) for _ in range(3))
    assert len(await world.answers(first, again)) == 2
    assert await world.answers(later) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "text_empty"),
        (" \u200b\n", "text_empty"),
        ("x" * 4097, "text_too_long"),
    ],
)
async def test_a_text_that_cannot_be_carried_is_refused(world: Any, text: str, reason: str) -> None:
    """The insurer is told which and what to do; the policyholder gets nothing."""
    alias = await world.alias()
    refusal, decided = await world.answers(world.reply(alias, text))
    assert isinstance(refusal.event, ReplyRefused)
    assert (refusal.topic, refusal.key) == ("insurer.acme.messages", alias)
    assert refusal.event.reason == decided.event.reason == reason
    assert len(refusal.event.detail) > 20
    assert refusal.whole_seconds


async def test_a_reply_id_used_for_another_text_is_refused(world: Any) -> None:
    """The insurer is told, each time; the first reply stands, and sent again as it was it has no second effect."""
    alias = await world.alias()
    first, other = world.reply(alias), world.reply(alias, "No, it is not covered.")
    assert outcome(await world.answers(first)) == ("accepted", None)
    told = await world.answers(other)
    assert [(each.topic, each.key, each.event.reason) for each in told] == [
        ("insurer.acme.messages", alias, "reply_id_reused")
    ]
    assert await world.answers(other) == told
    assert await world.answers(world.reply(alias)) == []
    (later,) = await world.answers(world.reply(alias, "No, it is not covered."))
    assert later.meta.id != told[0].meta.id


async def test_a_reply_id_used_twice_at_once_is_refused(world: Any) -> None:
    """The same when both come in one batch, and when they differ in the thread alone."""
    alias = await world.alias()
    thread = world.mint.thread_id("acme", derived_id("cv", "c1"))
    sent = await world.answers(world.reply(alias), world.reply(alias), world.reply(alias, thread_id=thread))
    assert [getattr(each.event, "reason", None) for each in sent] == [None, None, "reply_id_reused"]


async def test_a_reused_reply_id_does_not_spell_the_number(world: Any) -> None:
    """Not even this refusal brings the person's number onto the topic."""
    alias = await world.alias()
    name = "about-7700900123"
    assert outcome(await world.answers(world.reply(alias, name=name))) == ("accepted", None)
    assert await world.answers(world.reply(alias, "Other", name=name)) == []


async def test_another_insurers_alias_is_unknown(world: Any) -> None:
    """An insurer that got hold of another's alias learns nothing and reaches nobody."""
    alias = await world.alias()
    sent = await world.answers(world.reply(alias, insurer="zenith"))
    assert outcome(sent) == ("refused", "unknown_alias")
    assert sent[-1].event.conversation_id is None


@pytest.mark.parametrize("alias", ["", "ph_x", "447700900123", "x" * 100])
async def test_an_invented_alias_is_refused(world: Any, alias: str) -> None:
    """What does not look like an alias is not used as a key."""
    sent = await world.answers(world.reply(alias))
    assert outcome(sent) == ("refused", "unknown_alias")
    assert sent[0].key == "refused"


async def test_several_threads_need_a_name(world: Any) -> None:
    """While an alias has one open thread it may be left out; with several the insurer must say which."""
    alias = await world.alias()
    await world.takes(world.message(name="2", conversation="c2"))
    assert outcome(await world.answers(world.reply(alias))) == ("refused", "ambiguous_thread")
    thread = world.mint.thread_id("acme", derived_id("cv", "c2"))
    sent = await world.answers(world.reply(alias, name="r2", thread_id=thread))
    assert outcome(sent) == ("accepted", None)
    assert sent[-1].event.conversation_id == derived_id("cv", "c2")
    await world.follows(world.changed("closed", 3, "c1"))
    assert outcome(await world.answers(world.reply(alias, name="r3"))) == ("accepted", None)


async def test_a_foreign_thread_is_unknown(world: Any) -> None:
    """A thread of another contact, another insurer or nobody does not take a reply to somebody else."""
    alias = await world.alias()
    await world.takes(world.message(name="2", contact="bo", conversation="c2"))
    other = world.mint.thread_id("acme", derived_id("cv", "c2"))
    assert outcome(await world.answers(world.reply(alias, thread_id=other))) == ("refused", "unknown_thread")
    sent = await world.answers(world.reply(alias, name="r2", thread_id=random_id("th")))
    assert outcome(sent) == ("refused", "unknown_thread")


async def test_a_closed_conversation_takes_no_reply(world: Any) -> None:
    """Closed is closed, by name or by default, until it opens again; an old change read late does not matter."""
    alias = await world.alias()
    thread = world.mint.thread_id("acme", derived_id("cv", "c1"))
    await world.follows(world.changed("waiting_insurer", 2), world.changed("closed", 3))
    await world.follows(world.changed("waiting_insurer", 2))
    for name, named in (("r1", None), ("r2", thread)):
        sent = await world.answers(world.reply(alias, name=name, thread_id=named))
        assert outcome(sent) == ("refused", "conversation_closed")
    await world.follows(
        world.changed("waiting_insurer", 4), world.changed("closed", 5), world.changed("triage", 6)
    )
    assert outcome(await world.answers(world.reply(alias, name="r3"))) == ("accepted", None)


async def test_who_cannot_be_reached_is_not_written_to(world: Any) -> None:
    """Without a number and a BSUID there is nowhere to send."""
    alias = await world.alias(identity=Identity(name="Asha Testperson"))
    assert outcome(await world.answers(world.reply(alias))) == ("refused", "contact_unreachable")


async def test_a_frozen_contact_holds_replies(world: Any) -> None:
    """After a change of number replies wait for people, who are told; unfreezing lets new ones pass."""
    alias = await world.alias(content=OtherContent(type="number_changed"))
    alarm, decided = await world.answers(world.reply(alias))
    assert alarm.event.reason == "number_changed"
    assert alarm.event.direction == "to_policyholder"
    assert (decided.event.outcome, decided.event.reason) == ("held", "number_changed")
    contact = derived_id("ct", "asha")
    assert (await unfreeze(world.store, contact)).startswith("unfrozen")
    assert "not frozen" in await unfreeze(world.store, contact)
    assert "no contact" in await unfreeze(world.store, "nobody")
    assert outcome(await world.answers(world.reply(alias, name="r2"))) == ("accepted", None)


async def test_the_dispatcher_can_tell_what_was_decided_before_a_change_of_number(world: Any) -> None:
    """Replies accepted before the number changed have an older version than the freeze that is told; those accepted after
    it was confirmed have a newer one.
    """
    alias = await world.alias()
    (before, _) = await world.answers(world.reply(alias, name="before"))
    change = world.message(OtherContent(type="number_changed"), name="2", seq=2)
    told = [each for each in await world.takes(change) if each.topic == "contacts.frozen"]
    again = [each for each in await world.takes(change) if each.topic == "contacts.frozen"]
    assert await unfreeze(world.store, derived_id("ct", "asha"))
    (after, _) = await world.answers(world.reply(alias, name="after"))
    assert before.event.contact_version < told[0].event.version < after.event.contact_version
    assert told[0].key == before.event.recipient_ref == after.event.recipient_ref
    assert again == told


async def test_a_recipient_that_cannot_be_opened_is_held(world: Any) -> None:
    """A damaged vault stops the reply; it is never sent to somebody guessed."""
    alias = await world.alias()
    contact = world.store._contacts[derived_id("ct", "asha")]
    broken = contact.identity[:-1] + bytes([contact.identity[-1] ^ 1])
    object.__setattr__(contact, "identity", broken)
    world.vault._open.clear()
    alarm, _ = sent = await world.answers(world.reply(alias))
    assert alarm.event.reason == "seal_unreadable"
    assert outcome(sent) == ("held", "guard")


async def test_a_refusal_does_not_spell_the_number(world: Any) -> None:
    """Not even an insurer's own reply id brings the person's number onto the topic."""
    alias = await world.alias()
    sent = await world.answers(world.reply(alias, "", name="about-7700900123"))
    assert [type(each.event).__name__ for each in sent] == ["GuardRaised", "ReplyDecided"]
    assert outcome(sent) == ("held", "guard")


async def test_a_moved_thread_is_refused(world: Any) -> None:
    """Alias, contact, thread and conversation must all name each other; a row that was tampered with takes no reply."""
    alias = await world.alias()
    (thread,) = world.store._threads.values()
    object.__setattr__(thread, "conversation_id", derived_id("cv", "other"))
    assert outcome(await world.answers(world.reply(alias))) == ("refused", "unknown_thread")
