"""`bowchat-keys init DIR`: a directory of fresh secrets, one folder per service, for a new installation or a demo.

`rotate`, `promote`, `retire` and `list` change its keys later, while services run.
"""

import argparse
import re
import secrets
import sys
from pathlib import Path

from bowchat_runtime.cli import Parser
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.key_ring import new_key
from bowchat_runtime.keysets import public_half
from bowchat_runtime.rotation import KINDS, listed, step
from bowchat_runtime.seal import new_keysets

_INSURER = re.compile(r"^[a-z][a-z0-9-]{1,39}$")


def init(directory: Path, insurers: tuple[str, ...]) -> list[Path]:
    """Make every secret file that is missing; one that is there stays as it is. Returns the files that were made.

    Every folder is readable by its owner only. Keys shared by two services (the identity keyset's halves, the key of
    provider message ids, an insurer's secret) are the same in both folders.
    """
    shared = _Shared(directory)
    private, public = shared.keysets()
    message_key = shared.text("ingest/message.key", new_key())
    wanted = {
        "ingest/meta_app_secret": secrets.token_hex(16),
        "ingest/meta_verify_token": secrets.token_urlsafe(24),
        "ingest/admin_token": secrets.token_urlsafe(32),
        "ingest/ref.key": new_key(),
        "ingest/message.key": message_key,
        "ingest/identity.public.json": public,
        "masker/identity.private.json": private,
        "masker/kek.key": new_key(),
        "masker/mint.key": new_key(),
        "dispatcher/identity.private.json": private,
        "dispatcher/message.key": message_key,
        "dispatcher/whatsapp_token": secrets.token_urlsafe(32),
    }
    for insurer in insurers:
        secret = shared.text(f"ingest/insurers/{insurer}.secret", _webhook_secret())
        wanted[f"ingest/insurers/{insurer}.secret"] = secret
        wanted[f"dispatcher/insurers/{insurer}.secret"] = secret
    (directory / "ingest/insurers").mkdir(parents=True, exist_ok=True, mode=0o700)
    return [path for name, content in wanted.items() if (path := _write(directory / name, content))]


class _Shared:
    """Reads what two folders must agree on, so that a second run completes the first."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def text(self, name: str, otherwise: str) -> str:
        path = self._directory / name
        return path.read_text() if path.exists() else otherwise

    def keysets(self) -> tuple[str, str]:
        private, public = new_keysets()
        there = self._directory / "masker/identity.private.json"
        if there.exists():
            return there.read_text(), public_half(there.read_text())
        return private, public


def _write(path: Path, content: str) -> Path | None:
    if path.exists():
        return None
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    # With a line's end: who changes a secret adds a second line to it.
    path.write_text(content.rstrip("\n") + "\n")
    return path


def _webhook_secret() -> str:
    return "whsec_" + new_key()


def main() -> int:
    arguments = _parser().parse_args()
    if arguments.command == "init":
        return _init(arguments.directory, arguments.insurers)
    try:
        kinds = KINDS if arguments.command == "list" else (arguments.kind,)
        for kind in kinds:
            _show(kind, _step(arguments, kind))
    except SettingsError as error:
        sys.stderr.write(f"bowchat-keys: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="bowchat-keys", description="Make the secret files of an installation, and change its keys."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    make = commands.add_parser("init", help="make every secret file that is missing")
    make.add_argument(
        "--insurers", default="", help="comma-separated ids of the insurers to make secrets for"
    )
    helps = {
        "rotate": "make a new key that every service knows and none uses yet",
        "promote": "have the new key used; the former one is still understood",
        "retire": "take the former key away: what only it opens is lost",
        "list": "which keys there are, by their ids",
    }
    for name, text in helps.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("directory", type=Path, help="as given to init")
        if name != "list":
            command.add_argument("kind", choices=KINDS, help="which key (docs/privacy-keys.md)")
    make.add_argument("directory", type=Path, help="where they go, in one folder per service")
    return parser


def _init(directory: Path, listed: str) -> int:
    insurers = tuple(each for each in listed.split(",") if each)
    wrong = [each for each in insurers if not _INSURER.match(each)]
    if wrong:
        sys.stderr.write(
            f"bowchat-keys: {wrong[0]!r} is no insurer id: use lower-case letters, digits and dashes\n"
        )
        return 2
    made = init(directory, insurers)
    sys.stdout.write(f"{len(made)} secret files made in {directory}; none that was there is changed\n")
    return 0


def _step(arguments: argparse.Namespace, kind: str) -> list[tuple[str, str]]:
    if arguments.command == "list":
        return listed(arguments.directory, kind)
    return step(arguments.directory, kind, arguments.command)


def _show(kind: str, keys: list[tuple[str, str]]) -> None:
    sys.stdout.write("".join(f"{kind:<9} {name}  {state}\n" for name, state in keys))


if __name__ == "__main__":
    sys.exit(main())
