"""A trained classifier is kept from one start to the next, so that a restart takes no seconds of training.

It is kept as Python's own form of objects, which does what it says when it is read: so only a directory counts that is this
user's own and that nobody else may write to. Anything else, and anything that cannot be read, is as if nothing was kept.
"""

import hashlib
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import structlog

from bowchat_registry.taxonomy import Taxonomy
from bowchat_router import classify
from bowchat_router.classify.reading import Classifier
from bowchat_router.classify.training import version_of

log = structlog.get_logger()

Train = Callable[[Taxonomy], Classifier]
VersionOf = Callable[[Taxonomy], str]
_KEPT = 8
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
    """Changes with the classifier's own code: what other code has learnt is not taken for its own."""
    sources = sorted(Path(classify.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(each.read_bytes() for each in sources)).hexdigest()[:16]


def kept(train: Train, version_of: VersionOf, directory: Path | None) -> Train:
    """Training that looks first whether it was done before. `directory`: None where nothing is kept."""
    if directory is None:
        return train

    def trained(taxonomy: Taxonomy) -> Classifier:
        path = directory / f"classifier-{version_of(taxonomy)}-{_code()}.pickle"
        found = _read(path)
        if found is None:
            found = train(taxonomy)
            _write(path, found)
        return found

    return trained


def _read(path: Path) -> Classifier | None:
    if not path.is_file() or not _is_ours(path.parent) or not _is_ours(path):
        return None
    try:
        found: Classifier = pickle.loads(path.read_bytes())  # noqa: S301 - of a directory that only we may write to
        path.touch()
    except (
        OSError,
        pickle.UnpicklingError,
        AttributeError,
        ImportError,
        EOFError,
        ValueError,
        TypeError,
    ) as error:
        log.warning("classifier_unreadable", error=type(error).__name__)
        return None
    return found


def _write(path: Path, classifier: Classifier) -> None:
    """All at once, so that nobody reads half of it. Where it cannot be kept, the next start trains again."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(path.parent):
            log.warning("classifier_not_kept", reason="others may write to the directory")
            return
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
            draft.write(pickle.dumps(classifier))
        Path(draft.name).replace(path)
        _forget(path.parent)
    except OSError as error:
        log.warning("classifier_not_kept", reason=error.strerror)


def _forget(directory: Path) -> None:
    """Those that were read longest ago: each version of code or taxonomy has a file of its own."""
    by_use = sorted(directory.glob("classifier-*.pickle"), key=lambda each: each.stat().st_mtime_ns)
    for path in by_use[:-_KEPT]:
        path.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    state = path.stat()
    return state.st_uid == os.getuid() and not state.st_mode & _OF_OTHERS


def trained(taxonomy: Taxonomy) -> Classifier:
    """For the command line: kept where `BOWCHAT_CACHE` says, as the service keeps it."""
    named = os.environ.get("BOWCHAT_CACHE")
    return kept(classify.train, version_of, Path(named) if named else own_cache())(taxonomy)
