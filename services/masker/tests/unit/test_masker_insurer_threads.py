"""An insurer that answers from its phone: every reply reaches the one it is for, or the insurer is asked."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity
from bowchat_contracts.insurer import InsurerMessage, ReplyRefused
from bowchat_contracts.insurer_phone import (
    InsurerThreadAsked,
    ReplyUnaddressed,
    ThreadShown,
    tags_in,
    tags_of,
)
from bowchat_contracts.pii import MessageText
from bowchat_contracts.replies import ReplyDecided, ReplyReceived
from bowchat_contracts.topics import REPLIES_ADDRESSED, REPLIES_UNADDRESSED, THREADS_SHOWN
from bowchat_masker.handlers.erasure import Kept
from bowchat_masker.handlers.insurer_threads import InsurerThreads
from bowchat_masker.handlers.media import Files
from bowchat_masker.handlers.threads_shown import ThreadsShown
from bowchat_masker.phone_store import MemoryPhones
from bowchat_masker.quarantine_memory import MemoryQuarantine
from bowchat_masker.reveal_memory import MemoryReveals
from bowchat_masker.thread_ticker import ThreadTicker
from bowchat_runtime.files import MemoryFiles
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import MemoryPublisher, record, run_batch

INSURER = "acme"


@dataclass
class Shown:
    """A thread as the insurer's phone has it."""

    person: str
    number: str
    thread_id: str
    alias: str
    tag: str
    quotes: list[str] = field(default_factory=list)
    conversation: str = ""


class Phone:
    """One insurer's phone and the masker behind it."""

    def __init__(self, world: Any, now: Any) -> None:
        self.world, self.now, self.phones = world, now, MemoryPhones()
        self.threads: dict[str, Shown] = {}
        self.count = 0
        self.told: list[Outgoing] = []
        """Everything that the masker published."""
        self.publisher = MemoryPublisher()

    def handler(self) -> InsurerThreads:
        return InsurerThreads(self.world.store, self.phones, self.world.opener, self.world.mint)

    def ticker(self) -> ThreadTicker:
        stores = Kept(
            self.world.store, MemoryQuarantine(), MemoryReveals(), Files(MemoryFiles(), MemoryFiles()), self.phones
        )  # fmt: skip
        return ThreadTicker(
            stores, self.publisher, self.world.opener, self.world.mint, clock=lambda: self.now
        )

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)

    async def hears(self, person: str, *, seq: int = 1, shown: bool = True) -> Shown:
        """A policyholder writes; the phone shows it, unless that is not known here yet."""
        self.count += 1
        index = int(person.removeprefix("p"))
        number = f"447700900{index:03d}"
        identity = Identity(number=number, bsuid=f"GB.2{index:018d}", name=f"Casey Crowd{index}")
        one = self.world.message(
            f"Question of mine, number {'abcdefghij'[seq % 10]}", name=f"m{self.count}", seq=seq, identity=identity,
            contact=person, conversation=person, sent_at=self.now, received_at=self.now,
        )  # fmt: skip
        told = await self.world.takes(one, now=self.now)
        (event,) = [each.event for each in told if isinstance(each.event, InsurerMessage)]
        known = self.threads.setdefault(
            person,
            Shown(person, number, event.thread_id, event.alias, next(tags_of(event.thread_id)), [], person),
        )
        if shown:
            await self.shows(known)
        return known

    async def shows(self, thread: Shown) -> None:
        """The dispatcher tells what it has sent to the phone."""
        self.count += 1
        ref = derived_id("pr", f"send {self.count}")
        thread.quotes.append(ref)
        event = ThreadShown(
            delivery_id=derived_id("dl", str(self.count)), insurer=INSURER, thread_id=thread.thread_id,
            alias=thread.alias, tag=thread.tag, policy_type="motor", provider_ref=ref, at=self.now,
        )  # fmt: skip
        one = record(event, topic=THREADS_SHOWN, key=INSURER, offset=self.count)
        await run_batch(ThreadsShown(self.phones), [one], self.now)

    def written(self, text: str = "", *, kind: str = "text", **more: Any) -> Record:
        self.count += 1
        tags, rest = tags_in(text)
        values: dict[str, Any] = {
            "reply_key": derived_id("rp", f"w{self.count}"),
            "insurer": INSURER,
            "reply_id": derived_id("rw", f"w{self.count}"),
            "provider_ref": derived_id("pr", f"own {self.count}"),
            "kind": kind,
            "text": MessageText(rest),
            "tags": tags,
            "sent_at": self.now,
            "received_at": self.now,
        }
        event = ReplyUnaddressed(**(values | more))
        return record(event, topic=REPLIES_UNADDRESSED, key=event.insurer, offset=self.count)

    async def takes(self, *records: Record) -> list[Any]:
        """What the masker says of these, after which it is started anew. Replies that are addressed go on."""
        return await self.goes_on(await run_batch(self.handler(), records, self.now))

    async def goes_on(self, told: list[Outgoing]) -> list[Any]:
        self.told += told
        for each in [one for one in told if isinstance(one.event, ReplyReceived)]:
            assert (each.topic, each.key) == (REPLIES_ADDRESSED, each.event.alias)  # type: ignore[attr-defined]
            self.told += await self.world.answers(
                self.world.record(each.event, REPLIES_ADDRESSED), now=self.now
            )
        return [each.event for each in told]

    async def writes(self, text: str = "", **more: Any) -> list[Any]:
        self.passes(seconds=5)
        return await self.takes(self.written(text, **more))

    async def taps(self, question: InsurerThreadAsked, thread: Shown) -> list[Any]:
        (option,) = [each.option_id for each in question.options if each.thread_id == thread.thread_id]
        return await self.writes(kind="tap", option_id=option)

    def sent(self) -> list[tuple[str, str]]:
        """Number and text of all that goes to policyholders, in order."""
        found = []
        for event in (each.event for each in self.told):
            if isinstance(event, DeliveryRequested):
                plain = self.world.opener.open(event.sealed_recipient, f"delivery:{event.delivery_id}")
                number = Identity.model_validate_json(plain).number or ""
                found.append((number, event.text.reveal()))
        return found

    def refused(self) -> list[str]:
        return [each.event.reason for each in self.told if isinstance(each.event, ReplyRefused)]


