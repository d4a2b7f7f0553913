"""The taxonomy: which policy types and intents there are, and how people speak of each.

The router's classifier learns from it, so an aggregator adds a line of business in `taxonomy.yaml`, and nowhere else.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints

from bowchat_registry.keywords import Keyword, words
from bowchat_registry.written import Tag, Written

POLICY = "{policy}"
"""In an example of an intent it stands for a policy of any type: "I want to cancel my {policy}"."""
_FEWEST_EXAMPLES = 5


Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500)]
Place = tuple[str | int, ...]


class TaxonomyClass(Written):
    """One policy type, or one intent."""

    name: Tag
    description: Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=500)]
    names: tuple[Keyword, ...] = ()
    """What people call it, in any language. Whoever says one of these nearly always means this class."""
    words: tuple[Keyword, ...] = ()
    """What speaks for it without being decisive: things, events and terms that belong to it."""
    examples: tuple[Phrase, ...] = Field(min_length=_FEWEST_EXAMPLES)
    """Whole messages as people write them, as different from each other as they come."""


class Taxonomy(Written):
    """All classes a message can be given. A message has one policy type and one intent, or none that is clear."""

    policy_words: tuple[Keyword, ...] = Field(min_length=1)
    """How people speak of insurance where they name no type, in any language."""
    policy_types: tuple[TaxonomyClass, ...] = Field(min_length=1)
    intents: tuple[TaxonomyClass, ...] = Field(min_length=1)
    off_topic: tuple[Phrase, ...] = Field(min_length=_FEWEST_EXAMPLES)
    """Messages that are no business of any insurer."""

    @cached_property
    def policy_type_names(self) -> frozenset[str]:
        return frozenset(each.name for each in self.policy_types)

    @cached_property
    def intent_names(self) -> frozenset[str]:
        return frozenset(each.name for each in self.intents)


def contradictions(taxonomy: Taxonomy) -> Iterator[tuple[Place, str]]:
    """Where the taxonomy says one thing of two classes, and what to do. A classifier can only learn what is said once."""
    for kind, classes in (("policy_types", taxonomy.policy_types), ("intents", taxonomy.intents)):
        yield from _twice(kind, "name", [(each.name,) for each in classes], "is the name of a class above")
        yield from _twice(kind, "names", [each.names for each in classes], "also names another class")
        yield from _twice(kind, "examples", [each.examples for each in classes], "is also an example above")
    for index, each in enumerate(taxonomy.policy_types):
        for place, example in enumerate(each.examples):
            if POLICY in example:
                yield (
                    ("policy_types", index, "examples", place),
                    f"has {POLICY}, which is for intents; say the policy's name",
                )


def _twice(kind: str, field: str, values: Sequence[Sequence[str]], text: str) -> Iterator[tuple[Place, str]]:
    seen: set[str] = set()
    for index, own in enumerate(values):
        for place, value in enumerate(own):
            found = words(value)
            if found in seen and found.strip():
                path: Place = (kind, index, field) if field == "name" else (kind, index, field, place)
                yield path, f"{text}; keep one"
            seen.add(found)
