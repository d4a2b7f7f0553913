"""From items and replies to events: ids, keys, traces."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bowchat_contracts.deliveries import StatusReceived
from bowchat_contracts.envelope import Meta, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity, InboundReceived
from bowchat_contracts.insurer import InsurerReply, ReplyRefused
from bowchat_contracts.pii import MessageText
from bowchat_contracts.replies import ReplyReceived
from bowchat_ingest.channels.whatsapp_cloud import parse
from bowchat_ingest.domain import events_of
from bowchat_ingest.handlers import RepliesHandler
from bowchat_ingest.identity import Pseudonyms, number_ref
from bowchat_ingest.settings import IngestSettings
from bowchat_runtime.errors import RejectError
from bowchat_runtime.key_ring import KeyRing
from bowchat_runtime.records import Outgoing
from bowchat_runtime.testing import record, run_batch

NOW = datetime(2026, 1, 1, 0, 2, tzinfo=UTC)
ALIAS = "ph_" + "a" * 32
Read = Callable[[str], Any]


def _events(read_sample: Read, name: str, pseudonyms: Pseudonyms, now: datetime = NOW) -> list[Outgoing]:
    return events_of(parse(read_sample(name), now).items, pseudonyms, now)


def test_a_retry_has_the_same_ids(read_sample: Read, pseudonyms: Pseudonyms) -> None:
    """The provider sends again, days later: same message, same event, same trace, same place in the topic."""
    (first,) = _events(read_sample, "msg_text", pseudonyms)
    (later,) = _events(read_sample, "msg_text", pseudonyms, NOW + timedelta(days=6))
    assert (first.meta.id, first.meta.traceparent, first.key) == (
        later.meta.id,
        later.meta.traceparent,
        later.key,
    )
    assert first.event.message_id == later.event.message_id  # type: ignore[attr-defined]


def test_a_message_is_known_by_the_number_it_was_written_to(
    read_sample: Read, pseudonyms: Pseudonyms
) -> None:
    """The same provider id at another number of ours is another message."""
    body = read_sample("msg_text")
    (first,) = events_of(parse(body, NOW).items, pseudonyms, NOW)
    body["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "100000000000002"
    (other,) = events_of(parse(body, NOW).items, pseudonyms, NOW)
    assert first.event.message_id != other.event.message_id  # type: ignore[attr-defined]


def test_messages_of_one_webhook_share_no_trace(read_sample: Read, pseudonyms: Pseudonyms) -> None:
    """Two people in one batch cannot be joined by a trace or an id."""
    outgoing = _events(read_sample, "batch_multiple_messages_two_users", pseudonyms)
    assert len({each.meta.trace_id for each in outgoing}) == len({each.meta.id for each in outgoing}) == 3
    assert outgoing[0].key == outgoing[2].key != outgoing[1].key


def test_refs_put_the_bsuid_first(pseudonyms: Pseudonyms) -> None:
    """The key of a person's records stays while the number comes and goes."""
    both, others = pseudonyms.refs(Identity(number="447700900101", bsuid="GB.1"))
    assert both == (
        *pseudonyms.refs(Identity(bsuid="GB.1"))[0],
        *pseudonyms.refs(Identity(number="447700900101"))[0],
    )
    assert others == ()


def test_while_the_ref_key_changes_each_identity_has_two_refs(
    pseudonyms: Pseudonyms, settings: IngestSettings
) -> None:
    """In the same order under both keys, so that the router can tell which ref stands for which."""
    old, new = settings.key_ring("ref.key")().primary, b"n" * 32
    rotating = Pseudonyms(lambda: KeyRing(new, (old,)), b"m" * 32, pseudonyms._sealer)
    for sender in (
        Identity(number="447700900101", bsuid="GB.1"),
        Identity(bsuid="GB.1"),
        Identity(number="447700900101"),
    ):
        mine, others = rotating.refs(sender)
        assert others == pseudonyms.refs(sender)[0]
        assert len(mine) == len(others)
        assert not set(mine) & set(others)
    assert mine == (number_ref(new, "447700900101"),)


