"""The console script `bowchat-masker`."""

import sys

from bowchat_masker.app import build
from bowchat_masker.commands import configure_mask, configure_unfreeze, run_mask, run_unfreeze
from bowchat_masker.held_cli import configure_held, run_held
from bowchat_masker.settings import MaskerSettings
from bowchat_runtime.cli import Command, run
from bowchat_runtime.parked_cli import parked_command
from bowchat_runtime.service import serve
from bowchat_runtime.settings import load

COMMANDS = {
    "parked": parked_command("masker"),
    "mask": Command('mask texts ({"text"} per line) and say what was found', run_mask, configure_mask),
    "held": Command("look at what was held, and release, rewrite or block it", run_held, configure_held),
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
            serve=_serve,
            commands=COMMANDS,
        )
    )


def _serve() -> None:
    settings = load(MaskerSettings)
    serve(build(settings), settings)


if __name__ == "__main__":
    main()
