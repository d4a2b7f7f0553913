"""What people do with the masker by hand: let a frozen contact be written to again."""

import argparse
import asyncio
import sys
from dataclasses import replace

from bowchat_masker.app import vault_database
from bowchat_masker.model import Changes
from bowchat_masker.settings import MaskerSettings
from bowchat_masker.store import MongoVault, VaultStore
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.settings import load


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
