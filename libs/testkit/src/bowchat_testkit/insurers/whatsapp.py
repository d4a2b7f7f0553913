"""An insurer on WhatsApp: a phone in the simulated Cloud API that reads what it is sent, quotes, tags and taps."""

import re

from bowchat_contracts.insurer_phone import tags_in
from bowchat_testkit.whatsapp import ListRow, Played, ReceivedMessage
from bowchat_testkit.whatsapp.cloud_api import CloudApi
from bowchat_testkit.whatsapp_payloads import Policyholder

_HEADING = re.compile(r"\*#([A-P]{5,7})\*")


class WhatsAppInsurer:
    """The insurer's phone.

    Args:
        api: The simulator that both sides write through.
        number: In E.164, without the plus sign.
    """

    def __init__(self, api: CloudApi, number: str) -> None:
        self._api, self.number = api, number
        self._phone = Policyholder(number=number)

    def inbox(self) -> list[ReceivedMessage]:
        """Everything that the phone shows, in order."""
        return self._api.inbox(self.number)

    def threads(self) -> dict[str, list[ReceivedMessage]]:
        """What it shows of each thread, by tag."""
        found: dict[str, list[ReceivedMessage]] = {}
        for each in self.inbox():
            if (heading := _HEADING.match(each.text)) is not None:
                found.setdefault(heading[1], []).append(each)
        return found

    def tag_of(self, words: str) -> str:
        """The tag of the thread in which these words were shown. Errors: `LookupError`."""
        for tag, shown in self.threads().items():
            if any(words in each.text for each in shown):
                return tag
        raise LookupError("no thread shows these words")

    def questions(self) -> list[ReceivedMessage]:
        """The lists that it was sent to choose from."""
        return [each for each in self.inbox() if each.rows]

    async def writes(self, text: str, *, quoting: ReceivedMessage | None = None) -> Played:
        """Write, perhaps as an answer to a message that the phone shows."""
        context = {"id": quoting.wamid, "from": "15550100001"} if quoting else None
        return await self._api.play(self._phone, text, context=context)

    async def taps(self, question: ReceivedMessage, tag: str) -> Played:
        """Choose the row of this tag. Errors: `LookupError`."""
        return await self._api.tap(self._phone, row_of(question, tag))


def row_of(question: ReceivedMessage, tag: str) -> ListRow:
    """The row of a list that stands for a tag. Errors: `LookupError`."""
    for row in question.rows:
        if tags_in(row.title)[0] == (tag,):
            return row
    raise LookupError("the list has no row of this tag")
