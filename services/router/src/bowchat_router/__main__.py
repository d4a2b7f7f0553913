"""The console script `bowchat-router`."""

import argparse
import os
import sys
from functools import partial
from pathlib import Path

from bowchat_registry.loader import load as load_registry
from bowchat_registry.option import registry_option
from bowchat_registry.registry import Registry
from bowchat_router.app import build
from bowchat_router.classify import Classifier, train
from bowchat_router.classify.training import version_of
from bowchat_router.explain import explain
from bowchat_router.kept import kept, user_cache
from bowchat_router.settings import RouterSettings
from bowchat_runtime.cli import Command, pipe, run
from bowchat_runtime.clock import system_clock
from bowchat_runtime.parked_cli import parked_command
from bowchat_runtime.service import serve
from bowchat_runtime.settings import load


def main() -> None:
    """Run the command line, and exit with its code."""
    explaining = Command(
        'say where texts would go and why ({"text", "contact"?, "context"?, "at"?} per line)',
        _explain,
        registry_option,
    )
    description = "Finds the contact, policy, conversation, insurer and desk of every message."
    commands = {"explain": explaining, "parked": parked_command("router")}
    sys.exit(run("bowchat-router", description, serve=_serve, commands=commands))


def _serve() -> None:
    settings = load(RouterSettings)
    serve(build(settings), settings)


def _trained(registry: Registry) -> Classifier:
    named = os.environ.get("BOWCHAT_CACHE")
    return kept(train, version_of, Path(named) if named else user_cache())(registry.taxonomy)


def _explain(arguments: argparse.Namespace) -> int:
    registry = load_registry(arguments.registry)
    return pipe(partial(explain, registry, _trained(registry).read, system_clock))


if __name__ == "__main__":
    main()
