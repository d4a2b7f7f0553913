"""What people do with the masker by hand: try the masking on a text, and let a frozen contact be written to again."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bowchat_contracts.inbound import Identity
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masker.app import vault_database
from bowchat_masker.detect import MaskingError, mask
from bowchat_masker.guard import Watch, search, watch_for
from bowchat_masker.identity import learn
from bowchat_masker.model import Changes
from bowchat_masker.settings import MaskerSettings
from bowchat_masker.store import MongoVault, VaultStore
from bowchat_runtime.cli import pipe
from bowchat_runtime.clock import system_clock
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.settings import load

Line = dict[str, Any]


def configure_mask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--region", default="IN", help="country of numbers without a country code (default IN)"
    )
    parser.add_argument(
        "--known",
        type=Path,
        metavar="FILE",
        help='identities that must not pass, one JSON object a line: {"number": …}',
    )


def run_mask(arguments: argparse.Namespace) -> int:
    return pipe(
        masker(
            MaskingPolicy(regions=(arguments.region,)), read_known(arguments.known) if arguments.known else ()
        )
    )


def masker(policy: MaskingPolicy, watches: tuple[Watch, ...]) -> Callable[[Line], Line]:
    """The rule of the masker on one line: what an insurer would see of a text, and the verdict.

    Places of findings refer to the text as given. A text that would be held comes back empty.
    """

    def line(given: Line) -> Line:
        text = given.get("text")
        if not isinstance(text, str):
            raise TypeError('each line must be an object with a "text"')
        try:
            (result,) = mask([text], policy)
        except MaskingError:
            return {"text": "", "findings": [], "verdict": "quarantine"}
        findings = [{"type": each.type, "start": each.start, "end": each.end} for each in result.findings]
        if any(search(result.text, result.text, watch) for watch in watches):
            return {"text": "", "findings": findings, "verdict": "quarantine"}
        return {"text": result.text, "findings": findings, "verdict": "mask" if findings else "allow"}

    return line


def read_known(path: Path) -> tuple[Watch, ...]:
    """Errors: `SettingsError` that names the file and the line."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    return tuple(_watch(path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def _watch(path: Path, number: int, line: str) -> Watch:
    try:
        identity = Identity.model_validate_json(line)
    except ValidationError:
        raise SettingsError(
            f'{path}:{number} is not an identity. Write one JSON object a line, such as {{"number": "447700900101"}}'
        ) from None
    plain = identity.model_copy(
        update={"number": "".join(filter(str.isdigit, identity.number or "")) or None}
    )
    return watch_for(learn(None, plain, system_clock()).known)


def configure_unfreeze(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("contact_id", help="the contact whose new number has been confirmed")


def run_unfreeze(arguments: argparse.Namespace) -> int:
    settings = load(MaskerSettings)
    if settings.store != "mongo":
        raise SettingsError(
            "BOWCHAT_STORE is memory: only the running masker holds its contacts. Set it to mongo."
        )
    told = asyncio.run(_unfreeze(settings, arguments.contact_id))
    sys.stdout.write(f"{told}\n")
    return 0 if told.startswith("unfrozen") else 1


async def _unfreeze(settings: MaskerSettings, contact_id: str) -> str:
    async with vault_database(settings) as database:
        return await unfreeze(MongoVault(database), contact_id)


async def unfreeze(store: VaultStore, contact_id: str) -> str:
    """Let replies to this contact go out again, and say what was done.

    Errors: `ConflictError` when the contact changed at the same moment.
    """
    contact = (await store.contacts([contact_id])).get(contact_id)
    if contact is None:
        return f"there is no contact {contact_id}"
    if not contact.frozen:
        return f"{contact_id} is not frozen"
    thawed = replace(contact, version=contact.version + 1, frozen=False)
    await store.save(Changes(contacts={contact_id: thawed}))
    return f"unfrozen: {contact_id}. Replies that were held stay held."
