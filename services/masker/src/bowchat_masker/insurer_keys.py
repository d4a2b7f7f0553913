"""The public keysets that insurers gave us: what is locked with one, that insurer alone can open."""

from pathlib import Path

from bowchat_runtime.errors import SettingsError
from bowchat_runtime.lockbox import Lockbox


class InsurerKeys:
    """A folder of files `<insurer>.public.json`. Read anew for each use, so that a new one counts at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, insurer: str) -> Lockbox | None:
        """None where the insurer gave none, or what it gave is of no use."""
        try:
            return Lockbox((self._folder / f"{insurer}.public.json").read_bytes())
        except (OSError, SettingsError):
            return None
