"""People given in a file, for trying out whether the guard recognises them."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from bowchat_contracts.inbound import Identity
from bowchat_masker.guard.search import TooMuchError, Watch, search, watch_for
from bowchat_masker.identity import learn
from bowchat_masking import MaskingError
from bowchat_runtime.decoding import in_words
from bowchat_runtime.errors import SettingsError

_EXAMPLE = 'Write one JSON object a line, such as {"number": "447700900101", "name": "Casey"}'
# ITU-T E.164: a country code, which begins with no nought, and at most fifteen digits in all.
_NUMBER = re.compile("[1-9][0-9]{7,14}")
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def read_known(path: Path) -> tuple[Watch, ...]:
    """Errors: `SettingsError` that names the file and the line."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} cannot be read: it is not UTF-8") from None
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
        identity = Identity.model_validate_json(line, extra="forbid")
    except ValidationError as error:
        raise SettingsError(f"{path}:{number} is not an identity ({in_words(error)}). {_EXAMPLE}") from None
    digits = "".join(filter(str.isdigit, identity.number or ""))
    if identity.number is not None and not _NUMBER.fullmatch(digits):
        raise SettingsError(f"{path}:{number} has no number with its country code. {_EXAMPLE}")
    plain = identity.model_copy(update={"number": digits or None})
    return watch_for(learn(None, plain, _ANY_TIME).known)
