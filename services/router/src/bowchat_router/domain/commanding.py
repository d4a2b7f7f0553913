"""What a command does to a conversation: one function a command. Pure.

A command that may not be done now says why and what to do instead; nothing of it is done then. What is refused here was
read already: its name, arguments and its author's role are right.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from bowchat_contracts.commands import Author, CommandRequested, InsurerBlock, Reply, RevealRequest
from bowchat_contracts.conversations import ConversationChange, ConversationNoted
from bowchat_contracts.ids import CommandId, derived_id
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import PromptRequested
from bowchat_contracts.topics import COMMANDS_REQUESTED, CONVERSATIONS_CHANGED, PROMPTS_REQUESTED
from bowchat_registry.agreements import Agreement
from bowchat_registry.slash import Call
from bowchat_router.deeds import Step, Timer
from bowchat_router.domain import csat, life
from bowchat_router.domain.line import must_wait
from bowchat_router.domain.model import Conversation
from bowchat_router.domain.moving import apply, let_go, lined_up
from bowchat_router.domain.transfer import transferred
from bowchat_router.domain.wording import words_in

_TYPED = "{typed}"
"""Stands for what somebody typed, which is not kept: it is put in when the event is told."""
_MOST_URGENT, _MORE_URGENT = 9, 2
_DOCUMENTS_ASKED_FOR = timedelta(hours=23)


class RefusedError(Exception):
    """The command may not be done now; the text says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command, read, of somebody, about a conversation."""

    command_id: CommandId
    number: int
    """Which of the command's steps it is, from 0."""
    call: Call
    by: Author
    reply: Reply | None

    @property
    def cause(self) -> str:
        """Tells apart what the steps of one command make."""
        return f"{self.command_id}/{self.number}"


Act = Callable[[Step, Conversation, Order], str]
"""Does it, and says in words what was done."""


def carry_out(step: Step, conversation: Conversation, order: Order) -> str:
    """Do what was asked for, and say in words what was done.

    Errors: `RefusedError`; the step may be half done then and has to be thrown away.
    """
    return _ACTS[order.call.name](step, conversation, order)


def _moved(
    step: Step,
    conversation: Conversation,
    change: ConversationChange,
    order: Order,
    **others: object,
) -> Conversation:
    if not life.allowed(conversation, change):
        raise RefusedError(
            f"the conversation is {_said(conversation)}, so this cannot be done{_instead(conversation)}"
        )
    after = replace(life.moved(conversation, change, step.at), **others)  # type: ignore[arg-type]
    return apply(step, conversation, after, change, by=order.by, always=True)


def _said(conversation: Conversation) -> str:
    return conversation.state.replace("_", " ")


def _instead(conversation: Conversation) -> str:
    return {
        "triage": "; give it to an insurer with /assign",
        "queued": "; it waits for a place at its desk, or /assign it to another",
        "resolved": "; /reopen it first",
    }.get(conversation.state, "")


def _hand_off(step: Step, conversation: Conversation, order: Order) -> str:
    agreement = _agreement(step, conversation.insurer)
    desk = agreement.desk(order.call.text("desk"))
    if desk is None:
        raise RefusedError(
            f"{agreement.name} has no such desk; its desks are {', '.join(sorted(agreement.desk_names))}"
        )
    if desk.name == conversation.desk:
        raise RefusedError(f"the conversation is at the desk {desk.name} already")
    _moved(step, conversation, "handed_off", order, desk=desk.name, handed_on=True)
    return f"handed to the desk {desk.name}"


def _assign(step: Step, conversation: Conversation, order: Order) -> str:
    if not life.allowed(conversation, "assigned"):
        raise RefusedError(
            f"the conversation is {_said(conversation)} and has its insurer; /transfer moves it to another"
        )
    agreement = _agreement(step, order.call.text("insurer"))
    name = _desk_name(agreement, conversation, order.call.text("desk"))
    if conversation.left_seq:
        raise RefusedError(
            "an insurer has seen messages of this conversation already; /transfer moves it to another"
        )
    moved = replace(
        life.moved(conversation, "assigned", step.at),
        insurer=agreement.id,
        desk=name,
        agreement_version=agreement.version,
        weight=None,
        bound=True,
    )
    desk = agreement.desk(name)
    if desk is not None and must_wait(agreement, desk, step.at, failing=False):
        after = lined_up(step, moved)
        where = f"in the line of {agreement.name}, {name}"
    else:
        after = let_go(step, moved, agreement, "people", "people assigned it")
        where = f"at {agreement.name}, {name}"
    apply(step, conversation, after, "assigned", by=order.by, always=True)
    return f"the conversation is {where}; its {len(conversation.waiting)} waiting message(s) go there"


def _transfer(step: Step, conversation: Conversation, order: Order) -> str:
    if conversation.insurer is None:
        raise RefusedError("no insurer has it yet; give it to one with /assign")
    agreement = _agreement(step, order.call.text("insurer"))
    if agreement.id == conversation.insurer:
        raise RefusedError("it is with this insurer already; /handoff_to_… moves it to another desk")
    desk = _desk_name(agreement, conversation, order.call.text("desk"))
    carried = transferred(step, conversation, agreement, desk=desk, cause=order.cause, by=order.by)
    return f"it goes on with {agreement.name}, {desk}; {carried} unanswered message(s) go there"


def _escalate(step: Step, conversation: Conversation, order: Order) -> str:
    priority = min(conversation.priority + _MORE_URGENT, _MOST_URGENT)
    _moved(step, conversation, "escalated", order, priority=priority)
    return f"escalated: its priority is {priority} now"


