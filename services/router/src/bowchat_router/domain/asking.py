"""The question "which of these is your message about?": how it is put, and what answers it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bowchat_contracts.ids import derived_id
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import Option, PromptRequested
from bowchat_registry.registry import Registry
from bowchat_router.domain.case import Case
from bowchat_router.domain.model import Ask, Choice, Place, Question
from bowchat_router.domain.wording import Words, words_in

WAITS = timedelta(minutes=15)
"""So long an answer is waited for; then people decide."""
GREETING_WAITS = timedelta(seconds=30)
"""So long who says hello and nothing else has to go on before they are asked."""
_LONGEST_NUMBER = 3
"""Digits of an option's number; Python turns no longer ones than 4,300 into a number."""
AT_ONCE = timedelta(minutes=2)
"""So soon after a message that waits, words tell what both are about."""
_LONGEST_TITLE, _LONGEST_DESCRIPTION = 24, 72


def question_of(ask: Ask, case: Case, place: Place, business_number_id: str, now: datetime) -> Question:
    """The question that this message makes necessary. It is put at once, but for a greeting."""
    prompt_id = derived_id("pm", place.message_id)
    choices = tuple(
        replace(choice, option_id=derived_id("op", prompt_id, str(number)), is_own=_is_own(choice, case))
        for number, choice in enumerate(ask.choices)
    )
    is_put = not case.heard.greeting
    due = now + (WAITS if is_put else GREETING_WAITS)
    question = Question(prompt_id, choices, (), business_number_id, now, due, ask.language, is_put)
    return joined(question, case, place)


def _is_own(choice: Choice, case: Case) -> bool:
    return any((each.insurer, each.number) == (choice.insurer, choice.policy_number) for each in case.held)


def put(question: Question, now: datetime) -> Question:
    """The question as it is put to the contact."""
    return replace(question, is_put=True, asked_at=now, due_at=now + WAITS)


def joined(question: Question, case: Case, place: Place) -> Question:
    """The question with one more message that waits for its answer."""
    applied = case.applied
    return replace(
        question,
        pending=(*question.pending, place),
        greeted=case.heard.greeting and (question.greeted or not question.pending),
        tags=tuple(dict.fromkeys((*question.tags, *applied.tags))),
        priority=max(question.priority, applied.priority or 0),
        policy_type=question.policy_type or applied.policy_type,
        intent=question.intent or case.intent,
    )


def prompt_of(question: Question, contact_id: str, registry: Registry) -> PromptRequested:
    """The question as it is put to the policyholder.

    Anybody can type the number of somebody else's policy or vehicle: of such a policy no more than its insurer is told.
    """
    shown = [each if each.is_own else _by_its_insurer(each) for each in question.choices]
    words = words_in(question.language)
    return PromptRequested(
        prompt_id=question.prompt_id,
        kind="which_matter",
        contact_id=contact_id,
        business_number_id=question.business_number_id,
        text=MessageText(words.which_matter),
        options=tuple(_options(shown, registry, words)),
        list_label=words.choose,
        requested_at=question.asked_at,
        expires_at=question.due_at,
    )


def _by_its_insurer(choice: Choice) -> Choice:
    """The choice without what is known of its policy; where there is none, its kind is what the policyholder said."""
    return choice if choice.policy_number is None else replace(choice, policy_type=None, policy_number=None)


def _options(choices: Sequence[Choice], registry: Registry, words: Words) -> Iterable[Option]:
    titles: set[str] = set()
    for number, choice in enumerate(choices, 1):
        title = _title(choice, registry, words)
        if title in titles:
            title = f"{title[: _LONGEST_TITLE - 3]} {number}"
        titles.add(title)
        about = choice.policy_number
        yield Option(
            option_id=choice.option_id,
            title=MessageText(title),
            description=MessageText(about[:_LONGEST_DESCRIPTION]) if about else None,
        )


def _title(choice: Choice, registry: Registry, words: Words) -> str:
    if choice.insurer is None:
        return words.something_else
    agreement = registry.agreements.get(choice.insurer)
    insurer = agreement.name if agreement else choice.insurer
    kind = choice.policy_type.replace("_", " ").capitalize() if choice.policy_type else ""
    return f"{kind} · {insurer}"[:_LONGEST_TITLE].rstrip() if kind else insurer[:_LONGEST_TITLE].rstrip()


def answering(question: Question, case: Case) -> Choice | None:
    """Which choice a message takes: by a tap, by its number in the list, or by words that fit one of them alone. Of a
    question that was not put yet, nobody knows the numbers.
    """
    for choice in question.choices:
        if case.heard.tapped is not None and choice.option_id == case.heard.tapped:
            return choice
    said = case.heard.text.strip().strip(".#)")
    if (
        question.is_put
        and said.isdecimal()
        and len(said) <= _LONGEST_NUMBER
        and 1 <= int(said) <= len(question.choices)
    ):
        return question.choices[int(said) - 1]
    is_answer = _is_at_once(question, case) and (question.greeted or not case.is_sentence)
    return _by_words(question, case) if is_answer else None


def _is_at_once(question: Question, case: Case) -> bool:
    """Words answer a question that was just put, or what was written just before: later they are a message of their own."""
    return case.heard.received_at - question.pending[-1].received_at <= AT_ONCE


def is_nothing_else(question: Question, case: Case) -> bool:
    """Whether a message that answers the question says nothing beyond the answer, so that no insurer has to read it."""
    tapped = case.heard.tapped is not None and case.heard.tapped in {
        each.option_id for each in question.choices
    }
    return tapped or case.heard.text.strip().strip(".#)").isdecimal()


def _by_words(question: Question, case: Case) -> Choice | None:
    real = [each for each in question.choices if each.insurer is not None]
    named = {(each.insurer, each.number) for each in case.named_policies}
    by_number = [each for each in real if (each.insurer, each.policy_number) in named]
    by_insurer = [each for each in real if each.insurer in case.named_insurers]
    by_kind = [each for each in real if case.kind is not None and each.policy_type == case.kind]
    if not by_number and _contradicts_itself(case, by_kind):
        return None
    return next((left[0] for left in (by_number, by_insurer, by_kind) if len(left) == 1), None)


def _contradicts_itself(case: Case, by_kind: Sequence[Choice]) -> bool:
    """Whether words name two insurers, or one and a policy type that another has: that answers nothing."""
    named = case.insurers_by_name
    return len(named) > 1 or bool(named and by_kind and not named & {each.insurer for each in by_kind})
