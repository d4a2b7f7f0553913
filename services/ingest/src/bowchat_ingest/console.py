"""The commands of `bowchat-ingest`, its rules for a shell pipe, and the service that it runs by default."""

import argparse
import csv
import sys

from bowchat_ingest.app import build
from bowchat_ingest.import_cli import import_options, run_import
from bowchat_ingest.pipes import parser, with_refs
from bowchat_ingest.settings import IngestSettings
from bowchat_runtime import cli
from bowchat_runtime.clock import system_clock
from bowchat_runtime.parked_cli import parked_command
from bowchat_runtime.service import serving
from bowchat_runtime.settings import load


def _provider(arguments: argparse.ArgumentParser) -> None:
    arguments.add_argument("--provider", choices=["cloud"], required=True, help="whose webhooks these are")


def _parse(_: argparse.Namespace) -> int:
    return cli.pipe(parser(system_clock))


def _refs(_: argparse.Namespace) -> int:
    """All or nothing: half a list would look like a whole one."""
    try:
        written, wrong = with_refs(sys.stdin, load(IngestSettings).key_ring("ref.key")().primary)
    except (csv.Error, UnicodeDecodeError):
        written, wrong = "", ["the input is not CSV in UTF-8"]
    if wrong:
        sys.stderr.write("".join(f"bowchat-ingest refs: {line}\n" for line in wrong))
        return 1
    sys.stdout.write(written)
    return 0


def main() -> None:
    """Run the command line, and exit with its code."""
    sys.exit(
        cli.run(
            "bowchat-ingest",
            "Receives WhatsApp webhooks and insurers' replies.",
            serve=serving(IngestSettings, build),
            commands={
                "parse": cli.Command(
                    "webhook bodies in, one per line; events and ignored parts out", _parse, _provider
                ),
                "import": cli.Command(
                    "a CSV file of policies or contacts to a running ingest", run_import, import_options
                ),
                "parked": parked_command("ingest"),
                "refs": cli.Command("a CSV with a column phone in; the same with contact_ref out", _refs),
            },
        )
    )
