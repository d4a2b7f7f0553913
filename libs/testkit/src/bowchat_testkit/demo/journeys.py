"""What became of each message: put together from the topics, the insurers' sightings and the policyholders' phones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Literal, TypeVar

from bowchat_contracts.content import ButtonContent, ChoiceContent, MediaContent, OtherContent, TextContent
from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.inbound import InboundReceived, MessageRelayed, MessageRouted
from bowchat_contracts.insurer import InsurerMessage
from bowchat_contracts.replies import ReplyDecided, ReplyReceived
from bowchat_contracts.sla import SlaChanged
from bowchat_testkit.demo.tape import Told
from bowchat_testkit.whatsapp import ReceivedMessage

Way = Literal["kafka", "webhook"]

STOPS = ("webhook", "routed", "at insurer", "reply in", "decided", "at WhatsApp")
"""Where a message and its answer are timed."""

Moments = tuple[datetime | None, ...]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Journey:
    """One message and what came back for it. What has not happened yet is None."""

    received: InboundReceived
    routed: MessageRouted | None
    relayed: MessageRelayed | None
    seen: InsurerMessage | None
    """What the insurer has."""
    way: Way | None
    """How it came to the insurer."""
    replied: ReplyReceived | None
    decided: ReplyDecided | None
    read: ReceivedMessage | None
    """What the policyholder has."""
    clock: tuple[SlaChanged, ...]
    moments: Moments
    """When it was at each of `STOPS`."""

    @property
    def wrote(self) -> str:
        return text_of(self.received.content)

    @property
    def tapped(self) -> bool:
        """A button or a row, instead of a text."""
        return isinstance(self.received.content, ButtonContent | ChoiceContent)

    @property
    def there_and_back(self) -> bool:
        return self.seen is not None and self.read is not None

    @property
    def breach(self) -> SlaChanged | None:
        return next((change for change in self.clock if change.state == "breached"), None)

    @property
    def stuck(self) -> bool:
        """Nobody will answer until people have looked."""
        to_people = self.routed is not None and self.routed.outcome == "triage"
        held = self.relayed is not None and self.relayed.outcome in ("held", "blocked")
        return to_people or held or (self.decided is not None and self.decided.outcome != "accepted")

    @property
    def state(self) -> tuple[object, ...]:
        """How far it has come, as far as it is shown: where this changes, the message is shown again."""
        insurer = self.routed.insurer if self.routed else None
        relayed = self.relayed.outcome if self.relayed else None
        decided = self.decided.outcome if self.decided and self.read is None else None
        replied = self.replied.reply_key if self.replied else None
        return (insurer, relayed, self.seen is not None, replied, decided, self.read is not None, self.breach)

    @property
    def hops_ms(self) -> tuple[int | None, ...]:
        """How long each step took, and all of them."""
        steps = (*pairwise(self.moments), (self.moments[0], self.moments[-1]))
        return tuple(_ms(earlier, later) for earlier, later in steps)


@dataclass(frozen=True)
class Sighting:
    """An insurer has a message."""

    message: InsurerMessage
    seen_ms: int
    way: Way


def text_of(content: Any) -> str:
    """What a policyholder typed or tapped."""
    match content:
        case TextContent(text=text) | ButtonContent(text=text):
            return text.reveal()
        case ChoiceContent(title=title):
            return title.reveal()
        case MediaContent(media_type=type_, caption=text):
            return text.reveal() if text else f"[{type_}]"
        case OtherContent(type=type_):
            return f"[{type_}]"
        case other:
            return f"[{other.kind}]"


def journeys(
    told: Sequence[Told], sightings: Iterable[Sighting], phones: Iterable[ReceivedMessage]
) -> list[Journey]:
    """Every message, in the order received."""
    routed = {each.event.message_id: each for each in _of(told, MessageRouted)}
    relayed = {each.event.message_id: each.event for each in _of(told, MessageRelayed)}
    seen = {each.message.message_id: each for each in sightings}
    replied = {each.event.in_reply_to: each.event for each in _of(told, ReplyReceived)}
    decided = {each.event.reply_key: each.event for each in _of(told, ReplyDecided)}
    requested = {each.event.reply_key: each.event for each in _of(told, DeliveryRequested)}
    read = {each.callback: each for each in phones}
    changes = [each.event for each in _of(told, SlaChanged)]
    found = []
    for first in _once(told):
        route = routed.get(first.message_id)
        relay = relayed.get(first.message_id)
        sight = seen.get(relay.insurer_message_id) if relay else None
        reply = replied.get(relay.insurer_message_id) if relay else None
        decision = decided.get(reply.reply_key) if reply else None
        request = requested.get(reply.reply_key) if reply else None
        phone = read.get(request.delivery_id) if request else None
        clock = _clock(changes, route.event, relayed) if route else ()
        moments = (
            first.received_at,
            _at(route.timestamp_ms) if route else None,
            _at(sight.seen_ms) if sight else None,
            reply.received_at if reply else None,
            decision.decided_at if decision else None,
            phone.at if phone else None,
        )
        message = sight.message if sight else None
        way = sight.way if sight else None
        event = route.event if route else None
        found.append(Journey(first, event, relay, message, way, reply, decision, phone, clock, moments))
    return sorted(found, key=lambda each: each.received.received_at)


def _of(told: Sequence[Told], kind: type[Any]) -> list[Told]:
    return [each for each in told if isinstance(each.event, kind)]


def _once(told: Sequence[Told]) -> Iterator[InboundReceived]:
    known = {each.event.message_id: each.event for each in reversed(_of(told, InboundReceived))}
    yield from known.values()


def _clock(
    changes: Sequence[SlaChanged], route: MessageRouted, relayed: Mapping[str, MessageRelayed]
) -> tuple[SlaChanged, ...]:
    """A conversation's clock belongs to its first message."""
    if route.seq != 1 or route.message_id not in relayed:
        return ()
    return tuple(change for change in changes if change.conversation_id == route.conversation_id)


def _at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _ms(earlier: datetime | None, later: datetime | None) -> int | None:
    return round((later - earlier).total_seconds() * 1000) if earlier and later else None
