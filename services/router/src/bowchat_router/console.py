"""The commands of `bowchat-router`, and the service that it runs by default."""

import sys
from functools import partial

from bowchat_router.app import build
from bowchat_router.command_cli import configure_command, run_command
from bowchat_router.conversations_cli import configure_conversations, run_conversations
from bowchat_router.explain_cli import COMMAND as EXPLAIN
from bowchat_router.kept import trained
from bowchat_router.settings import RouterSettings
from bowchat_router.shadow import configure_shadow, run_shadow
from bowchat_runtime.cli import Command, run
from bowchat_runtime.parked_cli import parked_command
from bowchat_runtime.service import serving

COMMANDS = {
    "explain": EXPLAIN,
    "shadow": Command(
        "say what a new version of the registry would have changed, before it is activated",
        partial(run_shadow, train=trained),
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


def main() -> None:
    """Run the command line, and exit with its code."""
    description = "Finds the contact, policy, conversation, insurer and desk of every message."
    sys.exit(run("bowchat-router", description, serve=serving(RouterSettings, build), commands=COMMANDS))
