"""What a process keeps between batches, so that the store is written and hardly read."""

import itertools
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from bowchat_contracts.ids import ContactId, ConversationId, Ref
from bowchat_router.contacts import KnownRef
from bowchat_router.domain import Conversation

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
    """What is kept between batches. Both handlers of a process share one: each sees what the other has saved."""

    def __init__(self) -> None:
        self.refs: Recent[Ref, KnownRef] = Recent()
        self.conversations: Recent[ContactId, tuple[Conversation, ...]] = Recent()

    def take(self, conversations: Mapping[ContactId, tuple[Conversation, ...]], *, add: bool) -> None:
        """Each conversation in its latest version. Contacts that are not held yet are added only if `add` says so:
        what was read while the other handler saved may lack a conversation.
        """
        held = self.conversations.known(conversations)
        self.conversations.keep(
            {
                contact: _latest(held.get(contact, ()), each)
                for contact, each in conversations.items()
                if add or contact in held
            }
        )

    def clear(self) -> None:
        self.refs.clear()
        self.conversations.clear()


def _latest(*views: Sequence[Conversation]) -> tuple[Conversation, ...]:
    latest: dict[ConversationId, Conversation] = {}
    for each in itertools.chain(*views):
        known = latest.get(each.conversation_id)
        if known is None or known.version < each.version:
            latest[each.conversation_id] = each
    return tuple(latest.values())
