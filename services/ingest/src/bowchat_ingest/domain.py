"""Items and replies become events. The same input gives the same ids, however often it comes."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal

from bowchat_contracts.commands import Author, CommandRequested, RevealRequest
from bowchat_contracts.content import ChoiceContent, Content, MediaContent, TextContent
from bowchat_contracts.deliveries import StatusReceived
from bowchat_contracts.envelope import Event, Meta, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity, InboundReceived
from bowchat_contracts.insurer import InsurerReply
from bowchat_contracts.insurer_phone import ReplyUnaddressed, tags_in
from bowchat_contracts.pii import MessageText
from bowchat_contracts.replies import ReplyReceived
from bowchat_contracts.reveals import InsurerRevealRequest
from bowchat_contracts.topics import (
    COMMANDS_REQUESTED,
    INBOUND_RECEIVED,
    REPLIES_RECEIVED,
    REPLIES_UNADDRESSED,
    STATUSES_RECEIVED,
)
from bowchat_ingest.channels.items import About, Media, Message, Status
from bowchat_ingest.channels.text import carriable
from bowchat_ingest.identity import Pseudonyms, event_id
from bowchat_runtime.records import Outgoing

_SOURCE = "/bowchat/ingest"
_MOST_TAGS = 20
_LONGEST_OPTION = 256
_DELIVERY_ID = re.compile(r"dl_[a-p]{32}")


InsurerOf = Callable[[Identity], str | None]
"""Whose phone an identity is, where it is an insurer's."""


def nobody(_: Identity) -> None:
    """No phone is an insurer's."""


def events_of(
    items: Iterable[Message | Status], pseudonyms: Pseudonyms, now: datetime, insurer_of: InsurerOf = nobody
) -> list[Outgoing]:
    """One event per item, in order."""
    return [
        written(item, pseudonyms, now, insurer_of)
        if isinstance(item, Message)
        else status_received(item, pseudonyms, now)
        for item in items
    ]


def written(message: Message, pseudonyms: Pseudonyms, now: datetime, insurer_of: InsurerOf) -> Outgoing:
    """A message by whose it is. That comes first: an insurer's is never a policyholder's."""
    insurer = insurer_of(message.sender)
    if insurer is not None:
        return phone_reply_received(message, insurer, pseudonyms, now)
    return message_received(message, pseudonyms, now)


def phone_reply_received(message: Message, insurer: str, pseudonyms: Pseudonyms, now: datetime) -> Outgoing:
    """What an insurer wrote on its phone: its words, and what tells which thread they are for. Who it is stays out of it."""
    said = message.content
    reply_id = pseudonyms.reply_id(message.business_number_id, message.provider_id)
    tags, text = tags_in(said.text.reveal()) if isinstance(said, TextContent) else ((), "")
    is_tap = isinstance(said, ChoiceContent)
    event = ReplyUnaddressed(
        reply_key=derived_id("rp", insurer, reply_id),
        insurer=insurer,
        reply_id=reply_id,
        provider_ref=pseudonyms.provider_ref(message.provider_id),
        kind="tap" if is_tap else "text" if isinstance(said, TextContent) else "other",
        text=MessageText(text),
        tags=tags[:_MOST_TAGS],
        quoted=pseudonyms.provider_ref(message.quoted_id) if message.quoted_id else None,
        option_id=said.choice_id.reveal()[:_LONGEST_OPTION] if isinstance(said, ChoiceContent) else None,
        sent_at=message.sent_at,
        received_at=now,
    )
    identity = event_id(event.reply_key)
    return outgoing_of(
        event, now, topic=REPLIES_UNADDRESSED, key=insurer, identity=identity, seed=event.reply_key
    )


def message_received(message: Message, pseudonyms: Pseudonyms, now: datetime) -> Outgoing:
    """A policyholder's message, its identity sealed. Each message has a trace of its own, also within one webhook."""
    message_id = pseudonyms.message_id(message.business_number_id, message.provider_id)
    refs, other_refs = pseudonyms.refs(message.sender)
    event = InboundReceived(
        message_id=message_id,
        refs=refs,
        other_refs=other_refs,
        sealed_identity=pseudonyms.seal(message.sender, message_id),
        channel="whatsapp_cloud",
        business_number_id=message.business_number_id,
        content=_content(message, message_id, pseudonyms),
        provider_ref=pseudonyms.provider_ref(message.provider_id),
        reply_to=pseudonyms.provider_ref(message.quoted_id) if message.quoted_id else None,
        quoted=_message_id(message, message.quoted_id, pseudonyms),
        origin=message.origin,
        ad=message.ad,
        sent_at=message.sent_at,
        received_at=now,
    )
    return outgoing_of(
        event, now, topic=INBOUND_RECEIVED, key=event.refs[0], identity=event_id(message_id), seed=message_id
    )


