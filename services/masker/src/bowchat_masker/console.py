"""The commands of `bowchat-masker`, and the service that it runs by default."""

import sys

from bowchat_masker.alias_cli import configure_alias, run_alias
from bowchat_masker.app import build
from bowchat_masker.commands import configure_unfreeze, run_unfreeze
from bowchat_masker.erase_cli import configure_erase, run_erase
from bowchat_masker.held_cli import configure_held, run_held
from bowchat_masker.mask_command import COMMAND as MASK
from bowchat_masker.reveal_cli import configure_reveal, run_reveal
from bowchat_masker.rewrap import run_rewrap
from bowchat_masker.settings import MaskerSettings
from bowchat_runtime.cli import Command, run
from bowchat_runtime.parked_cli import parked_command
from bowchat_runtime.service import serving

COMMANDS = {
    "parked": parked_command("masker"),
    "mask": MASK,
    "held": Command("look at what was held, and release, rewrite or block it", run_held, configure_held),
    "alias": Command("end an insurer's way to one contact", run_alias, configure_alias),
    "reveal": Command(
        "what insurers may use of people's numbers, and ending it", run_reveal, configure_reveal
    ),
    "erase": Command("forget a person: data key, aliases, seals and files", run_erase, configure_erase),
    "rewrap": Command("bring every data key under the key-encryption key in use", run_rewrap),
    "unfreeze": Command(
        "let replies go out again to a contact whose number changed", run_unfreeze, configure_unfreeze
    ),
}


def main() -> None:
    """Run the command line, and exit with its code."""
    sys.exit(
        run(
            "bowchat-masker",
            "Swaps identities between policyholders and insurers.",
            serve=serving(MaskerSettings, build),
            commands=COMMANDS,
        )
    )
