"""A fetched file in the masker: judged by the agreement, linked, held, released, blocked."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bowchat_contracts.commands import Author, CommandRequested, HeldBlock, HeldRelease, HeldRewrite
from bowchat_contracts.content import MediaContent
from bowchat_contracts.held import HeldChanged
from bowchat_contracts.ids import derived_id
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.media import InsurerMediaUpdate, MediaFetched, MediaRequested
from bowchat_contracts.topics import COMMANDS_REQUESTED, MEDIA_FETCHED
from bowchat_masker.guard import inspect
from bowchat_masker.handlers.held_commands import HeldCommands
from bowchat_masker.handlers.held_media import HeldMedia
from bowchat_masker.handlers.media import Files, MediaMasker
from bowchat_masker.handlers.media_events import MediaTeller
from bowchat_masker.handlers.media_released import MediaReleases
from bowchat_masker.held_cli import said
from bowchat_masker.media.cleaning import clean
from bowchat_masker.media.process import clean_apart
from bowchat_masker.media.results import CleaningResult, Uncleanable
from bowchat_masker.memory import MemoryVault
from bowchat_masker.model import Erased
from bowchat_masker.quarantine_memory import MemoryQuarantine
from bowchat_masking import mask
from bowchat_runtime.files import MemoryFiles
from bowchat_runtime.media_links import KEY_CONTEXT, file_id_of, key_of
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.sealed_files import locked, new_file_key, one_chunk, opened, whole
from bowchat_runtime.testing import record, run_batch
from bowchat_testkit.media import SECRETS, others, pictures
from bowchat_testkit.media.documents import typed

NOW = datetime(2026, 11, 22, 10, 0, 0, 123000, tzinfo=UTC)
LASTS = timedelta(days=7)
PICTURE, TYPED = pictures()["exif.jpg"], typed("The windscreen is broken")


async def cleaned(data: bytes) -> CleaningResult:
    return clean(data)


@dataclass
class Media:
    """The masker's part of a file's way, over the vault of a world."""

    world: Any
    files: Files = field(default_factory=lambda: Files(MemoryFiles(), MemoryFiles()))
    clean: Any = cleaned
    sent: list[Outgoing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.teller = MediaTeller(self.world.mint, inspect, 7)
        self.rulings = MemoryQuarantine()

    async def request(self, **more: Any) -> MediaRequested:
        """What the masker asks for when a picture was sent."""
        content = MediaContent(media_type="image", mime="image/jpeg", sealed_media="sealed")
        sent = await self.world.takes(self.world.message(content, **more))
        (event,) = [each.event for each in sent if isinstance(each.event, MediaRequested)]
        return event

    async def fetched(self, data: bytes | None, failure: Any = None, **policy: Any) -> Record:
        asked = await self.request()
        if data is not None:
            key = new_file_key()
            sealed = self.world.opener.sealer().seal(key, KEY_CONTEXT + asked.media_id)
            about = {"key": sealed, "contact_id": asked.contact_id}
            await self.files.originals.put(asked.media_id, locked(key, one_chunk(data)), about)
        fields = {
            name: getattr(asked, name)
            for name in MediaFetched.model_fields
            if name in MediaRequested.model_fields
        }
        fields["masking"] = MaskingPolicy(regions=("GB",), **policy)
        outcome = "failed" if failure else "stored"
        event = MediaFetched(**fields, outcome=outcome, failure=failure, fetched_at=NOW)
        return record(event, topic=MEDIA_FETCHED)

    async def takes(self, *records: Record) -> list[InsurerMediaUpdate]:
        world = self.world
        masker = MediaMasker(
            world.store, world.vault, world.opener, self.files, self.teller, clean=self.clean, mask=mask
        )
        return self._told(await run_batch(masker, records, NOW))

    async def decided(self, command: Any, name: str = "1") -> list[InsurerMediaUpdate]:
        """What an insurer is told after a person's command."""
        world = self.world
        kind = HeldMedia(world.store, world.vault, world.opener, self.files.cleaned, self.teller)
        handler = HeldCommands(world.store, self.rulings, {"md": kind})
        by = Author(role="aggregator", name="meera")
        event = CommandRequested(command_id=derived_id("cm", name), by=by, command=command, requested_at=NOW)
        told = self._told(await run_batch(handler, [record(event, topic=COMMANDS_REQUESTED)], NOW + LASTS))
        changed = [each for each in self.sent if isinstance(each.event, HeldChanged)]
        followed = [record(each.event, topic=each.topic) for each in changed]
        await run_batch(MediaReleases(self.files.cleaned, self.teller), followed, NOW)
        return told

    async def served(self, update: InsurerMediaUpdate) -> bytes:
        assert update.link is not None
        key = key_of(update.link.rpartition("/")[2])
        return await whole(opened(key, self.files.cleaned.read(file_id_of(key))))

    def _told(self, sent: list[Outgoing]) -> list[InsurerMediaUpdate]:
        self.sent += sent
        return [each.event for each in sent if isinstance(each.event, InsurerMediaUpdate)]


