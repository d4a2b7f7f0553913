"""What one message of a policyholder does to their dossier. Pure."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bowchat_contracts.conversations import ConversationChange
from bowchat_contracts.ids import ConversationId, MessageId, OptionId, PromptId, derived_id
from bowchat_contracts.prompts import PromptAnswered
from bowchat_contracts.topics import PROMPTS_ANSWERED, PROMPTS_REQUESTED
from bowchat_router.deeds import Step, Timer, sends
from bowchat_router.domain import csat, life
from bowchat_router.domain.asking import answering, is_nothing_else, joined, prompt_of, put, question_of
from bowchat_router.domain.case import Case
from bowchat_router.domain.destination import chosen, destination, unanswered, undecided
from bowchat_router.domain.model import MOST_WAITED, Ask, Choice, Conversation, Place, Question, Route
from bowchat_router.domain.moving import apply, lined_up

_CONSENT = re.compile(r"bt_[a-p]{32}")
"""A button of the masker's: whether an insurer may have a number."""
_OPTION = re.compile(r"op_[a-p]{32}")
"""A thing to tap in a question of the router's: it names an insurer, so no other gets it."""
_CERTAIN = frozenset({"other_message", "policy_number", "number_format"})
"""What says by itself where a message belongs, though a question is open."""

_BINDING = _CERTAIN | {"answer", "contact_policy", "open_conversation"}
"""What says that it is this insurer's matter, and no other's."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is being taken in."""

    place: Place
    business_number_id: str
    related: dict[MessageId, str]
    """The messages it speaks of, and their conversations."""


def take(step: Step, message: Message, case: Case) -> None:
    """The step that this message makes."""
    if csat.take(step, message.place, case.heard.tapped):
        return
    if _CONSENT.fullmatch(case.heard.tapped or ""):
        # The masker waits for it: it is held for no answer.
        where = destination(case)
        route = where if isinstance(where, Route) else undecided(case, where.reasons)
        deliver(step, message.place, route, message)
        return
    question = step.dossier.question
    choice = answering(question, case) if question else None
    if question and choice:
        _answered(step, message, case, question, choice)
        return
    where = destination(case)
    if _OPTION.fullmatch(case.heard.tapped or "") and not (_is_certain(where) or _is_named(where, case)):
        where = undecided(case, ("it was tapped in a question that is over",))
        deliver(step, message.place, where, message)
    elif question and not question.is_put:
        _goes_on(step, message, case, question, where)
    elif isinstance(where, Route) and (question is None or _is_certain(where)):
        deliver(step, message.place, where, message, courtesy=case.heard.courtesy)
    elif question:
        step.dossier = replace(step.dossier, question=joined(question, case, message.place))
    elif isinstance(where, Ask):
        _asked(step, message, case, where)


def _is_certain(where: Route | Ask) -> bool:
    return isinstance(where, Route) and where.rule in _CERTAIN


def _is_named(where: Route | Ask, case: Case) -> bool:
    return isinstance(where, Route) and case.named_insurers == {where.insurer}


def _asked(step: Step, message: Message, case: Case, ask: Ask) -> None:
    _keep(step, question_of(ask, case, message.place, message.business_number_id, step.at), case)


def _goes_on(step: Step, message: Message, case: Case, question: Question, where: Route | Ask) -> None:
    """Who has said hello says more: where its words say where it belongs, the greeting goes along, and nobody is asked. What
    says not what it begins is asked about, as if it stood in one message with the greeting.
    """
    if isinstance(where, Route) and where.rule == "other_message" and not case.heard.text.strip():
        # Who puts an emoji on another message says nothing of the greeting.
        deliver(step, message.place, where, message, courtesy=case.heard.courtesy)
        return
    if isinstance(where, Route) and (_is_certain(where) or case.kind is not None or case.named_insurers):
        _settle(step, question, (*question.pending, message.place), where, message)
        return
    question = joined(question, case, message.place)
    if case.heard.greeting:
        step.dossier = replace(step.dossier, question=question)
    else:
        _keep(step, put(question, step.at), case)


def _keep(step: Step, question: Question, case: Case, asker: str | None = None) -> None:
    """The question is open: it is put, or will be."""
    contact_id = step.dossier.contact_id
    step.dossier = replace(step.dossier, question=question)
    step.timers.append(Timer("question", question.prompt_id, contact_id, question.due_at))
    if question.is_put:
        prompt = prompt_of(question, contact_id, case.registry)
        step.tell(PROMPTS_REQUESTED, contact_id, prompt, asker=asker)


def come_due(step: Step, case: Case, prompt_id: PromptId, reachable: Container[str]) -> bool:
    """The moment of a question has come: who has not gone on is asked, who has not answered is left to people. `reachable`:
    the positions of messages that still tell who wrote them. False where the moment was overtaken.
    """
    question = step.dossier.question
    if question is None or question.prompt_id != prompt_id or step.at < question.due_at:
        return False
    asker = question.pending[0].position
    if question.is_put or asker not in reachable:
        _expire(step, case, question)
    else:
        _keep(step, put(question, step.at), case, asker)
    return True