@pytest.fixture
def phone(world: Any, now: Any) -> Phone:
    return Phone(world, now)


def the_question(events: list[Any]) -> InsurerThreadAsked:
    (question,) = [each for each in events if isinstance(each, InsurerThreadAsked)]
    return question


async def two(phone: Phone) -> tuple[Shown, Shown]:
    return await phone.hears("p1"), await phone.hears("p2")


async def test_the_only_thread_needs_no_naming(phone: Phone) -> None:
    """With one thread there is nobody else whom a reply could be for."""
    only = await phone.hears("p1")
    await phone.writes("We cover that.")
    assert phone.sent() == [(only.number, "We cover that.")]


async def test_two_threads_and_no_name_is_asked_and_held(phone: Phone) -> None:
    """Nobody is guessed: nothing is sent, and the insurer is offered both, the newest first."""
    first, second = await two(phone)
    phone.passes(minutes=3)
    await phone.shows(second)
    question = the_question(await phone.writes("We cover that."))
    assert [each.thread_id for each in question.options] == [second.thread_id, first.thread_id]
    assert [each.minutes_ago for each in question.options] == [0, 3]
    assert phone.sent() == []
    await phone.taps(question, first)
    assert phone.sent() == [(first.number, "We cover that.")]


@pytest.mark.parametrize("which", [0, 1])
async def test_a_quote_names_its_thread(phone: Phone, which: int) -> None:
    """Whichever message of a thread is quoted, an old one as well."""
    threads = await two(phone)
    await phone.shows(threads[which])
    for quote in list(threads[which].quotes):
        await phone.writes("Yes.", quoted=quote)
    assert phone.sent() == [(threads[which].number, "Yes.")] * 2


@pytest.mark.parametrize("which", [0, 1])
async def test_a_tag_names_its_thread_and_is_taken_out(phone: Phone, which: int) -> None:
    """In any case of letters; the policyholder does not see it."""
    threads = await two(phone)
    await phone.writes(f"#{threads[which].tag.lower()} Yes, that is covered.")
    assert phone.sent() == [(threads[which].number, "Yes, that is covered.")]


async def test_an_insurer_may_quote_itself(phone: Phone) -> None:
    """Its own earlier reply is of a thread, too."""
    first, _ = await two(phone)
    own = phone.written("Yes.", quoted=first.quotes[0])
    await phone.takes(own)
    await phone.writes("And tomorrow as well.", quoted=own.event.provider_ref)
    assert [each for each, _ in phone.sent()] == [first.number] * 2


