"""Whether what the relay asks or tells a policyholder may go out, and in which words. Pure.

The relay's own words are stopped by little: who they go to must be known and not have said STOP to the insurer in whose name
they are. An insurer's own words, in a prompt, are under every rule of a reply.
"""

from dataclasses import dataclass
from datetime import datetime

from bowchat_contracts.commands import HeldRewrite
from bowchat_contracts.ids import derived_id
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import PromptRefusal, PromptRequested
from bowchat_masker.domain import refuse_text
from bowchat_masker.model import AliasRow, Contact, ConversationRow, ReplyRow, Thread
from bowchat_masker.quarantine import HeldCommand
from bowchat_masker.reply_text import Read, read, redacted
from bowchat_masker.ways import Way, closed


def reply_key(prompt_id: str) -> str:
    """Under which a prompt is kept and sent, beside replies."""
    return derived_id("rp", "prompt", prompt_id)


def delivery_id(prompt_id: str) -> str:
    return derived_id("dl", "prompt", prompt_id)


def of_insurer(prompt: PromptRequested) -> bool:
    """Whether an insurer wrote it."""
    return prompt.by is not None and prompt.by.role == "insurer"


@dataclass(frozen=True, slots=True)
class PromptView:
    """What the vault knows of whom a prompt goes to, and of the insurer in whose name it is."""

    contact: Contact | None
    erased: bool = False
    thread: Thread | None = None
    """The conversation, as this insurer knows it."""
    alias: AliasRow | None = None
    """The thread's."""
    way: Way | None = None
    conversation: ConversationRow | None = None


def why_refused(prompt: PromptRequested, view: PromptView, now: datetime) -> PromptRefusal | None:
    """Why it is not sent, whatever it says; None where nothing hinders it."""
    if view.erased:
        return "contact_erased"
    if now >= prompt.expires_at:
        return "expired"
    if view.thread is not None and view.thread.contact_id != prompt.contact_id:
        return "unknown_thread"
    if of_insurer(prompt):
        return _why_insurer_may_not(prompt, view, now)
    stopped = view.way is not None and view.way.switch is not None and view.way.switch.stopped
    return "policyholder_stopped" if stopped else None


def _why_insurer_may_not(prompt: PromptRequested, view: PromptView, now: datetime) -> PromptRefusal | None:
    """An insurer writes into a thread that it has, by an alias that answers, as in a reply."""
    thread, alias = view.thread, view.alias
    its_own = prompt.by is not None and prompt.by.name == prompt.insurer
    if thread is None or alias is None or not its_own:
        return "unknown_thread"
    if (alias.insurer, alias.contact_id) != (prompt.insurer, prompt.contact_id):
        return "unknown_thread"
    why = closed(view.way, alias.generation, now)
    if why is not None:
        return why
    return "conversation_closed" if view.conversation is not None and view.conversation.closed else None


def text_refused(text: MessageText) -> PromptRefusal | None:
    """Why an insurer's text cannot be carried, as a reply's."""
    match refuse_text(text.reveal()):
        case "text_empty":
            return "text_empty"
        case "text_too_long":
            return "text_too_long"
    return None


def looked_through(prompt: PromptRequested, policy: MaskingPolicy) -> Read:
    """An insurer's words by the agreement's policy. What cannot be taken out, in a thing to tap, holds the whole."""
    looked = read(prompt.text.reveal(), policy)
    options = read("\n".join(_option_words(prompt)), policy)
    if looked.refused or options.refused:
        return Read("", refused=looked.refused or options.refused, noticed=("solicitation",))
    if looked.held or options.held or options.removed:
        noticed = (*looked.noticed, *options.noticed)
        return Read("", held=looked.held or options.held or "contact_details", noticed=noticed)
    return looked


def text_to_send(prompt: PromptRequested, row: ReplyRow, policy: MaskingPolicy) -> MessageText:
    """The same, however often it is asked."""
    return MessageText(redacted(prompt.text.reveal(), policy)) if row.removed else prompt.text


def words_to_judge(prompt: PromptRequested, command: HeldCommand) -> str:
    """What nobody has written anew: where the text was, what is left are the things to tap."""
    text = [] if isinstance(command, HeldRewrite) else [prompt.text.reveal()]
    return "\n".join([*text, *_option_words(prompt)])


def _option_words(prompt: PromptRequested) -> list[str]:
    words = [part for each in prompt.options for part in (each.title, each.description) if part]
    return [each.reveal() for each in words]
