"""Commands that people type as text, `/handoff_to_claims urgent`: the table of them, and how one is read. Pure."""

from bowchat_contracts.slashes import is_command
from bowchat_registry.slash.outcome import Call, Help, Parsed, Refused
from bowchat_registry.slash.reading import PLACEHOLDER, is_dry_run, parse
from bowchat_registry.slash.table import (
    BUILT_INS,
    DRY_RUN,
    HANDOFF,
    ROLES,
    Argument,
    Definition,
    Desks,
    Macro,
    Role,
)

__all__ = [
    "BUILT_INS",
    "DRY_RUN",
    "HANDOFF",
    "PLACEHOLDER",
    "ROLES",
    "Argument",
    "Call",
    "Definition",
    "Desks",
    "Help",
    "Macro",
    "Parsed",
    "Refused",
    "Role",
    "is_command",
    "is_dry_run",
    "parse",
]
