"""A routed message becomes the insurer's record, or is held."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowchat_contracts.content import ButtonContent, ChoiceContent, OtherContent
from bowchat_contracts.conversations import GuardRaised
from bowchat_contracts.envelope import to_headers
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity, MessageRelayed
from bowchat_contracts.insurer import InsurerMessage, InsurerWithheld
from bowchat_contracts.insurer_content import InsurerChoice, InsurerOther, InsurerText
from bowchat_contracts.pii import MessageText
from bowchat_masker.vault import Vault
from bowchat_masking.hits import MaskedText
from bowchat_runtime.errors import ConflictError, RejectError
from bowchat_runtime.testing import run_batch


def final(outgoing: Any) -> tuple[str, str, bytes, Any, bool]:
    """A record as it leaves, to the byte."""
    value = outgoing.event.model_dump_json().encode()
    return outgoing.topic, outgoing.key, value, to_headers(outgoing.meta), outgoing.whole_seconds


async def test_a_message_reaches_its_insurer_masked(world: Any, now: Any) -> None:
    """The insurer gets the text without the number, at the message's place, under names of its own."""
    sent = await world.takes(world.message("Call +44 7700 900188 about MOT-2024-884412", seq=3))
    record, relayed = sent
    assert record.topic == "insurer.acme.messages"
    assert isinstance(record.event, InsurerMessage)
    assert isinstance(record.event.content, InsurerText)
    assert record.event.content.text == "Call [phone-1] about MOT-2024-884412"
    assert record.event.seq == 3
    assert record.event.tags == ("gold",)
    assert record.key == record.event.alias
    assert record.meta.time == record.event.sent_at == now.replace(microsecond=0)
    assert record.whole_seconds
    assert isinstance(relayed.event, MessageRelayed)
    assert relayed.event.outcome == "relayed"
    assert relayed.event.insurer_message_id == record.event.message_id


async def test_the_clock_starts_after_the_insurer_has_it(world: Any) -> None:
    """`inbound.relayed` leaves only after the insurer's record is acknowledged."""
    record, relayed = await world.takes(world.message())
    assert record.stage < relayed.stage


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            ButtonContent(text=MessageText("Call 9876543210"), payload=MessageText("secret-447700900123")),
            InsurerChoice(title="Call [phone-1]", masked=({"placeholder": "[phone-1]", "type": "phone"},)),
        ),
        (
            ChoiceContent(
                choice="list_reply",
                choice_id=MessageText("447700900123"),
                title=MessageText("Renew"),
                description=MessageText("mail jo@example.com"),
            ),
            InsurerChoice(
                title="Renew",
                description="mail [email-1]",
                masked=({"placeholder": "[email-1]", "type": "email"},),
            ),
        ),
        (OtherContent(type="image"), InsurerOther(type="image")),
    ],
)
async def test_each_kind_of_content_has_its_own_shape(world: Any, content: Any, expected: Any) -> None:
    """Payloads and ids of buttons never leave; titles and descriptions are masked; the rest is named, not shown."""
    sent = await world.takes(world.message(content))
    assert sent[0].event.content == expected


async def test_a_replay_gives_the_same_bytes(world: Any, later: Any) -> None:
    """After a crash, at another time, in another process: the insurer's record is the same to the byte."""
    record = world.message("Mail jo@example.com, call 07700 900188")
    first = await world.takes(record)
    second = await world.takes(record, now=later)
    assert final(first[0]) == final(second[0])
    assert first[1].meta.id == second[1].meta.id


async def test_a_held_message_is_held_again_with_the_same_bytes(world: Any, later: Any) -> None:
    """A replay of a held message stands at its place with the same bytes, and is kept once."""
    record = world.message("my number is 7700 900123 ok, well 7.7.0.0.9.0.0.1.2.3", seq=2)
    world.mask = lambda texts, region: (_ for _ in ()).throw(RuntimeError)
    first = await world.takes(record)
    second = await world.takes(record, now=later)
    assert final(first[0]) == final(second[0])
    assert len(world.store._held) == 1


async def test_two_insurers_share_nothing(world: Any, leaving: Any) -> None:
    """One person's messages to two insurers have no id, key, header or trace in common."""
    sent = leaving(
        await world.takes(
            world.message(name="1", conversation="c1", insurer="acme"),
            world.message(name="1", conversation="c1", insurer="zenith"),
        )
    )
    one, two = (
        {each.key, each.meta.id, *each.meta.traceparent.split("-")[1:3], *_ids(each)} for each in sent
    )
    assert len(one) == len(two) == 6
    assert not one & two


def _ids(outgoing: Any) -> tuple[str, str, str]:
    return outgoing.event.message_id, outgoing.event.alias, outgoing.event.thread_id


