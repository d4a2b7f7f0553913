"""What is missing before insurers can be written to in WhatsApp, for `/readyz`."""

import re
from collections.abc import Iterable

from bowchat_dispatcher.settings import DispatcherSettings
from bowchat_runtime.errors import SettingsError

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")


def insurer_number(settings: DispatcherSettings, insurer: str) -> str | None:
    """The number of an insurer's phone, as its secret file has it now: its first line. None where there is none."""
    try:
        number = settings.secrets_list(_file(insurer))[0].decode()
    except (SettingsError, UnicodeDecodeError):
        return None
    return number if _E164.fullmatch(number) else None


def missing(settings: DispatcherSettings, insurers: Iterable[str]) -> str | None:
    """Which of these insurers cannot be written to yet, and what to do about it; None where all can."""
    named = list(insurers)
    if named and not settings.insurer_number_id:
        return (
            f"{', '.join(named)}: on WhatsApp, and there is no number to write from, so what is for them fails. "
            "Set BOWCHAT_INSURER_NUMBER_ID (docs/insurer-whatsapp.md)"
        )
    unknown = [insurer for insurer in named if insurer_number(settings, insurer) is None]
    if not unknown:
        return None
    file = settings.secrets / _file("<id>")
    return (
        f"{', '.join(unknown)}: on WhatsApp, and their number is not known, so what is for them waits. "
        f"Write it into {file}, like +447700900123 (docs/insurer-whatsapp.md)"
    )


def _file(insurer: str) -> str:
    return f"insurers/{insurer}.whatsapp"
