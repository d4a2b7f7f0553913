"""`bowchat-router explain`: where a text would go, and why. The rules are those of the service."""

from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bowchat_contracts.ids import InsurerId, Ref, derived_id
from bowchat_registry.registry import Registry
from bowchat_router.classify.reading import Reader
from bowchat_router.domain.case import Case
from bowchat_router.domain.destination import destination
from bowchat_router.domain.hearing import heard_text
from bowchat_router.domain.model import Ask, Conversation, Dossier, Route
from bowchat_runtime.clock import Clock
from bowchat_runtime.decoding import in_words
from bowchat_runtime.errors import RejectError

Answer = dict[str, Any]
_CONTACT = derived_id("ct", "explain")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Open(BaseModel):
    """The one conversation that the contact has open."""

    model_config = ConfigDict(extra="forbid")

    insurer: InsurerId
    desk: str | None = None
    policy_type: str | None = None
    policy_number: str | None = None


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=100_000)
    contact: Ref | None = None
    """Who wrote, as a contact ref of `policies.csv`."""
    context: _Open | None = None
    at: AwareDatetime | None = None
    """When: agreements have a first and a last day."""


def explain(registry: Registry, reader: Reader, clock: Clock, given: Answer) -> Answer:
    """One line's answer.

    Errors: `RejectError` that names each wrong field.
    """
    try:
        line = _Line.model_validate(given)
    except ValidationError as error:
        raise RejectError(f'{in_words(error)}; give {{"text": …, "contact"?, "context"?, "at"?}}') from None
    now = (line.at or clock()).astimezone(UTC)
    case = Case(
        heard=heard_text(line.text, now),
        dossier=Dossier(_CONTACT, 1, (_conversation(line.context),) if line.context else ()),
        held=registry.policies.held_by([line.contact] if line.contact else []),
        registry=registry,
        reader=reader,
        now=now,
    )
    return _told(destination(case), case)


def _told(where: Route | Ask, case: Case) -> Answer:
    """The decision; where a question has to be asked first, what the words alone say of policy type and intent. What the
    decision did not need is not worked out for the answer either.
    """
    explained = where.explanation
    answer = _question(where, case) if isinstance(where, Ask) else _route(where)
    answer["confidence"] = explained.confidence if explained else 0.0
    return {
        **{name: answer[name] for name in _KEYS},
        "registry": case.registry.version,
        "model": explained.model if explained else None,
        "off_topic": explained.off_topic if explained else None,
        "candidates": [
            {"policy_type": each.policy_type, "score": each.score}
            for each in (explained.candidates if explained else ())
        ],
    }


_KEYS = ("policy_type", "intent", "insurer", "desk", "confidence", "rule", "reasons", "outcome")


def _question(ask: Ask, case: Case) -> Answer:
    return {
        "policy_type": case.kind,
        "intent": case.intent,
        "insurer": None,
        "desk": None,
        "rule": "ask",
        "reasons": list(ask.reasons),
        "outcome": "ask",
    }


def _route(route: Route) -> Answer:
    return {
        "policy_type": route.policy_type,
        "intent": route.intent,
        "insurer": route.insurer,
        "desk": route.desk,
        "rule": route.rule,
        "reasons": list(route.reasons),
        "outcome": "routed" if route.insurer else "triage",
    }


def _conversation(context: _Open) -> Conversation:
    return Conversation(
        conversation_id=derived_id("cv", "explain"),
        contact_id=_CONTACT,
        version=1,
        last_seq=1,
        state="waiting_insurer",
        insurer=context.insurer,
        desk=context.desk,
        policy_type=context.policy_type,
        policy_number=context.policy_number,
        agreement_version=None,
        business_number_id="",
        opened_at=_EPOCH,
        last_message_at=_EPOCH,
    )
