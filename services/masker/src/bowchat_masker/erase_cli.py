"""`bowchat-masker erase CONTACT_ID`: forget a person."""

import argparse
import asyncio

from bowchat_masker.settings import MaskerSettings
from bowchat_runtime.asking import add_reason, ask, requested, tell
from bowchat_runtime.settings import load


def configure_erase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("contact_id", help="ct_…, as the log and the accounts name a person")
    add_reason(parser)


def run_erase(arguments: argparse.Namespace) -> int:
    settings = load(MaskerSettings)
    command = {"name": "person.erase", "contact_id": arguments.contact_id, "why": arguments.why}
    asked = requested(command, arguments.by)
    return tell(asked, asyncio.run(ask(settings, asked, arguments.contact_id)))