@pytest.mark.parametrize("known", ["quote", "tag"])
async def test_what_contradicts_itself_is_asked(phone: Phone, known: str) -> None:
    """A quote of one thread and the tag of another, or two tags: only these two are offered."""
    first, second = await two(phone)
    await phone.hears("p3")
    text = f"#{second.tag} Yes." if known == "quote" else f"#{first.tag} #{second.tag} Yes."
    quoted = first.quotes[0] if known == "quote" else None
    question = the_question(await phone.writes(text, quoted=quoted))
    assert {each.thread_id for each in question.options} == {first.thread_id, second.thread_id}
    assert phone.sent() == []


async def test_a_quote_or_tag_that_is_not_known_is_asked(phone: Phone) -> None:
    """Even with one thread alone: it might be meant for one that is not here."""
    only = await phone.hears("p1")
    stranger = next(tags_of(derived_id("th", "elsewhere")))
    assert the_question(await phone.writes("Yes.", quoted=derived_id("pr", "elsewhere")))
    await phone.writes(f"#{only.tag}")
    assert the_question(await phone.writes(f"#{stranger} No.", quoted=only.quotes[0]))
    assert phone.sent() == [(only.number, "Yes.")]


async def test_another_insurers_quote_and_tag_name_nothing(phone: Phone) -> None:
    """Whoever gets hold of another insurer's tag reaches nobody by it."""
    theirs = await phone.hears("p1")
    for more in ({"quoted": theirs.quotes[0]}, {"tags": (theirs.tag,)}):
        events = await phone.takes(phone.written("Hello.", insurer="other", **more))
        assert [each.reason for each in events if isinstance(each, ReplyRefused)] == ["no_open_thread"]
    assert phone.sent() == []


async def test_a_thread_that_the_phone_may_show_already_counts(phone: Phone) -> None:
    """A second thread whose showing is not known here yet is a candidate: it is kept before the insurer can see it."""
    await phone.hears("p1")
    await phone.hears("p2", shown=False)
    assert len(the_question(await phone.writes("Yes.")).options) == 2
    assert phone.sent() == []


async def test_a_thread_just_closed_may_still_be_meant(phone: Phone) -> None:
    """For a day; then the other is the only one."""
    first, second = await two(phone)
    await phone.world.follows(_closed(phone, second))
    assert the_question(await phone.writes("Yes."))
    phone.passes(minutes=16)
    await phone.ticker().tick()
    phone.passes(hours=25)
    await phone.writes("Now?")
    assert phone.sent() == [(first.number, "Now?")]


async def test_what_was_written_long_ago_is_judged_by_then(phone: Phone) -> None:
    """A webhook that comes days late was written when the other thread was open."""
    _, second = await two(phone)
    written = phone.now
    await phone.world.follows(_closed(phone, second))
    phone.passes(days=3)
    assert the_question(await phone.takes(phone.written("Yes.", sent_at=written)))


async def test_somebody_who_was_erased_may_be_meant(phone: Phone) -> None:
    """The last thread left is not taken for the one that has just gone."""
    _, second = await two(phone)
    contact = derived_id("ct", second.person)
    from bowchat_masker.model import Erased

    gone = Erased(contact, "cm", "p", phone.now, ((INSURER, second.alias),), ())
    await phone.world.store.erase(gone)
    assert len(the_question(await phone.writes("Yes.")).options) == 1


async def test_what_waits_is_asked_about_one_by_one_and_goes_in_order(phone: Phone) -> None:
    """Each reply has a question of its own, and the next comes with the answer to the last."""
    first, second = await two(phone)
    question = the_question(await phone.writes("One."))
    assert await phone.writes("Two.") == []
    following = the_question(await phone.taps(question, first))
    await phone.taps(following, second)
    assert phone.sent() == [(first.number, "One."), (second.number, "Two.")]


async def test_a_bare_tag_answers_the_question(phone: Phone) -> None:
    """Where one reply waits. Where two do, it might be the other's."""
    first, _ = await two(phone)
    await phone.writes("One.")
    await phone.writes(f"#{first.tag}")
    assert phone.sent() == [(first.number, "One.")]
    await phone.writes("Two.")
    await phone.writes("Three.")
    await phone.writes(f"#{first.tag}")
    assert phone.refused() == ["text_empty"]
    assert len(phone.sent()) == 1


