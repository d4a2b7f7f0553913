"""One policyholder's days: the threads interleaved by time, the router in between, insurers and people who answer."""

import heapq
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from bowchat_contracts.commands import Author, CommandRequested, SlashCommand
from bowchat_contracts.content import ChoiceContent, Content, MediaContent, ReactionContent, TextContent
from bowchat_contracts.deliveries import DeliveryUpdated
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import InboundReceived, MessageRouted
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import PromptAnswered, PromptRequested
from bowchat_contracts.replies import ReplyDecided
from bowchat_contracts.topics import COMMANDS_REQUESTED, DELIVERIES_UPDATED, INBOUND_RECEIVED, REPLIES_DECIDED
from bowchat_router.testing import Worker
from bowchat_runtime.records import Outgoing
from bowchat_runtime.testing import record, run_batch
from bowchat_testkit.bench_routing.threads import habits
from bowchat_testkit.bench_routing.threads.scripts import Beat, Script
from bowchat_testkit.bench_routing.threads.thread import START, Thread, Written
from bowchat_testkit.bench_routing.threads.world import Person

_GREETINGS = ("Hi", "Hello", "hello, good morning", "hola", "Namaste")
_PEOPLE = Author(role="aggregator", name="meera")
_TRIES = 60
_PEOPLE_TAKE = timedelta(minutes=4)


