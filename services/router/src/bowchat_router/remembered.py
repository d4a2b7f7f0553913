"""What a process keeps between batches, so that the store is written and hardly read."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from bowchat_contracts.ids import ContactId, Ref
from bowchat_router.contacts import KnownRef
from bowchat_router.domain.model import Dossier

_REMEMBERED = 50_000
"""Contacts and identities kept; the longest unused go first."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The values last used, at most so many."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def known(self, keys: Iterable[Key]) -> dict[Key, Value]:
        return {key: self._values[key] for key in keys if key in self._values}

    def keep(self, values: dict[Key, Value]) -> None:
        for key, value in values.items():
            self._values[key] = value
            self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)

    def clear(self) -> None:
        self._values.clear()


class Memory:
    """What is kept between batches. All handlers of a process share one: each sees what the others have saved."""

    def __init__(self) -> None:
        self.refs: Recent[Ref, KnownRef] = Recent()
        self.dossiers: Recent[ContactId, Dossier] = Recent()
        self.age = 0
        """How often it was cleared: what was read before is not put back after."""

    def take(self, dossiers: Mapping[ContactId, Dossier]) -> None:
        """Each dossier in its latest version: another handler may have saved a later one meanwhile."""
        held = self.dossiers.known(dossiers)
        self.dossiers.keep(
            {
                contact: max(held.get(contact, each), each, key=lambda one: one.version)
                for contact, each in dossiers.items()
            }
        )

    def clear(self) -> None:
        self.refs.clear()
        self.dossiers.clear()
        self.age += 1
