"""One shape for every console script: `serve` by default, and subcommands that work in a pipe."""

import argparse
import gc
import json
import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from bowchat_runtime.errors import DependencyDownError, RejectError, SettingsError


@dataclass(frozen=True)
class Command:
    """A subcommand: its help line, its arguments, and what it does. `run` returns the exit code."""

    help: str
    run: Callable[[argparse.Namespace], int]
    configure: Callable[[argparse.ArgumentParser], Any] = lambda _: None


class Parser(argparse.ArgumentParser):
    """Tells of what it does not know itself: argparse leaves that to the whole script's parser, and shows its usage."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """The arguments, and nothing that is left over: an error ends the process."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"{' '.join(unknown)} is not known here; see {self.prog} --help")
        return found, unknown


def run(
    prog: str, description: str, *, serve: Callable[[], None], commands: Mapping[str, Command] | None = None
) -> int:
    """Parse the arguments and do what they say. A user's mistake is one clear line on standard error and exit code 2."""
    parser = Parser(prog=prog, description=description)
    parsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    parsers.add_parser("serve", help="run the service (the default)")
    for name, command in (commands or {}).items():
        command.configure(parsers.add_parser(name, help=command.help, description=command.help))
    arguments = parser.parse_args()
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # what it says, our one line says
    try:
        if arguments.command in (None, "serve"):
            serve()
            return 0
        return (commands or {})[arguments.command].run(arguments)
    except SettingsError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return 2
    except DependencyDownError as error:
        print(f"{prog}: {_advised(error)}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our pipe has gone, as `head` does
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


def _advised(error: DependencyDownError) -> str:
    # Settings take a while to import, and many commands need none.
    from bowchat_runtime.advice import advised  # noqa: PLC0415
    from bowchat_runtime.settings import ServiceSettings  # noqa: PLC0415

    return advised(str(error), ServiceSettings())


def enter(prog: str, console: str, light: Mapping[str, str] | None = None) -> None:
    """Import the module `console` and do what its `main` does; or one of the commands that need nothing of the service and
    start several times as fast without it: `light` has the modules whose `COMMAND` they are, by their names. Exits with the
    code.
    """
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = (light or {}).get(name)
    # What is loaded stays: to look for garbage among it takes a sixth of the start.
    gc.disable()
    loaded = import_module(chosen or console)
    gc.freeze()
    gc.enable()
    if chosen:
        sys.exit(run(prog, loaded.COMMAND.help, serve=_nothing, commands={name: loaded.COMMAND}))
    loaded.main()


def _nothing() -> None:
    raise AssertionError("a command was named")


TEXT_LINE = '{"text": "…"}'
"""What a line of texts looks like."""


def pipe(function: Callable[[dict[str, Any]], dict[str, Any]], example: str = "") -> int:
    """JSON Lines in, JSON Lines out, one line out per line in; a line that fails becomes `{"error": ...}`. `example` is
    what a line that is none should have been.

    Returns 1 when any line failed.
    """
    if sys.stdin.isatty():
        sys.stderr.write(f"Type lines{f' like {example}' if example else ''}, and end them with Ctrl-D:\n")
    failed = 0
    for raw in sys.stdin.buffer:
        line = _answer(function, raw, f"; write {example}" if example else "")
        failed |= "error" in line
        sys.stdout.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        sys.stdout.flush()
    return failed


def _answer(function: Callable[[dict[str, Any]], dict[str, Any]], raw: bytes, instead: str) -> dict[str, Any]:
    try:
        return function(_read(raw, instead))
    except RejectError as error:
        return {"error": str(error)}
    except OverflowError:
        return {"error": f"a time in this line is too far away{instead}"}
    except Exception as error:  # noqa: BLE001 - one bad line must not end the pipe; its error is the answer
        return {"error": f"{type(error).__name__}: {error}"}


def _read(raw: bytes, instead: str) -> dict[str, Any]:
    """Errors: `RejectError`."""
    try:
        given = json.loads(raw)
    except ValueError:  # no JSON, no UTF-8, or a number of thousands of digits
        raise RejectError(f"this line is not JSON in UTF-8{instead}") from None
    except RecursionError:
        raise RejectError("this line is nested too deeply") from None
    if not isinstance(given, dict):
        raise RejectError(f"each line must be a JSON object{instead}")
    return given