def test_the_ref_of_a_number_is_the_one_in_policy_files(
    pseudonyms: Pseudonyms, settings: IngestSettings
) -> None:
    """`bowchat-ingest refs` and the webhook name a number alike."""
    assert pseudonyms.refs(Identity(number="447700900101"))[0] == (
        number_ref(settings.key("ref.key"), "447700900101"),
    )


def test_a_quoted_message_has_the_ref_its_sending_got(read_sample: Read, pseudonyms: Pseudonyms) -> None:
    """`reply_to` is computed of the provider's id as the dispatcher does."""
    quoted = read_sample("msg_text_reply_context")["entry"][0]["changes"][0]["value"]["messages"][0][
        "context"
    ]["id"]
    (outgoing,) = _events(read_sample, "msg_text_reply_context", pseudonyms)
    assert isinstance(outgoing.event, InboundReceived)
    assert outgoing.event.reply_to == pseudonyms.provider_ref(quoted)


@pytest.mark.parametrize(
    ("echoed", "taken"),
    [
        ("dl_" + "b" * 32, True),
        ("bow:conv_test_01", False),
        ("dl_" + "b" * 31 + "1", False),
        ("dl_" + "b" * 32 + "\n", False),
    ],
)
def test_only_our_own_delivery_id_comes_home(
    read_sample: Read, pseudonyms: Pseudonyms, echoed: str, taken: bool
) -> None:
    """A status is keyed by our delivery id where the echo is one, else by the provider's ref."""
    body = read_sample("status_with_biz_opaque_and_identity_hash")
    body["entry"][0]["changes"][0]["value"]["statuses"][0]["biz_opaque_callback_data"] = echoed
    (outgoing,) = events_of(parse(body, NOW).items, pseudonyms, NOW)
    assert isinstance(outgoing.event, StatusReceived)
    assert outgoing.event.delivery_id == (echoed if taken else None)
    assert outgoing.key == (echoed if taken else outgoing.event.provider_ref)


def _reply(text: str = "We have it.", reply_id: str = "r-1") -> InsurerReply:
    return InsurerReply(reply_id=reply_id, alias=ALIAS, text=MessageText(text))


async def test_the_insurer_is_the_topics() -> None:
    """Who answers is told by the topic's name, which the broker guards; the trace is ours, not the insurer's."""
    theirs = Meta("x", InsurerReply.type, "/bowchat/beta", NOW, traceparent("theirs", "send"))
    given = record(_reply(), topic="insurer.acme.replies", key="whatever", meta=theirs)
    (outgoing,) = await run_batch(RepliesHandler(), [given], NOW)
    event = outgoing.event
    assert isinstance(event, ReplyReceived)
    assert (event.insurer, event.via, outgoing.key) == ("acme", "kafka", ALIAS)
    assert event.reply_key == derived_id("rp", "acme", "r-1")
    assert outgoing.meta.trace_id != theirs.trace_id


async def test_a_repeated_reply_is_the_same_event_and_another_text_is_not() -> None:
    """The log sees a reply id that was used for another text; two insurers' equal replies are two replies."""
    records = [
        record(_reply(), topic="insurer.acme.replies"),
        record(_reply(), topic="insurer.acme.replies", offset=1),
        record(_reply("Another text."), topic="insurer.acme.replies", offset=2),
        record(_reply(), topic="insurer.beta.replies"),
    ]
    first, again, changed, other = await run_batch(RepliesHandler(), records, NOW)
    assert first == again
    assert len({each.meta.id for each in (first, changed, other)}) == 3
    assert first.event.reply_key == changed.event.reply_key != other.event.reply_key  # type: ignore[attr-defined]


async def test_only_replies_pass() -> None:
    """An insurer cannot send any other of our events through its topic."""
    message = ReplyRefused(reply_id="r-1", alias=ALIAS, reason="text_empty", detail="")
    with pytest.raises(RejectError, match="replies and requests for a number only"):
        await run_batch(RepliesHandler(), [record(message, topic="insurer.acme.replies")], NOW)