def _request_documents(step: Step, conversation: Conversation, order: Order) -> str:
    after = _moved(step, conversation, "documents_requested", order)
    agreement = _agreement(step, conversation.insurer)
    words = words_in(conversation.language)
    prompt = PromptRequested(
        prompt_id=derived_id("pm", order.cause),
        kind="documents",
        contact_id=conversation.contact_id,
        conversation_id=conversation.conversation_id,
        insurer=conversation.insurer,
        business_number_id=conversation.business_number_id,
        text=MessageText(words.documents.replace("{insurer}", agreement.name)),
        by=order.by,
        requested_at=step.at,
        expires_at=step.at + _DOCUMENTS_ASKED_FOR,
    )
    step.tell(PROMPTS_REQUESTED, conversation.contact_id, prompt, part=order.cause, typed=order.number)
    step.put(replace(after, unanswered=after.waiting))
    return "the policyholder is asked for them"


def _note(step: Step, conversation: Conversation, order: Order) -> str:
    note = ConversationNoted(
        conversation_id=conversation.conversation_id,
        contact_id=conversation.contact_id,
        by=order.by,
        text=MessageText(_TYPED),
        at=step.at,
    )
    step.tell(CONVERSATIONS_CHANGED, conversation.conversation_id, note, part=order.cause, typed=order.number)
    return "noted"


def _hold(step: Step, conversation: Conversation, order: Order) -> str:
    lasts = order.call.span("for")
    until = step.at + lasts if lasts else None
    after = _moved(step, conversation, "put_on_hold", order)
    if until is None:
        return "on hold until somebody opens it with /open, or the policyholder writes"
    step.put(replace(after, rests_until=until))
    step.timers.append(Timer("conversation", after.conversation_id, after.contact_id, until))
    return f"on hold until {until:%Y-%m-%d %H:%M} UTC, /open, or the policyholder's next message"


def _open(step: Step, conversation: Conversation, order: Order) -> str:
    _moved(step, conversation, "resumed", order)
    return "no longer on hold"


def _resolve(step: Step, conversation: Conversation, order: Order) -> str:
    after = _moved(step, conversation, "resolved", order)
    agreement = step.registry.agreements.get(conversation.insurer or "")
    asked = csat.ask(step, after, agreement.name if agreement else "")
    step.put(replace(asked, unanswered=asked.waiting))
    return "resolved" + (", and the policyholder is asked how it was" if asked.csat != after.csat else "")


def _reopen(step: Step, conversation: Conversation, order: Order) -> str:
    if conversation.state != "resolved":
        raise RefusedError("it is open already")
    after = _moved(step, conversation, "reopened", order)
    if after.insurer is None or not after.waiting:
        return "open again"
    gone = let_go(step, after, _agreement(step, after.insurer), "people", "people opened it again")
    step.put(gone)
    return f"open again; its {len(after.waiting)} waiting message(s) go to {after.insurer}"


def _no_reply_needed(step: Step, conversation: Conversation, order: Order) -> str:
    after = _moved(step, conversation, "no_reply_needed", order)
    step.put(replace(after, unanswered=after.waiting))
    return "no answer is owed any more"


def _block_insurer(step: Step, conversation: Conversation, order: Order) -> str:
    if conversation.insurer is None:
        raise RefusedError("no insurer has it")
    block = InsurerBlock(insurer=conversation.insurer, contact_id=conversation.contact_id, why=_TYPED)
    _ask_masker(step, conversation, order, block)
    _moved(step, conversation, "closed", order)
    return f"{conversation.insurer} can no longer write to this policyholder, and the conversation is closed"


def _request_contact(step: Step, conversation: Conversation, order: Order) -> str:
    if order.reply is None or conversation.insurer is None:
        raise RefusedError("only an insurer can ask for a number, in a reply to its alias")
    request = RevealRequest(
        insurer=conversation.insurer,
        alias=order.reply.alias,
        thread_id=order.reply.thread_id,
        purpose=_TYPED,
        days=order.call.number("days"),
    )
    _ask_masker(step, conversation, order, request)
    return "the policyholder is asked, and decides"


def _ask_masker(
    step: Step, conversation: Conversation, order: Order, command: InsurerBlock | RevealRequest
) -> None:
    event = CommandRequested(
        command_id=derived_id("cm", order.cause, command.name),
        by=order.by,
        command=command,
        requested_at=step.at,
    )
    key = command.alias if isinstance(command, RevealRequest) else conversation.conversation_id
    step.tell(COMMANDS_REQUESTED, key, event, part=order.cause, typed=order.number)


def _agreement(step: Step, insurer: str | None) -> Agreement:
    agreement = step.registry.agreement(insurer, step.at.date())
    if agreement is None:
        known = ", ".join(step.registry.insurers[:20])
        raise RefusedError(f"there is no agreement in force with this insurer; the insurers are {known}")
    return agreement


def _desk_name(agreement: Agreement, conversation: Conversation, given: str) -> str:
    if not given:
        return agreement.desk_for(
            conversation.policy_type, conversation.tags, conversation.intent, conversation.language
        )
    desk = agreement.desk(given)
    if desk is None:
        raise RefusedError(
            f"{agreement.name} has no such desk; its desks are {', '.join(sorted(agreement.desk_names))}"
        )
    return desk.name


_ACTS: Mapping[str, Act] = {
    "handoff_to": _hand_off,
    "assign": _assign,
    "transfer": _transfer,
    "escalate": _escalate,
    "request_docs": _request_documents,
    "note": _note,
    "hold": _hold,
    "open": _open,
    "resolve": _resolve,
    "reopen": _reopen,
    "no_reply_needed": _no_reply_needed,
    "block_insurer": _block_insurer,
    "request_contact": _request_contact,
}