def _answered(step: Step, message: Message, case: Case, question: Question, choice: Choice) -> None:
    """The messages that waited go where the answer says, and this one after them unless it is the answer alone."""
    alone = is_nothing_else(question, case)
    waited = question.pending if alone else (*question.pending, message.place)
    route = chosen(case, question, choice)
    conversation = _settle(step, question, waited, route, message)
    answer = message.place.message_id if alone else None
    _end(step, question, conversation, "answered", message_id=answer, option_id=choice.option_id)


def give_up(step: Step, case: Case, prompt_id: PromptId) -> bool:
    """The question could not be put: people decide. False where it is no longer open."""
    question = step.dossier.question
    if question is None or question.prompt_id != prompt_id:
        return False
    _expire(step, case, question)
    return True


def _expire(step: Step, case: Case, question: Question) -> None:
    """Nobody answered in time, or nobody could be asked: people decide."""
    conversation = _settle(step, question, question.pending, unanswered(case, question))
    _end(step, question, conversation, "expired")


def _end(
    step: Step,
    question: Question,
    conversation: ConversationId | None,
    outcome: Literal["answered", "expired"],
    *,
    message_id: MessageId | None = None,
    option_id: OptionId | None = None,
) -> None:
    """Everybody is told that a question has come to its end, if it was ever put."""
    if not question.is_put:
        return
    contact_id = step.dossier.contact_id
    ended = PromptAnswered(
        prompt_id=question.prompt_id,
        kind="which_matter",
        contact_id=contact_id,
        conversation_id=conversation,
        outcome=outcome,
        message_id=message_id,
        option_id=option_id,
        at=step.at,
    )
    step.tell(PROMPTS_ANSWERED, contact_id, ended)


def _settle(
    step: Step, question: Question, waited: Sequence[Place], route: Route, this: Message | None = None
) -> str | None:
    """All that waited goes the same way. Returns the conversation."""
    step.dossier = replace(step.dossier, question=None)
    for place in waited:
        own = this if this and place is this.place else None
        after = deliver(step, place, route, own, business_number_id=question.business_number_id)
        route = replace(route, conversation=after)
    if route.conversation is not None:
        went = tuple((each.message_id, route.conversation.conversation_id) for each in waited)
        step.dossier = replace(step.dossier, waited=(*step.dossier.waited, *went)[-MOST_WAITED:])
    return route.conversation.conversation_id if route.conversation else None


def deliver(
    step: Step,
    place: Place,
    route: Route,
    message: Message | None,
    *,
    business_number_id: str = "",
    courtesy: bool = False,
) -> Conversation:
    """Put a message into its conversation, and send it on. `message`: None where its words are not at hand."""
    before = route.conversation
    number = message.business_number_id if message else business_number_id
    if before is None:
        begun, change = _begun(step, place, route, number), _OPENED
    else:
        begun, change = life.written_to(before, step.at, courtesy=courtesy)
    after = life.joined(_directed(begun, route), place)
    if route.waits and before is None:
        after = lined_up(step, after)
    *earlier, seated = after.waiting
    goes = after.insurer is not None and after.state != "queued"
    # Earlier ones wait here where the conversation was resolved before an insurer saw them: they leave first.
    overtaken = goes and bool(earlier)
    after = replace(
        after,
        left_seq=seated.seq if goes else after.left_seq,
        by_release=after.by_release or message is None or overtaken,
    )
    after = apply(step, before, after, change)
    related = _of_same(message.related, after) if message else ()
    told = replace(route, related=related, desk=after.desk)
    if overtaken:
        step.sent += [sends(each, after, replace(told, related=()), at_once=False) for each in earlier]
    step.sent.append(sends(seated, after, told, at_once=not after.by_release))
    return after


_OPENED: ConversationChange = "opened"


def _of_same(related: dict[MessageId, str], conversation: Conversation) -> tuple[MessageId, ...]:
    return tuple(sorted(each for each, where in related.items() if where == conversation.conversation_id))


def _begun(step: Step, place: Place, route: Route, business_number_id: str) -> Conversation:
    """A conversation whose id derives from its first message."""
    fresh = Conversation(
        conversation_id=derived_id("cv", place.message_id),
        contact_id=step.dossier.contact_id,
        version=1,
        last_seq=0,
        state="waiting_insurer" if route.insurer else "triage",
        insurer=route.insurer,
        desk=route.desk,
        policy_type=route.policy_type,
        policy_number=route.policy_number,
        agreement_version=route.agreement_version,
        business_number_id=business_number_id,
        opened_at=step.at,
        last_message_at=place.received_at,
        asked_which_matter=route.rule == "answer",
        bound=route.rule in _BINDING,
    )
    return life.opened(fresh, step.at)


def _directed(conversation: Conversation, route: Route) -> Conversation:
    """The conversation as the latest route has it."""
    return replace(
        conversation,
        desk=route.desk,
        policy_type=route.policy_type or conversation.policy_type,
        policy_number=route.policy_number or conversation.policy_number,
        agreement_version=route.agreement_version or conversation.agreement_version,
        intent=route.intent or conversation.intent,
        language=route.language or conversation.language,
        priority=route.priority,
        tags=tuple(dict.fromkeys((*conversation.tags, *route.tags))),
    )
