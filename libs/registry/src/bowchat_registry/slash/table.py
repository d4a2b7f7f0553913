"""The table of commands: what each does, who may give it, and what it is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Role = Literal["aggregator", "insurer"]
"""Who types: a person of the aggregator, or an insurer."""
ROLES: tuple[Role, ...] = ("aggregator", "insurer")
Kind = Literal["text", "word", "insurer", "desk", "items", "span", "number"]
Value = str | tuple[str, ...] | timedelta | int
Desks = Mapping[str, str]
"""The desks of an insurer by their names and handles."""

HANDOFF = "handoff_to"
"""`/handoff_to_claims` and its like: one command for each name of a desk."""
DRY_RUN = "dry-run"
"""An option of every command: it only says what it would do."""
_LONGEST, LONGEST_WHY, MOST_DAYS = 2_000, 500, 90


@dataclass(frozen=True, slots=True)
class Argument:
    """What a command is told. An option is written `--days 7`, anything else by its place."""

    name: str
    kind: Kind
    about: str
    required: bool = True
    option: bool = False
    shortest: int = 1
    longest: int = _LONGEST
    default: Value | None = None

    @property
    def usage(self) -> str:
        shown = {"items": f"{self.name}, {self.name}, …", "span": f"{self.name} 2h"}.get(self.kind, self.name)
        shown = f"--{self.name} N" if self.option else shown
        return f"<{shown}>" if self.required else f"[{shown}]"


@dataclass(frozen=True, slots=True)
class Definition:
    """One command: what it does, who may, and what it is told."""

    name: str
    about: str
    roles: tuple[Role, ...] = ROLES
    arguments: tuple[Argument, ...] = ()

    @property
    def usage(self) -> str:
        return " ".join((f"/{self.name}", *(each.usage for each in self.arguments)))


def _why(*, required: bool) -> Argument:
    return Argument(
        "why", "text", "in words, for who reads the log", required=required, shortest=3, longest=LONGEST_WHY
    )


_INSURER = Argument("insurer", "insurer", "its short name")
DESK = Argument("desk", "desk", "one of its desks; left out: as its agreement says", required=False)
_PEOPLE: tuple[Role, ...] = ("aggregator",)

BUILT_INS: Mapping[str, Definition] = {
    each.name: each
    for each in (
        Definition("help", "What you can do here, or how one command is written", arguments=(
            Argument("command", "text", "its name", required=False),)),
        Definition(HANDOFF, "Hand the conversation to another desk of the same insurer", arguments=(
            _why(required=False),)),
        Definition("assign", "Give a conversation that has no insurer yet to one", _PEOPLE, (_INSURER, DESK)),
        Definition("transfer", "End it with this insurer, and go on with another", _PEOPLE, (
            _INSURER, DESK, _why(required=False))),
        Definition("escalate", "Make it more urgent", arguments=(_why(required=False),)),
        Definition("request_docs", "Ask the policyholder for documents, and wait for them", arguments=(
            Argument("documents", "items", "what is needed, separated by commas"),)),
        Definition("note", "Write something down for the aggregator's people alone", arguments=(
            Argument("text", "text", "what to note"),)),
        Definition("hold", "Let it rest, for a time or until /open", arguments=(
            Argument("for", "span", "how long, as 30m, 2h or 3d; at most 30 days", required=False),)),
        Definition("open", "End a hold"),
        Definition("resolve", "It is done; the policyholder may be asked how it was", arguments=(
            _why(required=False),)),
        Definition("reopen", "It is not done after all", arguments=(_why(required=False),)),
        Definition("no_reply_needed", "The last message needs no answer", arguments=(_why(required=True),)),
        Definition("block_insurer", "End this insurer's way to this policyholder for good", _PEOPLE, (
            _why(required=True),)),
        Definition("request_contact", "Ask the policyholder whether you may have their number", ("insurer",), (
            Argument("purpose", "text", "what for; the policyholder reads it", shortest=3, longest=LONGEST_WHY),
            Argument("days", "number", f"for how many days, 1 to {MOST_DAYS}; left out: 7", required=False,
                     option=True, longest=MOST_DAYS, default=7))),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Macro:
    """A command of the aggregator's own: built-in ones, and other macros, one after the other."""

    definition: Definition
    steps: tuple[str, ...]
    """As they would be typed; `{reason}` stands for the argument of this name."""