class Play:
    """Everything that one policyholder goes through."""

    def __init__(self, person: Person, worker: Worker, seed: int) -> None:
        self._rng = random.Random(f"{seed}/{person.name}")
        self._person, self._worker = person, worker
        self._threads = [
            Thread(number, each, self._beats(each.script)) for number, each in enumerate(person.matters)
        ]
        self._queue: list[tuple[datetime, int, Callable[[], Awaitable[None]]]] = []
        self._turn = 0
        self._now = START
        self._contact = ""
        self._latest: Thread | None = None
        self._latest_at = START
        self._spoken: set[int] = set()
        """The threads whose insurers have spoken since the policyholder last wrote."""
        self._question: PromptRequested | None = None
        self._will_tap = False
        self._left: dict[str, set[str]] = {}
        """The insurers that the messages are for which people have to place, by conversation."""
        self._waiting: list[str] = []
        self.written: dict[str, Written] = {}
        self.questions = 0

    async def run(self) -> None:
        begins = timedelta()
        for thread in self._threads:
            self._at(begins, self._writes(thread))
            begins += timedelta(
                minutes=self._rng.choice((self._rng.uniform(1, 45), self._rng.uniform(60, 900)))
            )
        while self._queue:
            at, _, act = heapq.heappop(self._queue)
            self._now = max(self._now, at)  # a burst may have lasted longer
            await self._took(await self._worker.tick(self._now))
            await act()
        for _ in range(2):  # a greeting at the end is asked about first, and then left to people
            self._now += timedelta(hours=1)
            await self._took(await self._worker.tick(self._now))

    def _beats(self, script: Script) -> list[Beat]:
        kept = (each for each in script.beats if each.insurer is not None or habits.chases(self._rng))
        return [Beat(None, marked=script.opener), *kept]

    def _at(self, later: timedelta, act: Callable[[], Awaitable[None]]) -> None:
        self._turn += 1
        heapq.heappush(self._queue, (self._now + later, self._turn, act))

    # What the policyholder does.

    def _writes(self, thread: Thread) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            if self._taps_first(thread):
                self._at(timedelta(minutes=1), act)
                return
            beat = thread.beats.pop(0)
            if beat.media:
                await self._sends_pictures(thread, beat.media)
            else:
                await self._says(thread, beat)

        return act

    def _taps_first(self, thread: Thread) -> bool:
        """Who means to answer a question does so before they write about something else."""
        return self._will_tap and any(self.written[each].thread != thread.number for each in self._waiting)

    async def _says(self, thread: Thread, beat: Beat) -> None:
        opening = thread.conversation is None and not beat.bare
        thanks = beat.insurer is not None and (not thread.beats or thread.beats[0].insurer is None)
        if opening and habits.splits(self._rng):
            await self._sends(thread, TextContent(text=MessageText(self._rng.choice(_GREETINGS))), "greeting")
            self._now += timedelta(seconds=self._rng.uniform(3, 20))
        how = "opener" if opening else habits.way(self._rng, self._seen(thread))
        if thanks and thread.ours and habits.reacts(self._rng):
            await self._sends(thread, ReactionContent(emoji="👍"), "reaction", reply_to=thread.ours)
        else:
            number = thread.matter.policy.number
            if opening:
                text = self._rng.choice(beat.marked)
                text += f" Policy number {number}" if self._rng.random() < 0.15 else ""
            else:
                text = habits.worded(self._rng, beat, how, number)  # type: ignore[arg-type]
            quoting = thread.ours if how == "quote" else None
            await self._sends(thread, TextContent(text=MessageText(text)), how, reply_to=quoting)
        self._continues(thread)

    async def _sends_pictures(self, thread: Thread, many: int) -> None:
        """Nothing is written under them, so who has to choose quotes, or says it first."""
        seen = self._seen(thread)
        how = habits.way(self._rng, seen)
        quoting = thread.ours if how == "quote" else None
        if how in ("marked", "number") and not seen.natural:
            kind = thread.matter.script.policy_type.replace("_", " ")
            text = f"for the {kind} policy {thread.matter.policy.number if how == 'number' else ''}".strip()
            await self._sends(thread, TextContent(text=MessageText(text)), how)
            self._now += timedelta(seconds=5)
        for number in range(many):
            picture = MediaContent(media_type="image", mime="image/jpeg", sealed_media="sealed")
            await self._sends(thread, picture, "media", reply_to=None if number else quoting)
            self._now += timedelta(seconds=self._rng.uniform(2, 12))
        self._continues(thread)

    def _seen(self, thread: Thread) -> habits.Situation:
        others = self._spoken - {thread.number}
        cold = self._now - self._latest_at > habits.COLD
        return habits.Situation(
            natural=self._latest is thread and not others,
            cold=cold,
            unsure=(thread.number in self._spoken and bool(others)) or cold,
            quotable=thread.ours is not None,
        )

    async def _sends(
        self, thread: Thread, content: Content, how: str, *, reply_to: str | None = None
    ) -> None:
        name = f"{self._person.name}/{len(self.written)}"
        message = derived_id("ms", name)
        text = content.text.reveal() if isinstance(content, TextContent) else content.kind
        self.written[message] = Written(thread.number, text, how)
        self._latest, self._latest_at = thread, self._now
        self._spoken.clear()
        thread.last_said = self._now
        self._waiting.append(message)
        await self._received(message, content, reply_to)

    async def _received(self, message: str, content: Content, reply_to: str | None = None) -> None:
        event = InboundReceived(
            message_id=message,
            refs=(self._person.ref,),
            sealed_identity="sealed",
            channel="whatsapp_cloud",
            business_number_id="100000000000001",
            content=content,
            provider_ref=derived_id("pr", message),
            reply_to=reply_to,
            sent_at=self._now.replace(microsecond=0),
            received_at=self._now,
        )
        self._turn += 1
        given = record(event, topic=INBOUND_RECEIVED, key=event.refs[0], offset=self._turn)
        await self._took(await self._worker.messages(given, now=self._now))

    def _taps(self, prompt: PromptRequested) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            if self._question is not prompt or not self._waiting:
                return
            meant = self._threads[self.written[self._waiting[0]].thread]
            option = next(
                (each for each in prompt.options if _is_of(each.description, each.title, meant)),
                prompt.options[-1],
            )
            tap = ChoiceContent(
                choice="list_reply", choice_id=MessageText(option.option_id), title=option.title
            )
            self._turn += 1
            await self._received(derived_id("ms", f"{self._person.name}/tap/{self._turn}"), tap)

        return act

    # What insurers and people do.

    def _continues(self, thread: Thread) -> None:
        if not thread.beats:
            return
        if thread.beats[0].insurer is None:
            self._at(habits.is_silent(self._rng), self._writes(thread))
        else:
            self._at(habits.works(self._rng), self._replies(thread, _TRIES))

    def _replies(self, thread: Thread, tries: int) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            if thread.conversation is None or self._waiting:
                if tries:
                    self._at(timedelta(minutes=3), self._replies(thread, tries - 1))
                return
            await self._replied(thread, thread.conversation)
            self._at(habits.thinks(self._rng), self._writes(thread))

        return act

    async def _replied(self, thread: Thread, conversation: str) -> None:
        self._turn += 1
        name = f"{self._person.name}/{self._turn}"
        reply = ReplyDecided(
            reply_key=derived_id("rp", name),
            insurer=thread.insurer,
            outcome="accepted",
            conversation_id=conversation,
            contact_id=self._contact,
            received_at=self._now,
            decided_at=self._now,
        )
        given = record(reply, topic=REPLIES_DECIDED, key=conversation, offset=self._turn)
        await self._took(await self._worker.answers(given, now=self._now))
        thread.ours = derived_id("pr", name)
        sent = DeliveryUpdated(
            delivery_id=derived_id("dl", name),
            recipient="policyholder",
            insurer=thread.insurer,
            subject_id="x",
            conversation_id=conversation,
            state="accepted",
            attempt=1,
            provider_ref=thread.ours,
            at=self._now,
        )
        await run_batch(self._worker.quotes, [record(sent, topic=DELIVERIES_UPDATED)], self._now)
        self._latest, self._latest_at = thread, self._now
        self._spoken.add(thread.number)

    def _assigns(self, conversation: str, insurer: str) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            if self._left[conversation] != {insurer}:
                return  # about several matters: people answer it themselves
            agreement = self._worker.registries.current.agreements[insurer]
            self._turn += 1
            event = CommandRequested(
                command_id=derived_id("cm", f"{self._person.name}/{self._turn}"),
                by=_PEOPLE,
                command=SlashCommand(
                    conversation_id=conversation,
                    contact_id=self._contact,
                    text=MessageText(f"/assign {insurer} {agreement.default_desk}"),
                ),
                requested_at=self._now,
            )
            given = record(event, topic=COMMANDS_REQUESTED, key=conversation, offset=self._turn)
            await self._took(await self._worker.commanded(given, now=self._now))

        return act

    # What comes out.

    async def _took(self, outgoing: Sequence[Outgoing]) -> None:
        for each in outgoing:
            match each.event:
                case MessageRouted() as routed:
                    self._placed(routed)
                case PromptRequested(kind="which_matter") as prompt:
                    self._was_asked(prompt)
                case PromptAnswered():
                    self._question, self._will_tap = None, False
        if self._question is not None:
            for message in self._waiting:
                self.written[message].asked = True

    def _was_asked(self, prompt: PromptRequested) -> None:
        self._question = prompt
        self.questions += 1
        later = habits.taps_after(self._rng)
        self._will_tap = later is not None
        if later is not None:
            self._at(later, self._taps(prompt))

    def _placed(self, routed: MessageRouted) -> None:
        self._contact = routed.contact_id
        message = self.written.get(routed.message_id)
        if message is None:
            return
        if routed.message_id in self._waiting:
            self._waiting.remove(routed.message_id)
        message.rule = routed.rule
        thread = self._threads[message.thread]
        if routed.outcome == "triage":
            message.triage = True
            self._left.setdefault(routed.conversation_id, set()).add(thread.insurer)
            self._at(_PEOPLE_TAKE, self._assigns(routed.conversation_id, thread.insurer))
        elif routed.outcome == "routed" and routed.insurer:
            message.insurers.append(routed.insurer)
            if routed.insurer == thread.insurer:
                thread.conversation = routed.conversation_id


def _is_of(description: MessageText | None, title: MessageText, thread: Thread) -> bool:
    """Whether an option is the thread's: people know their policy's number, or else the insurer by its name."""
    if description is not None:
        return description.reveal() == thread.matter.policy.number
    name = thread.insurer.split("-")[0]
    return name in title.reveal().casefold()
