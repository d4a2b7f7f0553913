"""The conversations, one after the other, as both sides see them; and the reckoning afterwards."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count

from bowchat_testkit.demo import promises, show
from bowchat_testkit.demo.cast import (
    FOLLOW_UP,
    NUMBERS,
    OPENINGS,
    SILENT_TARGET_S,
    UNANSWERED,
    Line,
    webhook_of,
)
from bowchat_testkit.demo.journeys import Journey
from bowchat_testkit.demo.promises import Promise
from bowchat_testkit.demo.screen import Screen
from bowchat_testkit.demo.stage import Stage
from bowchat_testkit.stack_process import StackUnavailableError
from bowchat_testkit.whatsapp_payloads import encode, wamid_for

_ANSWERED_S = 30.0
_QUIET_S = 0.8
_LOOK_S = 0.1
_SETTLED_S = 20.0
_LINES = (UNANSWERED, *OPENINGS, FOLLOW_UP)


class Story:
    """Plays the cast's lines once, on a stage that is ready."""

    def __init__(self, stage: Stage, screen: Screen) -> None:
        self._stage, self._screen = stage, screen
        # The time keeps one run's ids apart from the next one's.
        self._serial = count(time.time_ns())
        self._wamids: list[str] = []

    async def play(self) -> list[Promise]:
        """What was promised, and whether it was kept. Nothing that went wrong raises: it shows in the promises.

        Errors: StackUnavailableError when WhatsApp's webhook is not taken at all.
        """
        await self._write(UNANSWERED)
        for line in OPENINGS:
            await self._write(line)
        for line in OPENINGS:
            await self._there_and_back(line)
            self._show(f"{NUMBERS[line.text]}", line)
        quoted = next((one.wamid for one in self._stage.whatsapp.received), None)
        await self._write(FOLLOW_UP, quoted=quoted)
        await self._there_and_back(FOLLOW_UP)
        self._show(f"{NUMBERS[FOLLOW_UP.text]}, continued", FOLLOW_UP)
        await self._breach()
        return await self._reckon()

    async def _write(self, line: Line, *, quoted: str | None = None) -> None:
        wamid = wamid_for(line.person.number, next(self._serial))
        self._wamids.append(wamid)
        body = encode(webhook_of(line, wamid, datetime.now(UTC), quoted=quoted))
        answer = await self._stage.whatsapp.post(body)
        if answer.status != 200:
            raise StackUnavailableError(
                f"Ingest did not take {line.sample}: {answer.status or 'no answer'} {answer.body}"
            )

    def _journey(self, line: Line) -> Journey | None:
        found = (each for each in self._stage.journeys() if each.wrote == line.text)
        return next(found, None)

    async def _there_and_back(self, line: Line) -> None:
        async def back() -> bool:
            journey = self._journey(line)
            return journey is not None and (journey.there_and_back or journey.stuck)

        await _patiently(back, _ANSWERED_S)

    def _show(self, number: str, line: Line) -> None:
        journey = self._journey(line)
        show.conversation(self._screen, self._stage, journey, number=number, line=line)

    async def _breach(self) -> None:
        async def seen() -> bool:
            journey = self._journey(UNANSWERED)
            return journey is not None and journey.breach is not None

        await _patiently(seen, SILENT_TARGET_S + _ANSWERED_S)
        self._show(f"{NUMBERS[UNANSWERED.text]}", UNANSWERED)

    async def _reckon(self) -> list[Promise]:
        stage, screen = self._stage, self._screen
        entries = await self._settled()
        found = stage.journeys()
        show.hops(screen, stage, found)
        screen.heading("The audit log")
        code, said = await stage.command("audit", "accounts")
        screen.verbatim(said.rstrip())
        whole, verdict = await stage.command("audit", "verify")
        screen.verbatim(verdict.rstrip())
        return [
            promises.right_insurer(_LINES, found),
            promises.in_order(found),
            promises.nothing_told(stage.insurer_records(), stage.by_webhook.calls, self._wamids),
            promises.nothing_logged(stage.logs, self._wamids),
            promises.answered(_LINES, stage.whatsapp.received),
            promises.breached(found),
            promises.audited(entries, len(stage.tape.told)),
            promises.balanced(code),
            promises.verified(whole),
        ]

    async def _settled(self) -> int:
        """Wait until nothing new comes and the audit service has it all; how much it has then."""
        entries, quiet_since, known = 0, time.monotonic(), -1

        async def settled() -> bool:
            nonlocal entries, quiet_since, known
            if known != (known := len(self._stage.tape.told)):
                quiet_since = time.monotonic()
            if time.monotonic() - quiet_since < _QUIET_S:
                return False
            entries = await self._stage.audited()
            return entries == known

        await _patiently(settled, _SETTLED_S)
        return entries


async def _patiently(condition: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Ask now and then, for so long. What has not come by then is shown as missing."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not await condition():  # noqa: ASYNC110 (other processes change it)
                await asyncio.sleep(_LOOK_S)