async def test_an_insurers_record_has_no_internal_name(world: Any) -> None:
    """No id of the relay's own, no policy number beside the text, no trace of the internal topics reaches an insurer."""
    record = world.message()
    sent = await world.takes(record)
    shown = repr(final(sent[0]))
    for hidden in (
        record.event.message_id, record.event.conversation_id, record.event.contact_id, "MOT-2024-884412",
        record.meta.trace_id, record.meta.id, "business", record.event.sealed_identity,
    ):  # fmt: skip
        assert hidden not in shown


async def test_an_alias_stays_the_same(world: Any, leaving: Any) -> None:
    """One insurer knows one person by one name, over conversations and restarts."""
    first = leaving(await world.takes(world.message(name="1", conversation="c1")))
    second = leaving(await world.takes(world.message(name="2", conversation="c2")))
    assert first[0].key == second[0].key
    assert first[0].event.thread_id != second[0].event.thread_id


async def test_two_workers_agree_on_an_alias(world: Any, now: Any) -> None:
    """The worker that loses the race for an alias reads again and uses the winner's."""
    one, two = world.inbound(), world.inbound()
    a, b = world.message(name="1", conversation="c1"), world.message(name="2", conversation="c2")
    first, second = await one.load([a]), await two.load([b])
    sent = one.decide(a, first, now)
    two.decide(b, second, now)
    await one.save(first)
    with pytest.raises(ConflictError):
        await two.save(second)
    two.forget()
    again = await run_batch(two, [b], now)
    assert again[0].key == sent[0].key


@pytest.mark.parametrize(
    "text",
    [
        "MOT-2024-1 is mine, 7700 and then 900123 ok",
        "I am Asha Testperson",
        "write to asha.writes",
        "R0IuMTAwMDAwMDAwMDAwMDAwMDAxMjM=",
        "NzcwMDkwMDEyMw==",
    ],
)
async def test_what_the_masking_misses_the_guard_holds(world: Any, text: str) -> None:
    """A trace of the writer in the final bytes holds the message: the insurer sees a place kept, people see why."""
    world.mask = lambda texts, _: tuple(MaskedText(each, ()) for each in texts)
    withheld, alarm, relayed = await world.takes(world.message(text, seq=5))
    assert isinstance(withheld.event, InsurerWithheld)
    assert withheld.event.seq == 5
    assert isinstance(alarm.event, GuardRaised)
    assert alarm.event.reason == relayed.event.reason == "known_identity"
    assert relayed.event.outcome == "held"
    assert text not in repr(final(withheld))


async def test_a_held_message_can_be_opened_later(world: Any) -> None:
    """The record that was held is kept, sealed, for the people who release it."""
    record = world.message("I am Asha Testperson")
    await world.takes(record)
    (held,) = world.store._held.values()
    assert world.opener.open(held.sealed, f"held:{record.event.message_id}") == record.value


async def test_words_of_the_registry_are_nobodys_name(world: Any, leaving: Any) -> None:
    """A person named like a desk or a tag is not held because of it."""
    identity = Identity(number="447700900123", name="Gold Claims")
    sent = leaving(await world.takes(world.message("hello", identity=identity, desk="gold claims")))
    assert isinstance(sent[0].event, InsurerMessage)


