"""`bowchat-router explain`: no network, no database."""

import argparse
from functools import partial

from bowchat_registry.loader import load
from bowchat_registry.option import registry_option
from bowchat_router.explain import explain
from bowchat_router.kept import trained
from bowchat_router.readings import Asked
from bowchat_runtime.cli import TEXT_LINE, Command, pipe
from bowchat_runtime.clock import system_clock

_REMEMBERED = 1
"""The text at hand: several of its rules may ask."""


def _run(arguments: argparse.Namespace) -> int:
    registry = load(arguments.registry)
    reader = Asked(trained(registry.taxonomy), _REMEMBERED)
    return pipe(partial(explain, registry, reader, system_clock), TEXT_LINE)


COMMAND = Command(
    'say where texts would go and why ({"text", "contact"?, "context"?, "at"?} per line)',
    _run,
    registry_option,
)
