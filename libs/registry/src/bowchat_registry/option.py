"""How a command line is told where the registry is."""

import argparse
import os
from pathlib import Path

VARIABLE = "BOWCHAT_REGISTRY"
"""Names the directory of the registry in use."""


def registry_option(parser: argparse.ArgumentParser) -> None:
    """`--registry DIR`; may be left out where the environment names the directory, as it does for the services."""
    named = os.environ.get(VARIABLE)
    parser.add_argument(
        "--registry",
        type=Path,
        default=Path(named) if named else None,
        required=not named,
        metavar="DIR",
        help=f"holds insurers/, taxonomy.yaml, rules.yaml, commands.yaml, policies.csv; default: {VARIABLE}",
    )
