"""After the story: the addresses to try by hand, and a look at whatever is tried."""

import asyncio
import time
from itertools import count

from bowchat_contracts.topics import SERVICES
from bowchat_testkit.demo import show
from bowchat_testkit.demo.cast import OPENINGS
from bowchat_testkit.demo.screen import Screen
from bowchat_testkit.demo.stage import Stage

_LOOK_S = 0.3
_PATIENCE_S = 8.0
"""A message that nobody answers is shown after so long."""


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
    screen.row("registry", f"{stage.relay.registry}  (edit it: it is read again at once)")
    screen.line()
    screen.paragraph("Ctrl-C ends everything and leaves nothing behind.", "bold")


async def watch(screen: Screen, stage: Stage) -> None:
    """Show every further message, for ever, when its answer is there or when it has waited long enough."""
    shown = {each.received.message_id for each in stage.journeys()}
    numbers = count(len(OPENINGS) + 2)  # the openings, and the one that stays unanswered
    first_seen: dict[str, float] = {}
    while True:
        await asyncio.sleep(_LOOK_S)
        for journey in stage.journeys():
            known = journey.received.message_id
            waited = time.monotonic() - first_seen.setdefault(known, time.monotonic())
            if known in shown or not (journey.there_and_back or journey.stuck or waited > _PATIENCE_S):
                continue
            shown.add(known)
            show.conversation(screen, stage, journey, number=str(next(numbers)))
