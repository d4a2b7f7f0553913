"""What a decision on a prompt publishes: made of its record and of what was kept, so that a replay gives the same bytes."""

from datetime import datetime

from bowchat_contracts.conversations import GuardRaised
from bowchat_contracts.deliveries import Button, DeliveryRequested
from bowchat_contracts.envelope import Event
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import PromptDecided, PromptRequested
from bowchat_contracts.topics import DELIVERIES_REQUESTED, GUARD_RAISED, PROMPTS_DECIDED
from bowchat_masker.model import ReplyRow
from bowchat_masker.prompts import of_insurer, reply_key
from bowchat_masker.quarantine import Destination
from bowchat_runtime.records import Outgoing, Record, follow

SOURCE = "masker"


def delivery(
    record: Record, prompt: PromptRequested, to: Destination, text: MessageText, at: datetime
) -> Outgoing:
    """What the dispatcher sends."""
    event = DeliveryRequested(
        delivery_id=to.delivery_id,
        recipient_ref=to.recipient_ref,
        sealed_recipient=to.sealed_recipient,
        conversation_id=prompt.conversation_id,
        reply_key=reply_key(prompt.prompt_id),
        insurer=prompt.insurer,
        business_number_id=to.business_number_id,
        text=text,
        requested_at=at,
        contact_version=to.contact_version,
        buttons=tuple(
            Button(id=each.option_id, title=each.title, description=each.description)
            for each in prompt.options
        ),
        list_label=prompt.list_label,
        notice=not of_insurer(prompt),
        prompt_id=prompt.prompt_id,
        expires_at=prompt.expires_at,
    )
    return _internal(record, DELIVERIES_REQUESTED, event.recipient_ref, event, at)


def decided(
    record: Record,
    prompt: PromptRequested,
    outcome: str,
    at: datetime,
    *,
    reason: str | None = None,
    delivery_id: str | None = None,
) -> Outgoing:
    event = PromptDecided.model_validate(
        {
            "prompt_id": prompt.prompt_id,
            "kind": prompt.kind,
            "contact_id": prompt.contact_id,
            "conversation_id": prompt.conversation_id,
            "insurer": prompt.insurer,
            "outcome": outcome,
            "reason": reason,
            "delivery_id": delivery_id,
            "decided_at": at,
        }
    )
    return _internal(record, PROMPTS_DECIDED, prompt.contact_id, event, at)


def alarm(record: Record, prompt: PromptRequested, row: ReplyRow) -> tuple[Outgoing, ...]:
    """People are told of what was found in an insurer's words, whatever became of them: the insurer is not asked again."""
    if row.raised is None or prompt.conversation_id is None or prompt.insurer is None:
        return ()
    event = GuardRaised(
        subject_id=prompt.prompt_id,
        direction="to_policyholder",
        conversation_id=prompt.conversation_id,
        insurer=prompt.insurer,
        reason=row.raised,
        at=row.decided_at,
    )
    return (_internal(record, GUARD_RAISED, event.conversation_id, event, row.decided_at),)


def _internal(record: Record, topic: str, key: str, event: Event, at: datetime) -> Outgoing:
    return Outgoing(topic, key, event, follow(record.meta, SOURCE, event, time=at))