@pytest.fixture
def media(world: Any) -> Media:
    return Media(world)


async def test_a_picture_follows_the_agreement(media: Media) -> None:
    """Nobody can read pixels: held by default, blocked or passed as unverified where the agreement says so."""
    (held,) = await media.takes(await media.fetched(PICTURE))
    assert (held.state, held.link, held.mime, held.verified) == ("held", None, None, None)
    (blocked,) = await media.takes(await media.fetched(PICTURE, unreadable_media="block"))
    assert (blocked.state, blocked.link) == ("blocked", None)
    (ready,) = await media.takes(await media.fetched(PICTURE, unreadable_media="pass"))
    assert (ready.state, ready.verified, ready.mime) == ("ready", False, "image/jpeg")
    assert ready.expires_at == (NOW + LASTS).replace(microsecond=0)
    served = await media.served(ready)
    assert served.startswith(b"\xff\xd8")
    assert not [secret for secret in SECRETS if secret in served]


async def test_a_typed_document_is_read(media: Media) -> None:
    """Where every word can be read and there is nothing to hide, the agreement on what cannot be read has no say."""
    (ready,) = await media.takes(await media.fetched(TYPED, unreadable_media="block"))
    assert (ready.state, ready.verified, ready.mime) == ("ready", True, "application/pdf")


@pytest.mark.parametrize(
    "text", ["call me on +44 7700 900456", "my own number is 07700 900123", "I am asha.writes"]
)
async def test_a_document_with_something_to_hide_is_held(media: Media, text: str) -> None:
    """A drawn page cannot be masked: a number on it, anybody's, or the sender's own name for themselves, holds it."""
    (held,) = await media.takes(await media.fetched(typed(text), unreadable_media="pass"))
    assert held.state == "held"


async def test_a_text_is_masked(media: Media) -> None:
    """A text file goes on with placeholders where numbers stood."""
    (ready,) = await media.takes(await media.fetched(b"Call +44 7700 900456 about the roof"))
    assert (ready.state, ready.verified, ready.mime) == ("ready", True, "text/plain")
    assert await media.served(ready) == b"Call [phone-1] about the roof"


@pytest.mark.parametrize(
    ("data", "state"),
    [(others()["card.vcf"], "blocked"), (others()["letter.docx"], "held"), (others()["cut.png"], "held"), (None, "held")],
)  # fmt: skip
async def test_what_cannot_be_cleaned_does_not_pass(media: Media, data: bytes | None, state: str) -> None:
    """Contact cards never come; what is broken, of another kind, or missing waits for people, whatever may pass."""
    (told,) = await media.takes(await media.fetched(data, unreadable_media="pass"))
    assert (told.state, told.link) == (state, None)


async def test_a_file_that_was_not_fetched_is_told(media: Media) -> None:
    """The insurer is not left with a pending file for good, and does not learn why."""
    (told,) = await media.takes(await media.fetched(None, "expired"))
    assert told.model_dump(exclude_none=True).keys() == {
        "message_id",
        "alias",
        "thread_id",
        "media_id",
        "state",
    }


async def test_a_cleaner_that_crashes_holds(media: Media) -> None:
    """The end of the worker is a doubt like any other."""

    async def crash(_: bytes) -> CleaningResult:
        return Uncleanable("crashed")

    media.clean = crash
    (told,) = await media.takes(await media.fetched(PICTURE, unreadable_media="pass"))
    assert told.state == "held"


async def test_the_same_file_gives_the_same_bytes(media: Media) -> None:
    """A record read again publishes what it published, and the copy in the store still opens."""
    fetched = await media.fetched(PICTURE, unreadable_media="pass")
    (first,), (second,) = await media.takes(fetched), await media.takes(fetched)
    to_insurer = [each for each in media.sent if each.topic == "insurer.acme.messages"]
    assert to_insurer[0].body == to_insurer[1].body
    assert to_insurer[0].meta == to_insurer[1].meta
    assert await media.served(first) == await media.served(second)


async def test_two_insurers_share_nothing_of_a_file(world: Any) -> None:
    """Neither id nor link of one insurer's copy is in the other's, and neither key opens the other's."""
    mine, theirs = Media(world), Media(world)
    (first,) = await mine.takes(await mine.fetched(PICTURE, unreadable_media="pass"))
    asked = await theirs.request(insurer="zenith", name="2")
    assert asked.media_id != first.media_id
    assert world.mint.media_key("acme", first.media_id) != world.mint.media_key("zenith", first.media_id)