def _content(message: Message, message_id: str, pseudonyms: Pseudonyms) -> Content:
    """What was said, with the provider's ids in it sealed or replaced by our own."""
    said = message.content
    if isinstance(said, Media):
        return MediaContent(
            media_type=said.media_type,
            mime=said.mime,
            sealed_media=pseudonyms.seal_media(said.at_provider, message_id),
            caption=said.caption,
        )
    if isinstance(said, About):
        return said.content.model_copy(update={"of": _message_id(message, said.target_id, pseudonyms)})
    return said


def _message_id(message: Message, provider_id: str | None, pseudonyms: Pseudonyms) -> str | None:
    """The id that another message of the same chat has here, or would have: ids derive from the provider's."""
    return pseudonyms.message_id(message.business_number_id, provider_id) if provider_id else None


def status_received(status: Status, pseudonyms: Pseudonyms, now: datetime) -> Outgoing:
    """What became of a message of ours, under our own delivery id where the provider returned it."""
    provider_ref = pseudonyms.provider_ref(status.provider_id)
    ours = status.callback_data is not None and _DELIVERY_ID.fullmatch(status.callback_data)
    event = StatusReceived(
        provider_ref=provider_ref,
        delivery_id=status.callback_data if ours else None,
        status=status.status,
        error_codes=status.error_codes,
        business_number_id=status.business_number_id,
        occurred_at=status.occurred_at,
        received_at=now,
    )
    identity = pseudonyms.status_id(
        status.provider_id, status.status, status.participant or "", status.occurred_at.isoformat()
    )
    key = event.delivery_id or provider_ref
    return outgoing_of(event, now, topic=STATUSES_RECEIVED, key=key, identity=identity, seed=identity)


def reply_received(
    reply: InsurerReply, insurer: str, via: Literal["kafka", "https"], now: datetime
) -> Outgoing:
    """An insurer's answer, keyed by its alias. `insurer` is who was authenticated, whatever the reply says.

    The event's id is derived from what was said: a repetition is the same event, while another text under a used
    reply id is another event, which the log keeps though it has no effect. The insurer's own trace ends here.
    """
    text = carriable(reply.text.reveal())
    event = ReplyReceived(
        reply_key=derived_id("rp", insurer, reply.reply_id),
        insurer=insurer,
        reply_id=reply.reply_id,
        alias=carriable(reply.alias),
        thread_id=reply.thread_id,
        in_reply_to=reply.in_reply_to,
        text=MessageText(text),
        via=via,
        received_at=now,
    )
    said = (event.alias, reply.thread_id or "", reply.in_reply_to or "", text)
    identity = event_id(event.reply_key, *said)
    return outgoing_of(
        event, now, topic=REPLIES_RECEIVED, key=event.alias, identity=identity, seed=event.reply_key
    )


def reveal_requested(request: InsurerRevealRequest, insurer: str, now: datetime) -> Outgoing:
    """An insurer's request for a number, as a command of that insurer. Asked again under its id, it is the same command."""
    command_id = derived_id("cm", insurer, request.request_id)
    command = RevealRequest(
        insurer=insurer,
        alias=request.alias,
        thread_id=request.thread_id,
        purpose=carriable(request.purpose),
        days=request.days,
    )
    event = CommandRequested(
        command_id=command_id,
        by=Author(role="insurer", name=insurer),
        command=command,
        requested_at=now,
    )
    identity = event_id(command_id, command.model_dump_json())
    return outgoing_of(
        event, now, topic=COMMANDS_REQUESTED, key=request.alias, identity=identity, seed=command_id
    )


def outgoing_of(event: Event, now: datetime, *, topic: str, key: str, identity: str, seed: str) -> Outgoing:
    """The event as ingest sends it; its trace begins at `seed`."""
    meta = Meta(identity, event.type, _SOURCE, now, traceparent(seed, "ingest"))
    return Outgoing(topic=topic, key=key, event=event, meta=meta)