class BrokenPart:
    """Fails at whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("broken")


@pytest.mark.parametrize("part", ["mask", "inspect", "vault", "seal", "sealer", "identity", "other kek"])
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=st.just("call 07700 900188"))
async def test_every_error_ends_in_quarantine(world: Any, part: str, secret: str) -> None:
    """Whatever breaks in opening, masking, guarding or sealing: the insurer sees that a message is under review."""
    record = world.message(secret)
    if part in ("mask", "inspect"):
        setattr(world, part, BrokenPart())
    elif part == "vault":
        world.vault = BrokenPart()
    elif part == "seal":
        event = record.event.model_copy(update={"sealed_identity": "bm90IGEgc2VhbA=="})
        record = world.record(event, "inbound.routed")
    elif part == "identity":
        sealed = world.opener.sealer().seal(b"not an identity", f"inbound:{record.event.message_id}")
        record = world.record(record.event.model_copy(update={"sealed_identity": sealed}), "inbound.routed")
    elif part == "other kek":
        await world.takes(record)
        world.vault = Vault(b"x" * 32)
    else:
        world.mask = BrokenPart()
    masker = world.inbound()
    if part == "sealer":
        masker._sealer = BrokenPart()
    state = await masker.load([record])
    withheld, alarm, relayed = masker.decide(record, state, record.event.sent_at)
    await masker.save(state)
    assert isinstance(withheld.event, InsurerWithheld)
    assert alarm.event.reason in {"masking_failed", "seal_unreadable"}
    assert relayed.event.outcome == "held"
    assert "900188" not in repr(final(withheld))


async def test_a_text_too_long_is_held(world: Any) -> None:
    """More than people write in one message cannot be masked with certainty."""
    sent = await world.takes(world.message("x" * 17_000))
    assert [type(each.event) for each in sent] == [InsurerWithheld, GuardRaised, MessageRelayed]


async def test_triage_is_remembered_and_silent(world: Any) -> None:
    """A message that has no insurer yet reaches none, and still teaches the vault who wrote."""
    assert await world.takes(world.message(insurer=None)) == []
    assert derived_id("ct", "asha") in world.store._contacts


async def test_a_message_in_a_line_is_remembered_and_silent(world: Any) -> None:
    """A message whose desk has no place yet reaches nobody, and makes no alias; the vault learns who wrote."""
    assert await world.takes(world.message(outcome="queued")) == []
    assert derived_id("ct", "asha") in world.store._contacts
    assert not world.store._aliases
    assert not world.store._ways


@pytest.mark.parametrize("before", [{"outcome": "queued"}, {"insurer": None}])
async def test_what_waited_is_relayed_when_it_comes_again(world: Any, before: dict[str, Any]) -> None:
    """From a line or from triage: the insurer gets the message at its place, once, as if it had come so at first."""
    waited = await world.takes(world.message("My number is +44 7700 900188", **before))
    sent = await world.takes(world.message("My number is +44 7700 900188"))
    other = world.__class__()
    at_once = await other.takes(other.message("My number is +44 7700 900188"))
    assert waited == []
    assert [each.event.type for each in sent] == [InsurerMessage.type, MessageRelayed.type]
    assert sent[0].event.content == at_once[0].event.content
    assert sent[0].event.message_id == at_once[0].event.message_id
    assert sent[1].event.message_id == derived_id("ms", "1")


async def test_the_insurer_reads_what_it_is_about(world: Any) -> None:
    """The intent that routing found is the relay's own word, like the policy type, and so never a reason to hold."""
    asha = Identity(number="447700900123", name="Quillon")
    sent = await world.takes(world.message(intent="quillon", identity=asha))
    assert isinstance(sent[0].event, InsurerMessage)
    assert sent[0].event.intent == "quillon"


async def test_a_routed_message_without_an_insurer_is_parked(world: Any) -> None:
    """A contradiction is set aside, not guessed at."""
    with pytest.raises(RejectError):
        await world.takes(world.message(insurer=None, outcome="routed"))


async def test_a_known_number_stays_known(world: Any, leaving: Any) -> None:
    """A webhook that leaves the number out does not make the guard forget it."""
    world.mask = lambda texts, _: tuple(MaskedText(each, ()) for each in texts)
    await world.takes(world.message(name="1"))
    hidden = Identity(bsuid="GB.10000000000000000123")
    sent = leaving(await world.takes(world.message("ring 7700 and then 900123", name="2", identity=hidden)))
    assert isinstance(sent[0].event, InsurerWithheld)


async def test_nothing_is_rewritten_when_nothing_changed(world: Any) -> None:
    """The same person writing again costs no write of the contact."""
    await world.takes(world.message(name="1"))
    await world.takes(world.message(name="2"), world.message(name="3"))
    assert world.store._contacts[derived_id("ct", "asha")].version == 1


async def test_a_changed_number_freezes(world: Any, now: Any) -> None:
    """Another number, said by a system message or merely seen, stops sending; the insurer learns that it happened only."""
    sent = await world.takes(world.message(OtherContent(type="number_changed")))
    assert sent[0].event.content == InsurerOther(type="number_changed")
    assert world.store._contacts[derived_id("ct", "asha")].frozen
    moved = Identity(number="447700900199", bsuid="GB.2")
    await world.takes(world.message(name="b1", contact="bo"))
    await world.takes(
        world.message(name="b2", contact="bo", identity=moved, sent_at=now + timedelta(seconds=9))
    )
    assert world.store._contacts[derived_id("ct", "bo")].frozen


async def test_the_vault_holds_nothing_in_the_clear(world: Any) -> None:
    """No row of the vault shows a number, BSUID, username or name."""
    await world.takes(world.message("I am Asha Testperson"), world.message(name="2"))
    everything = repr(vars(world.store))
    for secret in ("7700900123", "10000000000000000123", "asha.writes", "Asha", "Testperson"):
        assert secret not in everything


@given(text=st.text(max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_text_ends_at_the_insurer_or_held(world: Any, text: str) -> None:
    """There is no third way: one insurer's record per message, and one word on what became of it."""
    sent = await world.takes(world.message(text))
    assert isinstance(sent[0].event, InsurerMessage | InsurerWithheld)
    assert isinstance(sent[-1].event, MessageRelayed)
    if isinstance(sent[0].event, InsurerMessage):
        assert isinstance(sent[0].event.content, InsurerText)
