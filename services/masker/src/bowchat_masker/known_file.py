"""People given in a file, for trying out whether the guard recognises them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from bowchat_contracts.inbound import Identity
from bowchat_masker.guard.search import TooMuchError, Watch, search, watch_for
from bowchat_masker.identity import learn
from bowchat_masking import MaskingError
from bowchat_runtime.errors import SettingsError

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def read_known(path: Path) -> tuple[Watch, ...]:
    """Errors: `SettingsError` that names the file and the line."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    return tuple(_watch(path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def recogniser(watches: Sequence[Watch]) -> Callable[[str], bool]:
    """Errors, of what it returns: `MaskingError` for a text that the guard would hold unread."""

    def recognise(text: str) -> bool:
        try:
            return any(search(text, text, watch) for watch in watches)
        except TooMuchError as error:
            raise MaskingError(str(error)) from error

    return recognise


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
    return watch_for(learn(None, plain, _ANY_TIME).known)
