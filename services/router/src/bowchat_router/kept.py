"""A trained classifier and its encoder are kept from one start to the next: a restart takes no seconds of training, and no
second of unpacking weights.

They are kept as Python's own form of objects, which does what it says when it is read: so only a directory counts that is
this user's own and that nobody else may write to. Anything else, and what cannot be read, is as if nothing was kept.
"""

import hashlib
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import structlog

from bowchat_registry import keywords
from bowchat_registry.taxonomy import Taxonomy
from bowchat_router import classify
from bowchat_router.classify import embedding
from bowchat_router.classify.reading import Classifier
from bowchat_router.classify.training import version_of

log = structlog.get_logger()

Train = Callable[[Taxonomy], Classifier]
VersionOf = Callable[[Taxonomy], str]
_MOST = {"classifier": 4, "encoder": 2}
"""How many of each are kept: a classifier takes 50 MB, an encoder 80."""
_OF_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def own_cache() -> Path:
    """A directory for what can be made again: beside an installation of this user's own, else the user's cache (XDG Base
    Directory Specification).
    """
    installed = Path(sys.prefix)
    if sys.prefix != sys.base_prefix and _is_ours(installed):
        return installed / "cache"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bowchat"


@cache
def _code() -> str:
    """Changes with the classifier's code: what other code has learnt is not taken for its own."""
    sources = [*sorted(Path(classify.__file__).parent.glob("*.py")), Path(keywords.__file__)]
    return hashlib.sha256(b"".join(each.read_bytes() for each in sources)).hexdigest()[:16]


def kept(train: Train, version_of: VersionOf, directory: Path | None) -> Train:
    """Training that looks first whether it was done before. `directory`: None where nothing is kept.

    The encoder is kept there too, whenever the first text asks for it.
    """
    if directory is None:
        return train
    embedding.ENCODER.load = partial(
        _found, directory, "encoder", embedding.VERSION, make=embedding.from_wheel
    )

    def trained(taxonomy: Taxonomy) -> Classifier:
        found: Classifier = _found(
            directory, "classifier", version_of(taxonomy), make=lambda: train(taxonomy)
        )
        return found

    return trained


def _found(directory: Path, kind: str, version: str, *, make: Callable[[], Any]) -> Any:
    path = directory / f"{kind}-{version}-{_code()}.pickle"
    found = _read(path)
    if found is None:
        found = make()
        _write(path, found)
    return found


def _read(path: Path) -> Any:
    if not path.is_file() or not _is_ours(path.parent) or not _is_ours(path):
        return None
    try:
        with path.open("rb") as file:
            found = pickle.load(file)  # noqa: S301 - of a directory that only we may write to
        path.touch()
    except (
        OSError,
        pickle.UnpicklingError,
        AttributeError,
        ImportError,
        EOFError,
        LookupError,
        ValueError,
        TypeError,
    ) as error:
        log.warning("kept_unreadable", file=path.name, error=type(error).__name__)
        return None
    return found


def _write(path: Path, made: Any) -> None:
    """All at once, so that nobody reads half of it. Where it cannot be kept, the next start makes it again."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(path.parent):
            log.warning("not_kept", file=path.name, reason="others may write to the directory")
            return
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
            try:
                pickle.dump(made, draft, protocol=pickle.HIGHEST_PROTOCOL)
                draft.flush()
                os.fsync(draft.fileno())
                Path(draft.name).replace(path)
            finally:
                Path(draft.name).unlink(missing_ok=True)
        _forget(path.parent, path.name.partition("-")[0])
    except OSError as error:
        log.warning("not_kept", file=path.name, reason=error.strerror)


def _forget(directory: Path, kind: str) -> None:
    """Those that were read longest ago: each version of code or taxonomy has a file of its own."""
    by_use = sorted(directory.glob(f"{kind}-*.pickle"), key=lambda each: each.stat().st_mtime_ns)
    for path in by_use[: -_MOST[kind]]:
        path.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    state = path.stat()
    return state.st_uid == os.getuid() and not state.st_mode & _OF_OTHERS


def trained(taxonomy: Taxonomy) -> Classifier:
    """For the command line: kept where `BOWCHAT_CACHE` says, as the service keeps it."""
    named = os.environ.get("BOWCHAT_CACHE")
    return kept(classify.train, version_of, Path(named) if named else own_cache())(taxonomy)
