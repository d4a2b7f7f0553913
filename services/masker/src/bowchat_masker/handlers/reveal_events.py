"""What a reveal publishes in each of its states: made of its row alone, so that a replay gives the same bytes."""

from bowchat_contracts.deliveries import Button, DeliveryRequested
from bowchat_contracts.envelope import Event, Meta, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.pii import MessageText
from bowchat_contracts.reveals import (
    InsurerIdentityRevealed,
    InsurerRevealChanged,
    RevealChanged,
    RevealRefusal,
)
from bowchat_contracts.topics import DELIVERIES_REQUESTED, REVEALS_CHANGED
from bowchat_masker.egress import Mint, leave, whole_second
from bowchat_masker.guard import Cleared, Watch, clear, clear_minted
from bowchat_masker.reveals import Reveal
from bowchat_runtime.errors import RejectError
from bowchat_runtime.records import Outgoing

YES, NO = "yes", "no"


def delivery_id(reveal_id: str) -> str:
    return derived_id("dl", reveal_id)


def events(reveal: Reveal, mint: Mint, watch: Watch | None = None) -> tuple[Outgoing, ...]:
    """`watch` is needed where it is granted: the guard looks at that record as at any other."""
    if reveal.state == "granted":
        return _revealed(reveal, mint, watch), _changed(reveal)
    told = InsurerRevealChanged(
        reveal_id=reveal.reveal_id,
        alias=reveal.alias,
        thread_id=reveal.thread_id,
        state=reveal.state,
        at=whole_second(reveal.at),
    )
    asking = (_question(reveal, mint),) if reveal.state == "asked" else ()
    return (*asking, _minted(reveal.insurer, told, mint), _changed(reveal))


def refusal(event: InsurerRevealChanged, insurer: str, mint: Mint) -> Outgoing:
    """A request that nobody was asked about."""
    return _minted(insurer, event, mint)


def _minted(insurer: str, event: InsurerRevealChanged, mint: Mint) -> Outgoing:
    draft = mint.draft(
        insurer, event.alias, event, subject_id=f"{event.reveal_id}/{event.state}", time=event.at
    )
    reason: RevealRefusal | None = event.reason
    return leave(clear_minted(draft, words=frozenset({event.state, reason or event.state})))


def _revealed(reveal: Reveal, mint: Mint, watch: Watch | None) -> Outgoing:
    """The one record by which an insurer learns a number: locked for it, and without a trace of it in the clear.

    Errors: `RejectError` when the guard finds one all the same.
    """
    event = InsurerIdentityRevealed(
        reveal_id=reveal.reveal_id,
        alias=reveal.alias,
        thread_id=reveal.thread_id,
        until=reveal.ends_at,
        sealed_identity=reveal.sealed,
    )
    draft = mint.draft(
        reveal.insurer, reveal.alias, event, subject_id=f"{reveal.reveal_id}/granted", time=reveal.at
    )
    verdict = clear(draft, watch, trusted=frozenset({reveal.sealed})) if watch else None
    if not isinstance(verdict, Cleared):
        raise RejectError("the guard does not let a reveal go")
    return leave(verdict)


def _question(reveal: Reveal, mint: Mint) -> Outgoing:
    event = DeliveryRequested(
        delivery_id=delivery_id(reveal.reveal_id),
        recipient_ref=reveal.recipient_ref,
        sealed_recipient=reveal.sealed,
        conversation_id=reveal.conversation_id,
        reply_key=derived_id("rp", reveal.reveal_id),
        insurer=reveal.insurer,
        business_number_id=reveal.business_number_id,
        text=MessageText(_words(reveal)),
        requested_at=reveal.at,
        contact_version=reveal.contact_version,
        buttons=(
            Button(id=mint.button_id(reveal.reveal_id, YES), title=MessageText("Yes, share it")),
            Button(id=mint.button_id(reveal.reveal_id, NO), title=MessageText("No")),
        ),
        reveal_id=reveal.reveal_id,
    )
    return Outgoing(DELIVERIES_REQUESTED, reveal.recipient_ref, event, _meta(reveal, event))


def _words(reveal: Reveal) -> str:
    days = "1 day" if reveal.days == 1 else f"{reveal.days} days"
    return (
        f"{reveal.insurer} asks for your phone number.\nWhat for: {reveal.purpose}\n\n"
        f"If you agree, they may use it for {days}, for this alone. If you do not, nothing changes. "
        "You can take your yes back with No."
    )


def _changed(reveal: Reveal) -> Outgoing:
    event = RevealChanged(
        reveal_id=reveal.reveal_id,
        insurer=reveal.insurer,
        contact_id=reveal.contact_id,
        conversation_id=reveal.conversation_id,
        state=reveal.state,
        purpose=reveal.purpose,
        until=reveal.ends_at if reveal.state == "granted" else None,
        at=reveal.at,
    )
    return Outgoing(REVEALS_CHANGED, reveal.conversation_id, event, _meta(reveal, event), stage=1)


def _meta(reveal: Reveal, event: Event) -> Meta:
    return Meta(
        id=derived_id("ev", reveal.reveal_id, event.type, reveal.state),
        type=event.type,
        source="/bowchat/masker",
        time=reveal.at,
        traceparent=traceparent(reveal.reveal_id, reveal.state),
    )