async def test_an_option_is_good_once_and_for_its_own_question(phone: Phone) -> None:
    """Tapped again, or tapped after the next question came, it sends nothing, and the insurer is told."""
    first, second = await two(phone)
    question = the_question(await phone.writes("One."))
    await phone.writes("Two.")
    await phone.taps(question, first)
    await phone.taps(question, second)
    await phone.writes(kind="tap", option_id="op_" + "a" * 32)
    assert phone.refused() == ["question_over"] * 2
    assert phone.sent() == [(first.number, "One.")]


async def test_nobody_answers(phone: Phone) -> None:
    """After a quarter of an hour the reply is refused, and the insurer is told; a late tap changes nothing."""
    first, _ = await two(phone)
    question = the_question(await phone.writes("One."))
    phone.passes(minutes=14)
    assert await phone.ticker().tick() == 0
    phone.passes(minutes=2)
    assert await phone.ticker().tick() == 1
    kinds = [type(each.event) for each in phone.publisher.sent]
    assert kinds == [ReplyRefused, ReplyDecided]
    assert phone.publisher.sent[0].event.reason == "thread_not_said"  # type: ignore[attr-defined]
    await phone.taps(question, first)
    assert (phone.sent(), phone.refused()) == ([], ["question_over"])
    assert await phone.ticker().tick() == 0


async def test_the_end_is_told_again_after_a_crash(phone: Phone) -> None:
    """What was claimed and not told is told, in the same bytes; and it cannot be answered meanwhile."""
    first, _ = await two(phone)
    question = the_question(await phone.writes("One."))
    phone.passes(minutes=16)
    phone.publisher.fail_next(1)
    with pytest.raises(Exception, match="broker"):
        await phone.ticker().tick()
    await phone.taps(question, first)
    await phone.ticker().tick()
    assert phone.sent() == []
    assert [type(each.event) for each in phone.publisher.sent] == [ReplyRefused, ReplyDecided]


async def test_what_came_late_behind_an_unanswered_question_is_asked_about(phone: Phone) -> None:
    """Who wrote a minute ago is there to answer."""
    first, _ = await two(phone)
    await phone.writes("One.")
    phone.passes(minutes=14)
    await phone.writes("Two.")
    phone.passes(minutes=2)
    await phone.ticker().tick()
    question = the_question([each.event for each in phone.publisher.sent])
    await phone.taps(question, first)
    assert phone.sent() == [(first.number, "Two.")]


async def test_only_texts_are_carried(phone: Phone) -> None:
    """Anything else is answered with a notice; an empty text too."""
    await phone.hears("p1")
    await phone.writes(kind="other")
    await phone.writes("  ")
    assert (phone.refused(), phone.sent()) == (["kind_not_carried", "text_empty"], [])


async def test_the_usual_checks_apply(phone: Phone) -> None:
    """From its thread on a reply is like every other: a closed conversation refuses it, contact details are taken out, a
    command is none for the policyholder.
    """
    first, second = await two(phone)
    await phone.world.follows(_closed(phone, second))
    await phone.writes("Yes.", quoted=second.quotes[0])
    assert phone.refused() == ["conversation_closed"]
    await phone.writes(f"#{first.tag} Write to claims@acme.example")
    assert phone.sent() == [(first.number, "Write to [e-mail address removed]")]
    await phone.writes(f"#{first.tag} /resolve")
    assert len(phone.sent()) == 1


async def test_read_again_it_says_the_same(phone: Phone) -> None:
    """After a crash between writing and publishing, each record gives the same bytes; a webhook sent twice has no effect."""
    first, _ = await two(phone)
    asked = phone.written("One.")
    before = await run_batch(phone.handler(), [asked], phone.now)
    question = the_question([each.event for each in before])
    (option,) = [each.option_id for each in question.options if each.thread_id == first.thread_id]
    behind = phone.written("Two.")
    tap = phone.written(kind="tap", option_id=option)
    assert await run_batch(phone.handler(), [behind], phone.now) == []
    after = await run_batch(phone.handler(), [tap], phone.now)
    assert [type(each.event) for each in after] == [ReplyReceived, ReplyDecided, InsurerThreadAsked]
    phone.passes(minutes=1)
    for records, said in (([asked], before), ([tap], after), ([asked, behind, tap], [*before, *after])):
        again = await run_batch(phone.handler(), records, phone.now)
        assert [(each.meta, each.body) for each in again] == [(each.meta, each.body) for each in said]
    repeated = record(asked.event, topic=asked.topic, key=asked.key, offset=9_999)
    assert await run_batch(phone.handler(), [repeated], phone.now) == []


