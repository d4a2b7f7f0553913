"""The console script `bowchat-router`."""

import argparse
import sys
from functools import partial
from pathlib import Path

from bowchat_registry.loader import load as load_registry
from bowchat_router.app import build
from bowchat_router.explain import explain
from bowchat_router.settings import RouterSettings
from bowchat_runtime.cli import Command, pipe, run
from bowchat_runtime.clock import system_clock
from bowchat_runtime.service import serve
from bowchat_runtime.settings import load


def main() -> None:
    """Run the command line, and exit with its code."""
    command = Command(
        'say where texts would go and why ({"text", "contact"?, "context"?, "at"?} per line)',
        _explain,
        lambda parser: parser.add_argument("--registry", type=Path, required=True, metavar="DIR"),
    )
    description = "Finds the contact, policy, conversation, insurer and desk of every message."
    sys.exit(run("bowchat-router", description, serve=_serve, commands={"explain": command}))


def _serve() -> None:
    settings = load(RouterSettings)
    serve(build(settings), settings)


def _explain(arguments: argparse.Namespace) -> int:
    return pipe(partial(explain, load_registry(arguments.registry), system_clock))


if __name__ == "__main__":
    main()
