"""`bowchat-masker alias revoke`: end an insurer's way to one contact."""

import argparse
import asyncio

from bowchat_masker.settings import MaskerSettings
from bowchat_runtime.asking import add_reason, ask, requested, tell
from bowchat_runtime.settings import load


def configure_alias(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    help_ = "it answers no more; the next message of its policyholder goes under a new one"
    revoke = actions.add_parser("revoke", help=help_, description=help_)
    revoke.add_argument("alias", help="as the insurer knows the policyholder: ph_...")
    add_reason(revoke)


def run_alias(arguments: argparse.Namespace) -> int:
    settings = load(MaskerSettings)
    command = {"name": "alias.revoke", "alias": arguments.alias, "why": arguments.why}
    asked = requested(command, arguments.by)
    return tell(asked, asyncio.run(ask(settings, asked, arguments.alias)))
