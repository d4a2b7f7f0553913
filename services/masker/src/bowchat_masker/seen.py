"""What an insurer sees of a message: built anew from allow-listed fields, kind by kind. Nothing is copied through.

Every text is masked, the texts of one message together, so that the same value has the same placeholder in all of them.
Payloads, tokens and provider's ids stay here: they are ours or the provider's, and may hold anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from bowchat_contracts.content import (
    ButtonContent,
    ChoiceContent,
    ContactsContent,
    Content,
    EditContent,
    FlowContent,
    LocationContent,
    MediaContent,
    OrderContent,
    OtherContent,
    ReactionContent,
    RevokeContent,
    TextContent,
)
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.insurer_content import (
    InsurerAnswer,
    InsurerAnswers,
    InsurerChoice,
    InsurerContacts,
    InsurerContent,
    InsurerEdit,
    InsurerLocation,
    InsurerMedia,
    InsurerOrder,
    InsurerOrderItem,
    InsurerOther,
    InsurerReaction,
    InsurerRevoke,
    InsurerText,
    Masked,
)
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.pii import MessageText
from bowchat_masker.egress import Mint
from bowchat_masking import MaskedText, masked

Mask = Callable[[Sequence[str], MaskingPolicy], tuple[MaskedText, ...]]


@dataclass(frozen=True, slots=True)
class Minted:
    """The names under which an insurer knows a message, its writer, its thread, and whatever else it speaks of."""

    message_id: str
    alias: str
    thread_id: str
    media_id: str
    """Empty where the message is no file."""
    quoted: str | None
    of: str | None
    """The message that is edited, deleted or reacted to."""


def names_of(message: MessageRouted, insurer: str, alias: str, mint: Mint) -> Minted:
    """All of one insurer's own. The router says only of messages of the same conversation that they are spoken of, so
    none is named that the insurer has not seen.
    """
    of = message.content.of if isinstance(message.content, _ABOUT_ANOTHER) else None
    return Minted(
        message_id=mint.message_id(insurer, message.message_id),
        alias=alias,
        thread_id=mint.thread_id(insurer, message.conversation_id),
        media_id=mint.media_id(insurer, message.message_id) if message.content.kind == "media" else "",
        quoted=mint.message_id(insurer, message.quoted) if message.quoted else None,
        of=mint.message_id(insurer, of) if of else None,
    )


_ABOUT_ANOTHER = (ReactionContent, EditContent, RevokeContent)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is left of a message's content for an insurer, and the types of what was masked."""

    content: InsurerContent
    findings: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    """What people wrote in it, masked, in the order in which it was masked."""


def seen_by_insurer(content: Content, names: Minted, policy: MaskingPolicy, mask: Mask) -> Seen:
    """The content, masked.

    Errors: `MaskingError`.
    """
    masking = _Masking(policy, mask)
    shown = _shown(content, names, masking)
    return Seen(shown, masking.findings, tuple(each.text for each in masking.found))


@dataclass
class _Masking:
    """Masks the texts of one message at once, and remembers what it found."""

    policy: MaskingPolicy
    mask: Mask
    found: tuple[MaskedText, ...] = ()

    def __call__(self, *leaves: MessageText | None) -> list[str | None]:
        """Each text as it may be shown; None stays None."""
        self.found = self.mask([leaf.reveal() for leaf in leaves if leaf is not None], self.policy)
        shown = iter(self.found)
        return [None if leaf is None else next(shown).text for leaf in leaves]

    def all(self, *leaves: MessageText) -> list[str]:
        return [each for each in self(*leaves) if each is not None]

    @property
    def masked(self) -> tuple[Masked, ...]:
        return masked(self.found)

    @property
    def findings(self) -> tuple[str, ...]:
        return tuple(each.type for text in self.found for each in text.findings)


def _shown(  # noqa: C901, PLR0911 - one case for each kind, and a type checker that misses none
    content: Content, names: Minted, masking: _Masking
) -> InsurerContent:
    match content:
        case TextContent():
            (text,) = masking.all(content.text)
            return InsurerText(text=text, masked=masking.masked)
        case ButtonContent() | ChoiceContent():
            return _choice(content, masking)
        case FlowContent():
            return _answers(content, masking)
        case OrderContent():
            return _order(content, masking)
        case MediaContent():
            return _media(content, names, masking)
        case ReactionContent():
            return InsurerReaction(of=names.of, emoji=content.emoji, removed=content.removed)
        case EditContent():
            (changed,) = masking(content.text)
            return InsurerEdit(of=names.of, text=changed, masked=masking.masked)
        case RevokeContent():
            return InsurerRevoke(of=names.of)
        case LocationContent():
            return InsurerLocation(near=content.near if masking.policy.location == "coarse" else None)
        case ContactsContent():
            return InsurerContacts(withheld=content.count)
        case OtherContent():
            return InsurerOther(type=content.type)
    assert_never(content)


def _choice(content: ButtonContent | ChoiceContent, masking: _Masking) -> InsurerChoice:
    if isinstance(content, ButtonContent):
        (tapped,) = masking.all(content.text)
        return InsurerChoice(title=tapped, masked=masking.masked)
    title, description = masking(content.title, content.description)
    return InsurerChoice(title=title or "", description=description, masked=masking.masked)


def _answers(content: FlowContent, masking: _Masking) -> InsurerAnswers:
    texts = masking.all(*(leaf for each in content.answers for leaf in (each.label, each.value)))
    pairs = zip(texts[::2], texts[1::2], strict=True)
    answers = tuple(InsurerAnswer(label=label, value=value) for label, value in pairs)
    return InsurerAnswers(answers=answers, masked=masking.masked)


def _order(content: OrderContent, masking: _Masking) -> InsurerOrder:
    note, *products = masking(content.note, *(each.product for each in content.items))
    items = tuple(
        InsurerOrderItem(
            product=product or "", quantity=each.quantity, price=each.price, currency=each.currency
        )
        for product, each in zip(products, content.items, strict=True)
    )
    return InsurerOrder(items=items, note=note, masked=masking.masked)


def _media(content: MediaContent, names: Minted, masking: _Masking) -> InsurerMedia:
    (caption,) = masking(content.caption)
    return InsurerMedia(
        media_id=names.media_id,
        media_type=content.media_type,
        mime=content.mime,
        caption=caption,
        masked=masking.masked,
    )