async def test_a_person_releases_a_held_file(media: Media) -> None:
    """It is ready as it was cleaned, unverified, with a link that lasts from then on; a second command changes nothing."""
    (held,) = await media.takes(await media.fetched(PICTURE))
    (ready,) = await media.decided(HeldRelease(subject_id=held.media_id, why="looked at it"))
    assert (ready.state, ready.verified, ready.media_id) == ("ready", False, held.media_id)
    assert ready.expires_at == (NOW + 2 * LASTS).replace(microsecond=0)
    assert (await media.served(ready)).startswith(b"\xff\xd8")
    about = await media.files.cleaned.about(file_id_of(media.teller.key("acme", held.media_id)))
    assert about is not None
    assert about["expires_at"] == ready.expires_at
    assert await media.decided(HeldBlock(subject_id=held.media_id, why="too late"), "2") == []


async def test_a_held_file_is_blocked_but_not_rewritten(media: Media) -> None:
    """A text cannot take a file's place; a block is told."""
    (held,) = await media.takes(await media.fetched(PICTURE))
    rewrite = HeldRewrite(subject_id=held.media_id, text="hello", why="in words")
    assert await media.decided(rewrite) == []
    (blocked,) = await media.decided(HeldBlock(subject_id=held.media_id, why="not for them"), "2")
    assert (blocked.state, blocked.media_id) == ("blocked", held.media_id)


@pytest.mark.parametrize("data", [others()["cut.png"], typed("I am asha.writes")])
async def test_what_has_no_clean_copy_cannot_be_released(media: Media, data: bytes) -> None:
    """Neither what could not be cleaned nor what names its sender leaves, whoever says so."""
    (held,) = await media.takes(await media.fetched(data))
    assert await media.decided(HeldRelease(subject_id=held.media_id, why="please")) == []


async def test_a_message_with_a_file_asks_for_it(media: Media) -> None:
    """A message that went to its insurer asks for its file under the id that the insurer was given; a held one does not."""
    asked = await media.request()
    assert (asked.insurer, asked.media_id) == ("acme", media.world.mint.media_id("acme", asked.message_id))
    content = MediaContent(media_type="image", mime="image/jpeg", sealed_media="s", caption="asha.writes")
    sent = await media.world.takes(media.world.message(content, name="2", seq=2))
    assert not [each for each in sent if isinstance(each.event, MediaRequested)]


@pytest.mark.parametrize(
    ("program", "reason"),
    [("import time; time.sleep(60)", "timed_out"), ("import os; os._exit(9)", "crashed"), ("print('{}')", "crashed"),
     ("print('[1]')", "crashed"), ("print('{\"mime\": \"text/html\", \"readable\": true, \"texts\": []}')", "crashed")],
)  # fmt: skip
async def test_a_worker_that_ends_in_any_way_is_an_answer(program: str, reason: str) -> None:
    """Silence, a crash and nonsense are reasons to hold the file, and no more."""
    import sys

    result = await clean_apart(PICTURE, seconds=3, command=(sys.executable, "-I", "-c", program))
    assert result == Uncleanable(reason)  # type: ignore[arg-type]


async def test_the_worker_cleans_apart_as_in_place() -> None:
    """The real worker gives what the cleaner gives."""
    assert await clean_apart(PICTURE) == clean(PICTURE)


async def test_a_file_that_was_under_way_when_its_sender_was_erased_is_gone(world: Any) -> None:
    """Whether the erasure came before the file was opened or while it was cleaned: neither original nor copy stays."""
    for during in (False, True):
        media = Media(world)
        contact_id = derived_id("ct", "asha")
        fetched = await media.fetched(PICTURE, unreadable_media="pass")
        row = Erased(contact_id, "cm_a", "p", NOW)

        async def erasing(data: bytes, row: Erased = row) -> CleaningResult:
            await world.store.erase(row)
            return clean(data)

        if during:
            media.clean = erasing
        else:
            await world.store.erase(row)
        (told,) = await media.takes(fetched)
        assert told.state == ("ready" if during else "blocked")
        assert await media.files.originals.about(told.media_id) is None
        key = media.teller.key("acme", told.media_id)
        assert await media.files.cleaned.about(file_id_of(key)) is None
        assert await world.store.held([told.media_id]) == {}
        world.store = MemoryVault()


async def test_people_can_look_at_a_held_file_by_name_of_its_kind(world: Any) -> None:
    """`held show` says what it is; the file itself is shown by nobody."""
    media = Media(world)
    (told,) = await media.takes(await media.fetched(PICTURE))
    held = (await world.store.held([told.media_id]))[told.media_id]
    assert said(held, world.opener) == {"content": {"kind": "media", "media_type": "image"}}
