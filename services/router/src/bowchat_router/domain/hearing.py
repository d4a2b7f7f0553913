"""What a message says to who routes it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bowchat_contracts.content import (
    ButtonContent,
    ChoiceContent,
    Content,
    EditContent,
    FlowContent,
    MediaContent,
    OrderContent,
    ReactionContent,
    RevokeContent,
    TextContent,
)
from bowchat_contracts.ids import ConversationId, MessageId
from bowchat_contracts.inbound import InboundReceived
from bowchat_contracts.pii import MessageText
from bowchat_registry.keywords import words

_QUESTION_MARKS = frozenset("?\uff1f\u061f")


@dataclass(frozen=True, slots=True)
class Heard:
    """One message, as far as it tells where it belongs."""

    text: str
    """Its words; none where it says something of another message."""
    received_at: datetime
    about: tuple[ConversationId, ...] = ()
    """The conversations of the messages that it quotes, edits, deletes or reacts to."""
    tapped: str | None = None
    """The id of the option that was chosen, perhaps one of the router's own."""
    button: str = ""
    """What the aggregator put into the button that was tapped: perhaps a policy's number."""
    ad: str | None = None
    adrift: bool = False
    """It changes or deletes a message, and nobody knows where that one is."""
    courtesy: bool = False
    """A word of thanks, or a reaction: it asks for nothing."""
    greeting: bool = False
    """A greeting and nothing else: it begins something, and does not say what."""
    begins: bool = False
    """It says hello first, and something after it."""

    @property
    def is_question(self) -> bool:
        return not _QUESTION_MARKS.isdisjoint(self.text)

    @property
    def is_wordless(self) -> bool:
        """A picture or the like, with nothing written under it."""
        return not self.text.strip() and not self.courtesy


def heard(message: InboundReceived, about: tuple[ConversationId, ...]) -> Heard:
    content = message.content
    tapped = content.choice_id.reveal() if isinstance(content, ChoiceContent) else None
    button = content.payload.reveal() if isinstance(content, ButtonContent) else ""
    by_words = heard_text(said(content), message.received_at)
    return replace(
        by_words,
        about=about,
        tapped=tapped,
        button=button,
        ad=message.ad,
        adrift=isinstance(content, EditContent | RevokeContent) and not about,
        courtesy=isinstance(content, ReactionContent) or by_words.courtesy,
    )


def heard_text(text: str, received_at: datetime) -> Heard:
    """Words, and nothing beside them."""
    spaced = words(text)
    greeting = _is_greeting(spaced)
    begins = spaced.startswith(_HELLO) and not greeting
    return Heard(text, received_at, courtesy=_is_courtesy(spaced), greeting=greeting, begins=begins)


_COURTESY = frozenset(
    [
        "thanks",
        "thank",
        "you",
        "thankyou",
        "thx",
        "ty",
        "so",
        "much",
        "very",
        "many",
        "a",
        "lot",
        "ok",
        "okay",
        "k",
        "great",
        "perfect",
        "good",
        "fine",
        "cool",
        "super",
        "got",
        "it",
        "noted",
        "appreciate",
        "appreciated",
        "cheers",
        "bye",
        "dhanyavad",
        "dhanyavaad",
        "shukriya",
        "theek",
        "hai",
        "thik",
        "accha",
        "acha",
        "gracias",
        "muchas",
        "vale",
        "perfecto",
        "listo",
        "de",
        "acuerdo",
        "entendido",
        "धन्यवाद",
        "शुक्रिया",
        "ठीक",
        "है",
        "अच्छा",
        "बहुत",
    ]
)
_LONGEST_COURTESY = 8
_THANKS = frozenset(
    [
        "thanks",
        "thank",
        "thankyou",
        "thx",
        "ty",
        "ok",
        "okay",
        "great",
        "perfect",
        "noted",
        "cheers",
        "appreciate",
        "appreciated",
        "dhanyavad",
        "dhanyavaad",
        "shukriya",
        "theek",
        "thik",
        "gracias",
        "vale",
        "perfecto",
        "listo",
        "entendido",
        "धन्यवाद",
        "शुक्रिया",
        "ठीक",
        "got",
        "bye",
    ]
)


def _is_courtesy(spaced: str) -> bool:
    """Whether these words say thanks, or that it was understood, and nothing else."""
    said = spaced.split()
    return 0 < len(said) <= _LONGEST_COURTESY and _COURTESY.issuperset(said) and not _THANKS.isdisjoint(said)


_GREETING = frozenset(
    words(
        """hi hii hello helo hey hallo dear sir madam mam team there good morning afternoon evening day greetings namaste
        namaskar namaskaar pranam ji hola buenas buenos buen dias días tardes noches dia día saludos
        नमस्ते नमस्कार प्रणाम हैलो हेलो जी"""
    ).split()
)


_ASSENT = frozenset(words("good ji जी").split())
"""What greets with other words only ("good morning"), and says yes by itself."""


def _is_greeting(spaced: str) -> bool:
    said = spaced.split()
    return 0 < len(said) <= _LONGEST_COURTESY and _GREETING.issuperset(said) and not _ASSENT.issuperset(said)


_HELLO = tuple(
    f" {each} "
    for each in (
        "hi",
        "hii",
        "hello",
        "helo",
        "hey",
        "hallo",
        "dear",
        "good morning",
        "good afternoon",
        "good evening",
        "good day",
        "namaste",
        "namaskar",
        "namaskaar",
        "hola",
        "buenas",
        "buenos dias",
        "buenos días",
        "buen día",
        "buen dia",
        "नमस्ते",
        "नमस्कार",
        "प्रणाम",
        "हैलो",
        "हेलो",
    )
)
"""What comes first where somebody says hello, and then what they want."""


def said(content: Content) -> str:
    """The words of a message that may tell where it belongs; none where it says something of another message."""
    return "\n".join(text.reveal() for text in _words(content) if text is not None)


def _words(content: Content) -> Iterable[MessageText | None]:
    match content:
        case TextContent() | ButtonContent():
            return (content.text,)
        case ChoiceContent():
            return (content.title, content.description)
        case FlowContent():
            return (each.value for each in content.answers)
        case OrderContent():
            return (content.note, *(each.product for each in content.items))
        case MediaContent():
            return (content.caption,)
    return ()


def speaks_of(message: InboundReceived) -> frozenset[MessageId]:
    """The messages that this one quotes, edits, deletes or reacts to. Some may be ours, and unknown by these ids."""
    content = message.content
    of = content.of if isinstance(content, ReactionContent | EditContent | RevokeContent) else None
    return frozenset(each for each in (message.quoted, of) if each)
