"""What the relay itself says to policyholders, in their language. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from bowchat_contracts.pii import MessageText

_FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Words:
    which_matter: str
    something_else: str
    choose: str
    """What opens the list: at most 20 characters."""
    how_was_it: str
    """`{insurer}` is filled in."""
    very_good: str
    """At most 20 characters, as the two that follow."""
    fair: str
    poor: str
    documents: str
    """`{insurer}` and `{typed}` are filled in."""
    in_line: str
    """`{position}` is filled in."""


WORDS: Mapping[str, Words] = {
    "en": Words(
        "Which of these is your message about?",
        "Something else",
        "Choose",
        "How well did {insurer} help you with this?",
        "Very well",
        "So-so",
        "Not well",
        "{insurer} asks you to send here: {typed}",
        "All desks are busy. You are number {position} in line and do not need to write again.",
    ),
    "hi": Words(
        "आपका संदेश इनमें से किसके बारे में है?",
        "कुछ और",
        "चुनें",
        "{insurer} ने इसमें आपकी कितनी मदद की?",
        "बहुत अच्छी",
        "ठीक-ठाक",
        "अच्छी नहीं",
        "{insurer} ने आपसे यहाँ भेजने को कहा है: {typed}",
        "अभी सब व्यस्त हैं। आप कतार में {position} नंबर पर हैं, दोबारा लिखने की ज़रूरत नहीं है।",
    ),
    "hi-Latn": Words(
        "Aapka message inme se kiske baare mein hai?",
        "Kuch aur",
        "Chunein",
        "{insurer} ne isme aapki kitni madad ki?",
        "Bahut achhi",
        "Theek-thaak",
        "Achhi nahi",
        "{insurer} ne aapse yahan bhejne ko kaha hai: {typed}",
        "Abhi sab busy hain. Aap line mein number {position} par hain, dobara likhne ki zaroorat nahi.",
    ),
    "es": Words(
        "¿Sobre cuál de estos asuntos es su mensaje?",
        "Otra cosa",
        "Elegir",
        "¿Qué tan bien le atendió {insurer}?",
        "Muy bien",
        "Regular",
        "Mal",
        "{insurer} le pide que envíe aquí: {typed}",
        "Todos están ocupados. Es el número {position} de la fila y no hace falta que escriba otra vez.",
    ),
}  # fmt: skip


def words_in(language: str | None) -> Words:
    """The words of this language, else of English."""
    return WORDS.get(language or _FALLBACK, WORDS[_FALLBACK])


def filled_in(frame: MessageText, typed: str) -> MessageText:
    """A text of the relay's own with what somebody typed in its place."""
    return MessageText(frame.reveal().replace("{typed}", typed))
