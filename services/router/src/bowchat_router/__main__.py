"""The console script `bowchat-router`."""

import argparse
import os
import sys
from functools import partial
from pathlib import Path

from bowchat_registry.loader import load as load_registry
from bowchat_registry.option import registry_option
from bowchat_registry.taxonomy import Taxonomy
from bowchat_router.app import build
from bowchat_router.classify import Classifier, train
from bowchat_router.classify.training import version_of
from bowchat_router.command_cli import configure_command, run_command
from bowchat_router.conversations_cli import configure_conversations, run_conversations
from bowchat_router.explain import explain
from bowchat_router.kept import kept, user_cache
from bowchat_router.settings import RouterSettings
from bowchat_router.shadow import configure_shadow, run_shadow
from bowchat_runtime.cli import Command, pipe, run
from bowchat_runtime.clock import system_clock
from bowchat_runtime.parked_cli import parked_command
from bowchat_runtime.service import serve
from bowchat_runtime.settings import load


def main() -> None:
    """Run the command line, and exit with its code."""
    description = "Finds the contact, policy, conversation, insurer and desk of every message."
    commands = {
        "explain": Command(
            'say where texts would go and why ({"text", "contact"?, "context"?, "at"?} per line)',
            _explain,
            registry_option,
        ),
        "shadow": Command(
            "say what a new version of the registry would have changed, before it is activated",
            partial(run_shadow, train=_trained),
            configure_shadow,
        ),
        "conversations": Command(
            "list the conversations that are not closed, without their words",
            run_conversations,
            configure_conversations,
        ),
        "command": Command(
            "give a command in a conversation, as /resolve; /help lists all",
            run_command,
            configure_command,
        ),
        "parked": parked_command("router"),
    }
    sys.exit(run("bowchat-router", description, serve=_serve, commands=commands))


def _serve() -> None:
    settings = load(RouterSettings)
    serve(build(settings), settings)


def _trained(taxonomy: Taxonomy) -> Classifier:
    named = os.environ.get("BOWCHAT_CACHE")
    return kept(train, version_of, Path(named) if named else user_cache())(taxonomy)


def _explain(arguments: argparse.Namespace) -> int:
    registry = load_registry(arguments.registry)
    return pipe(partial(explain, registry, _trained(registry.taxonomy).read, system_clock))


if __name__ == "__main__":
    main()
