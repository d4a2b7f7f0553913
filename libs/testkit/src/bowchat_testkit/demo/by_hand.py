"""After the story: the addresses to try by hand, and a look at whatever is tried."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from itertools import count

from bowchat_contracts.topics import SERVICES
from bowchat_testkit.demo import show
from bowchat_testkit.demo.cast import NUMBERS
from bowchat_testkit.demo.journeys import Journey
from bowchat_testkit.demo.screen import Screen
from bowchat_testkit.demo.stage import Stage

_LOOK_S = 0.3
_PATIENCE_S = 8.0
"""A message that nobody answers is shown after so long."""
_State = tuple[object, ...]


def addresses(screen: Screen, stage: Stage) -> None:
    """Lines that work when pasted into another terminal."""
    whatsapp, ingest = stage.whatsapp.url, stage.relay.url("ingest")
    screen.heading("It stays up: try it from another terminal")
    screen.paragraph("Write as a policyholder. What comes of it is shown here:")
    screen.verbatim(
        f"""  curl -s {whatsapp}/_sim/inbound \\
    -d '{{"number": "+44 7700 900199", "text": "My car broke down, ring me on 07700 900199"}}'"""
    )
    screen.paragraph("Give the writer's own name away, and `bowchat-masker held list` has it:")
    screen.verbatim(
        f"""  curl -s {whatsapp}/_sim/inbound \\
    -d '{{"number": "+44 7700 900198", "name": "Zed Quimby", "text": "My car? Ask for Zed Quimby"}}'"""
    )
    screen.paragraph("See what the first one's phone has:")
    screen.verbatim(f"  curl -s '{whatsapp}/_sim/messages?to=447700900199'")
    screen.paragraph("Post a sample's very bytes, signed as WhatsApp signs:")
    screen.verbatim(f"  curl -s {whatsapp}/_sim/webhook --data-binary @samples/cloud/msg_text.json")
    screen.line()
    screen.row("webhook", f"{ingest}/webhooks/whatsapp")
    screen.row("Kafka", stage.relay.bootstrap)
    screen.row("MongoDB", stage.database.uri)
    for name in SERVICES:
        url = stage.relay.url(name)
        screen.row(name, f"{url}/readyz   {url}/metrics")
    screen.row("logs", str(stage.logs))
    screen.row("secrets", f"{stage.relay.secrets.directory}/<service>")
    screen.row(
        "registry",
        f"{stage.relay.registry}  (edit it: it is read again at once, or refused, which the router's readyz tells)",
    )
    screen.line()
    screen.paragraph("Ctrl-C ends everything and leaves nothing behind.", "bold")


class Feed:
    """Which messages are to be shown, and under which number. One that was shown is shown again when it has changed.

    Args:
        played: The messages that the demo has shown itself.
    """

    def __init__(self, played: Iterable[Journey]) -> None:
        self._shown: dict[str, _State] = {}
        self._numbers: dict[str, str] = {}
        for each in played:
            self._shown[each.received.message_id] = each.state
            self._numbers[each.received.message_id] = str(NUMBERS.get(each.wrote, "?"))
        self._next = count(max(NUMBERS.values()) + 1)
        self._since: dict[str, tuple[_State, float]] = {}

    def due(self, found: Iterable[Journey], now: float) -> Iterator[tuple[str, Journey]]:
        """What is new or changed and waits no longer for its next step, or has waited long enough. `now`: in seconds."""
        for journey in found:
            known, state = journey.received.message_id, journey.state
            if self._since.get(known, (None, 0))[0] != state:
                self._since[known] = state, now
            ripe = journey.there_and_back or journey.stuck or now - self._since[known][1] > _PATIENCE_S
            if not ripe or self._shown.get(known) == state:
                continue
            again = known in self._shown
            self._shown[known] = state
            if not again:
                self._numbers[known] = str(next(self._next))
            yield f"{self._numbers[known]}{', changed' if again else ''}", journey


async def watch(screen: Screen, stage: Stage) -> None:
    """Show every further message, and every change of one, for ever."""
    feed = Feed(stage.journeys())
    while True:
        await asyncio.sleep(_LOOK_S)
        for number, journey in feed.due(stage.journeys(), time.monotonic()):
            show.conversation(screen, stage, journey, number=number)