async def test_one_batch_says_the_same_as_many(phone: Phone) -> None:
    """A question and its answer may stand in one batch."""
    first, _ = await two(phone)
    asked = phone.written("One.")
    option = phone.world.mint.option_id(asked.event.reply_key, first.thread_id)
    events = await phone.takes(asked, phone.written("Two."), phone.written(f"#{first.tag} Three."))
    assert [type(each) for each in events] == [InsurerThreadAsked, ReplyReceived]
    await phone.writes(kind="tap", option_id=option)
    assert [text for _, text in phone.sent()] == ["Three.", "One."]


async def test_erasing_a_person_forgets_what_their_insurers_phone_showed(phone: Phone) -> None:
    """Quotes, tags and replies of theirs go; a quote of them names nobody."""
    first, second = await two(phone)
    await phone.phones.erase([second.alias])
    assert the_question(await phone.writes("Yes.", quoted=second.quotes[0]))
    await phone.writes("Yes.", quoted=first.quotes[0])
    assert phone.sent() == [(first.number, "Yes.")]


def _closed(phone: Phone, thread: Shown) -> Record:
    one: Record = phone.world.changed("closed", 9, thread.conversation)
    event = one.event.model_copy(update={"at": phone.now})
    return record(event, topic=one.topic, offset=one.offset)


WAYS = ("quote",) * 9 + ("tag",) * 5 + ("nothing",) * 4 + ("mistyped", "both_wrong")


@pytest.mark.parametrize("seed", range(6))
async def test_no_reply_of_the_corpus_reaches_another_person(phone: Phone, seed: int) -> None:
    """Seventy replies to two to six open threads, in six runs: quoted, tagged, bare, mistyped, contradictory, with messages
    coming in and threads closing in between. Every reply reaches the person it was written for or is refused aloud, each
    exactly once; and those that name a thread are not asked about.
    """
    dice = random.Random(seed)
    people = [f"p{index}" for index in range(1, 3 + seed % 5)]
    for person in people:
        await phone.hears(person)
    meant: dict[str, str] = {}
    ways: Counter[str] = Counter()
    asked = 0
    for index in range(70):
        if dice.random() < 0.3:
            await phone.hears(dice.choice(people), seq=index + 2)
        thread = phone.threads[dice.choice(people)]
        other = phone.threads[dice.choice([each for each in people if each != thread.person])]
        text, way = f"Reply {'abcdefghij'[index // 10]}{'abcdefghij'[index % 10]}.", dice.choice(WAYS)
        meant[text] = thread.number
        ways[way] += 1
        events = await phone.writes(*_as(way, text, thread), **_with(way, thread, other, dice))
        while questions := [each for each in events if isinstance(each, InsurerThreadAsked)]:
            asked += 1
            assert way in ("nothing", "mistyped", "both_wrong")
            if dice.random() < 0.1:
                phone.passes(minutes=16)
                await phone.ticker().tick()
                break
            events = await phone.taps(questions[0], thread)
    sent = phone.sent()
    assert [(meant[text], text) for _, text in sent] == sent
    expired = [each for each in phone.publisher.sent if isinstance(each.event, ReplyRefused)]
    assert len(sent) + len(expired) == len(meant) == 70
    assert len({text for _, text in sent}) == len(sent)
    print(f"{len(people)} threads: {asked} of 70 asked, {len(expired)} expired, {dict(ways)}")  # noqa: T201


def _as(way: str, text: str, thread: Shown) -> tuple[str]:
    if way in ("tag", "both_wrong"):
        return (f"#{thread.tag} {text}",)
    return (text,)


def _with(way: str, thread: Shown, other: Shown, dice: random.Random) -> dict[str, Any]:
    if way == "quote":
        return {"quoted": dice.choice(thread.quotes)}
    if way == "both_wrong":
        return {"quoted": dice.choice(other.quotes)}
    if way == "mistyped":
        return {"tags": (next(tags_of(derived_id("th", f"nobody's {dice.random()}"))),)}
    return {}
