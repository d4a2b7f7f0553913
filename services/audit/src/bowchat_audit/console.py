"""The commands of `bowchat-audit`, and the service that it runs by default."""

import sys

from bowchat_audit.app import build
from bowchat_audit.commands import COMMANDS
from bowchat_audit.errors import LogBrokenError
from bowchat_audit.settings import AuditSettings
from bowchat_runtime.cli import run
from bowchat_runtime.parked_cli import parked_command
from bowchat_runtime.service import serving

EXIT_BROKEN = 3


def main() -> None:
    """Run the command line, and exit with its code: 3 when the log is broken."""
    commands = {**COMMANDS, "parked": parked_command("audit")}
    try:
        code = run(
            "bowchat-audit",
            "Appends every event once.",
            serve=serving(AuditSettings, build),
            commands=commands,
        )
    except* LogBrokenError as group:
        for error in _leaves(group):
            print(f"bowchat-audit: {error}", file=sys.stderr)
        code = EXIT_BROKEN
    sys.exit(code)


def _leaves(group: BaseExceptionGroup[LogBrokenError]) -> list[LogBrokenError]:
    return [
        leaf
        for each in group.exceptions
        for leaf in (_leaves(each) if isinstance(each, BaseExceptionGroup) else [each])
    ]
