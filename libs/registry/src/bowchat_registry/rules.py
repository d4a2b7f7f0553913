"""Rules: what words in a message say about it. Read in order; the first that decides a thing decides it."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from bowchat_contracts.ids import InsurerId
from bowchat_registry.written import PolicyType, Tag, Written

# Words end at white space, punctuation and pictographs. Not `\w`: it breaks Devanagari at its vowel signs.
_BREAKS = re.compile(
    "[\\s\x00-\x1f!-/:-@\\[-`{-~\u00a1-\u00bf\u0964\u0965\u060c\u061b\u061f\u2000-\u206f\u2600-\u27bf\u3000-\u303f\ufe0f"
    "\U0001f000-\U0001faff]+"
)
_PLAIN_WORD = re.compile("[a-z0-9]+")
_RESERVED = frozenset({"policy_number", "open_conversation", "contact_policy", "triage"})

Keyword = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100)]


def words(text: str) -> str:
    """A text as its words in lower case, one space around each: ready to be searched for ` a phrase `."""
    if text.isascii():  # four times faster, and the same words
        return " " + " ".join(_PLAIN_WORD.findall(text.lower())) + " "
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " " + " ".join(filter(None, _BREAKS.split(folded))) + " "


class When(Written):
    """All that is given must hold: any of the keywords, the policy type, and all of the tags."""

    keywords_any: tuple[Keyword, ...] = ()
    policy_type: PolicyType | None = None
    tags: tuple[Tag, ...] = ()


class Then(Written):
    """What the rule says of the message. Tags add up; everything else is decided by the first rule that says it."""

    policy_type: PolicyType | None = None
    insurer: InsurerId | None = None
    desk: Tag | None = None
    tags: tuple[Tag, ...] = ()
    priority: int | None = Field(None, ge=0, le=9)


class Rule(Written):
    name: Tag
    when: When
    then: Then

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.name in _RESERVED:
            raise ValueError("name is one the router uses itself; choose another")
        if not self.when.model_dump(exclude_defaults=True):
            raise ValueError(
                "when is empty and would match everything; give keywords_any, policy_type or tags"
            )
        if not self.then.model_dump(exclude_defaults=True):
            raise ValueError("then is empty; say what the rule decides")
        if not all(words(keyword).strip() for keyword in self.when.keywords_any):
            raise ValueError("when.keywords_any has a keyword without a letter or digit; remove it")
        return self


class RulesFile(Written):
    """`rules.yaml`: read in order; the first rule that decides a thing decides it, and tags add up."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """What the rules say of one message, and which of them said it."""

    policy_type: str | None = None
    insurer: str | None = None
    desk: str | None = None
    tags: tuple[str, ...] = ()
    priority: int | None = None
    decided_by: str | None = None
    """The rule that named the insurer, else the one that named the policy type."""


NOTHING = Applied()


class RuleBook:
    """Rules in their order, indexed by the first word of each keyword."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._free = frozenset(index for index, rule in enumerate(rules) if not rule.when.keywords_any)
        self._by_word: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for index, rule in enumerate(rules):
            for keyword in rule.when.keywords_any:
                phrase = words(keyword)
                self._by_word[phrase.split(maxsplit=1)[0]].append((phrase, index))

    def matching(self, text: str) -> tuple[Rule, ...]:
        """The rules whose keywords are in the text, or that have none, in their order."""
        found = set(self._free)
        spaced = words(text)
        for word in self._by_word.keys() & set(spaced.split()):
            found.update(index for phrase, index in self._by_word[word] if phrase in spaced)
        return tuple(self.rules[index] for index in sorted(found))


def apply(matching: Sequence[Rule], policy_type: str | None = None) -> Applied:
    """What rules that match a text say of it, where the policy type may be known already."""
    if not matching:
        return NOTHING
    kind, insurer, desk, priority, tags = policy_type, None, None, None, dict[str, None]()
    kind_rule, insurer_rule = None, None
    for rule in matching:
        if rule.when.policy_type not in (None, kind) or not tags.keys() >= set(rule.when.tags):
            continue
        then = rule.then
        if kind is None and then.policy_type:
            kind, kind_rule = then.policy_type, rule.name
        if insurer is None and then.insurer:
            insurer, insurer_rule = then.insurer, rule.name
        desk = desk or then.desk
        priority = then.priority if priority is None else priority
        tags |= dict.fromkeys(then.tags)
    return Applied(kind, insurer, desk, tuple(tags), priority, insurer_rule or kind_rule)
