"""What everything has in common that a person writes in a registry file."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

Tag = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""A short label, of a message or of what an insurer offers: lower-case letters, digits, dashes."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class Written(BaseModel):
    """Something a person writes in a registry file: a misspelt field is an error, not silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def wrong(text: str, *place: str | int) -> PydanticCustomError:
    """What a validator of a whole model raises about one of its fields, which an error then names by `place`."""
    return PydanticCustomError("written", "{text}", {"text": text, "place": place})


def _cased(tag: str) -> str:
    """As BCP 47 recommends: `hi-Latn-IN`."""
    first, *rest = tag.split("-")
    cases = {2: str.upper, 4: str.title}
    return "-".join([first.lower(), *(cases.get(len(part), str.lower)(part) for part in rest)])


Language = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$"), AfterValidator(_cased)
]
"""A BCP 47 tag: `hi` is every Hindi, `hi-Latn` the romanised one alone."""


def serves(languages: Iterable[str], language: str | None) -> bool:
    """Whether who lists these languages serves this one. No list serves all; a language that is not known is no obstacle.

    A listed `hi` serves `hi-Latn` too (RFC 4647, basic filtering).
    """
    listed = tuple(languages)
    if not listed or language is None:
        return True
    wanted = _cased(language)
    return any(wanted == each or wanted.startswith(f"{each}-") for each in listed)


def instead(word: str, names: Iterable[str]) -> str:
    """What would be right, for an error's text: the nearest name, or all of them."""
    known = sorted(names)
    near = get_close_matches(word, known, n=1, cutoff=0.55)
    return f"did you mean {near[0]}?" if near else f"choose one of: {', '.join(known)}"


def _named(what: str) -> AfterValidator:
    def check(name: str, info: ValidationInfo) -> str:
        known = (info.context or {}).get(what)
        if known is not None and name not in known:
            raise ValueError(f"{name} is no {what} of taxonomy.yaml; {instead(name, known)}")
        return name

    return AfterValidator(check)


PolicyType = Annotated[Tag, _named("policy type")]
"""A policy type of the taxonomy, where the context of validation has them (`naming`)."""
Intent = Annotated[Tag, _named("intent")]
"""An intent of the taxonomy, where the context of validation has them."""


def naming(policy_types: Iterable[str], intents: Iterable[str]) -> dict[str, frozenset[str]]:
    """The context in which what people write is validated against the taxonomy."""
    return {"policy type": frozenset(policy_types), "intent": frozenset(intents)}
