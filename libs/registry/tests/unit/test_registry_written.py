"""What YAML reads as something else than was written is refused in every field, not turned into it."""

from collections.abc import Iterator
from typing import get_args

import pytest
from pydantic import BaseModel, ValidationError

from bowchat_registry.agreements import Masking
from bowchat_registry.rules import Then
from bowchat_registry.wording import wording
from bowchat_registry.written import Written


def _kinds(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for each in model.__subclasses__():
        yield from _kinds(each)


def _types(annotation: object) -> Iterator[object]:
    yield annotation
    for each in get_args(annotation):
        yield from _types(each)


NUMBERS = sorted(
    {
        (kind.__name__, name): (kind, name)
        for root in (Written, Masking)
        for kind in _kinds(root)
        for name, field in kind.model_fields.items()
        if {int, float} & set(_types(field.annotation))
    }.items()
)


def test_the_numbers_that_people_write_are_found() -> None:
    """The test below is of all of them, also those that masking shares with events."""
    names = {name for name, _ in NUMBERS}
    assert len(names) > 15
    assert {("Sla", "first_response_seconds"), ("Desk", "capacity"), (Then.__name__, "priority")} <= names
    assert (Masking.__name__, "alias_days") in names


@pytest.mark.parametrize(("kind", "name"), [each for _, each in NUMBERS], ids=lambda each: str(each)[-40:])
@pytest.mark.parametrize("given", [True, False])
def test_yes_and_no_are_no_numbers(kind: type[BaseModel], name: str, given: bool) -> None:
    """`capacity: on` is a mistake, not a desk with one place."""
    with pytest.raises(ValidationError) as caught:
        kind.model_validate({name: given})
    said = [wording(each) for each in caught.value.errors() if each["loc"] == (name,)]
    assert said
    assert "is read by YAML as a yes or no; give a " in said[0]
