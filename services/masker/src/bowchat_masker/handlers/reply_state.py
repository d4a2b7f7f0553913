"""What a batch of replies is decided on, and what it adds up to."""

from dataclasses import dataclass, field, replace

from bowchat_contracts.replies import ReplyReceived
from bowchat_masker.model import AliasRow, Changes, Contact, ConversationRow, ReplyRow, Thread, WindowRow
from bowchat_masker.ways import Way


@dataclass(slots=True)
class ReplyState:
    replies: dict[str, ReplyRow]
    aliases: dict[str, AliasRow]
    threads: dict[str, list[Thread]]
    contacts: dict[str, Contact]
    conversations: dict[str, ConversationRow]
    ways: dict[str, Way]
    windows: dict[str, WindowRow]
    changes: Changes = field(default_factory=Changes)
    tally: list[tuple[str, str, str]] = field(default_factory=list)
    """Reply key, outcome, reason."""
    noticed: list[tuple[str, str, str]] = field(default_factory=list)
    """Insurer, what was found in its reply, what became of the reply."""

    def writer(self, reply: ReplyReceived) -> Contact | None:
        """The policyholder that the reply's alias stands for, where it is this insurer's."""
        alias = self.aliases.get(reply.alias)
        return self.contacts.get(alias.contact_id) if alias and alias.insurer == reply.insurer else None

    def window(self, key: str) -> WindowRow | None:
        """What was written lately, with what this batch has added."""
        return self.changes.windows.get(key) or self.windows.get(key)

    def remember(self, window: WindowRow) -> None:
        """Of all that a batch adds to a window, one write."""
        stored = self.windows.get(window.key)
        self.changes.windows[window.key] = replace(window, version=stored.version + 1 if stored else 1)
