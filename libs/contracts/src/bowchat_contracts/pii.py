"""Private data that defends itself: repr, str and format show a mask; `reveal()` is the only way in.

Which modules may call `reveal()` is a list in `tests/architecture`, kept by a test over the syntax trees.
"""

from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Private:
    """A string that does not show itself. Serialises in full, since events must carry it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, for the few modules that may handle it."""
        return self._value

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._value == self._value

    def __hash__(self) -> int:
        return hash((type(self), self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from_str = core_schema.no_info_after_validator_function(cls._of, core_schema.str_schema())
        return core_schema.json_or_python_schema(
            json_schema=from_str,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_str]),
            serialization=core_schema.plain_serializer_function_ser_schema(
                cls.reveal, return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def _of(cls, value: str) -> Self:
        return cls(value)


class MessageText(Private):
    """What a person typed. May hold anything, so it is shown nowhere but in the inbox and, masked, to an insurer."""


class PhoneNumber(Private):
    """A policyholder's number in E.164 without the plus sign, as WhatsApp writes it."""
