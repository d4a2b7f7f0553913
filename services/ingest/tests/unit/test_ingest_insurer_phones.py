"""What an insurer writes on its phone is told apart before anything else is made of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bowchat_contracts.content import TextContent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity, InboundReceived
from bowchat_contracts.insurer_phone import ReplyUnaddressed, tags_of
from bowchat_contracts.topics import REPLIES_UNADDRESSED
from bowchat_ingest.channels.whatsapp_cloud import parse
from bowchat_ingest.domain import events_of
from bowchat_ingest.identity import Pseudonyms
from bowchat_ingest.insurer_phones import InsurerPhones, unknown_phones
from bowchat_registry.declared import DeclaredNames
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.records import Outgoing

NOW = datetime(2026, 1, 1, 0, 2, tzinfo=UTC)
NUMBER = "447700900777"
BSUID = "GB.77700000000000000777"
TAG = next(tags_of(derived_id("th", "one")))
Read = Callable[[str], Any]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "acme.whatsapp").write_text(f"+{NUMBER}\n{BSUID}\n")
    return tmp_path


def webhook(said: dict[str, Any], *, sender: dict[str, Any] | None = None) -> dict[str, Any]:
    message = {"id": "wamid.one", "timestamp": "1767225600", **(sender or {"from": NUMBER}), **said}
    value = {"metadata": {"phone_number_id": "100000000000001"}, "messages": [message]}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"changes": [{"field": "messages", "value": value}]}],
    }


def text(body: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": {"body": body}, **more}


def content_texts(body: Any) -> list[Any]:
    """What people typed: it is theirs, and carried."""
    contents = [getattr(each, "content", None) for each in parse(body, NOW).items]
    return [each.text.reveal() for each in contents if isinstance(each, TextContent)]


def events(body: Any, pseudonyms: Pseudonyms, directory: Path) -> list[Outgoing]:
    phones = InsurerPhones(directory)
    return events_of(parse(body, NOW).items, pseudonyms, NOW, phones.insurer_of)


def written(body: Any, pseudonyms: Pseudonyms, directory: Path) -> ReplyUnaddressed:
    (one,) = events(body, pseudonyms, directory)
    assert isinstance(one.event, ReplyUnaddressed)
    assert (one.topic, one.key) == (REPLIES_UNADDRESSED, "acme")
    return one.event


@pytest.mark.parametrize(
    "sender",
    [
        {"from": NUMBER},
        {"from": "+" + NUMBER},
        {"from_user_id": BSUID},
        {"from": NUMBER, "from_user_id": "GB.1"},
    ],
)
def test_an_insurers_message_is_never_a_policyholders(
    sender: dict[str, Any], pseudonyms: Pseudonyms, directory: Path
) -> None:
    """By its number or its business-scoped id, however it is spelt. Everybody else's stays a policyholder's."""
    said = written(webhook(text("Yes."), sender=sender), pseudonyms, directory)
    assert (said.insurer, said.kind, said.text.reveal()) == ("acme", "text", "Yes.")
    (other,) = events(webhook(text("Yes."), sender={"from": NUMBER[:-1] + "8"}), pseudonyms, directory)
    assert isinstance(other.event, InboundReceived)


def test_no_kind_of_message_slips_through(read_sample: Read, pseudonyms: Pseudonyms, tmp_path: Path) -> None:
    """Every sample that has a sender is the insurer's when its number is, and none of its ids and names is told."""
    samples = sorted(path.stem for path in (Path(__file__).parents[4] / "samples/cloud").glob("msg_*.json"))
    assert len(samples) > 20
    for name in samples:
        body = read_sample(name)
        senders = [each.sender for each in parse(body, NOW).items if hasattr(each, "sender")]
        numbers = {each.number for each in senders if each.number}
        for path in tmp_path.glob("*.whatsapp"):
            path.unlink()
        for index, number in enumerate(sorted(numbers)):
            (tmp_path / f"i{index}-x.whatsapp").write_text(f"+{number}")
        if not numbers or any(each.number is None for each in senders):
            continue
        made = events(body, pseudonyms, tmp_path)
        assert not [each for each in made if isinstance(each.event, InboundReceived)], name
        told = "".join(
            each.body.decode() + each.key for each in made if isinstance(each.event, ReplyUnaddressed)
        )
        typed = str(content_texts(body))
        assert not [each for each in numbers if each in told and each not in typed], name
        assert "wamid" not in told, name


def test_what_tells_the_thread_is_carried(pseudonyms: Pseudonyms, directory: Path) -> None:
    """The quoted message as the dispatcher calls it, and the tag, which leaves the text."""
    body = webhook(text(f"#{TAG.lower()} Yes.", context={"id": "wamid.ours", "from": "1"}))
    said = written(body, pseudonyms, directory)
    assert (said.tags, said.text.reveal()) == ((TAG,), "Yes.")
    assert said.quoted == pseudonyms.provider_ref("wamid.ours")
    assert said.provider_ref == pseudonyms.provider_ref("wamid.one")


def test_a_tap_and_another_kind(pseudonyms: Pseudonyms, directory: Path) -> None:
    """Of a tap only what was tapped is told; of anything that is no text only that it was sent."""
    row = {"type": "list_reply", "list_reply": {"id": "op_x", "title": "#KPLMC motor"}}
    tap = written(webhook({"type": "interactive", "interactive": row}), pseudonyms, directory)
    assert (tap.kind, tap.option_id, tap.text.reveal()) == ("tap", "op_x", "")
    image = {"type": "image", "image": {"id": "1", "mime_type": "image/png", "caption": "words"}}
    picture = written(webhook(image), pseudonyms, directory)
    assert (picture.kind, picture.text.reveal()) == ("other", "")


def test_a_repetition_is_the_same(pseudonyms: Pseudonyms, directory: Path) -> None:
    """Sent again, it has the same ids."""
    first, again = (events(webhook(text("Yes.")), pseudonyms, directory)[0] for _ in range(2))
    assert (first.meta.id, first.body) == (again.meta.id, again.body)


def test_a_file_that_comes_or_changes_counts(directory: Path) -> None:
    """From the next look on; one of no use changes nothing, nor does one that is gone unreadable."""
    phones = InsurerPhones(directory)
    other = Identity(number="447700900778")
    (directory / "beta.whatsapp").write_text("+447700900778")
    assert phones.insurer_of(other) is None
    phones.refresh()
    assert phones.insurer_of(other) == "beta"
    (directory / "beta.whatsapp").write_text("no number at all")
    phones.refresh()
    assert phones.insurer_of(other) == "beta"
    assert phones.insurer_of(Identity(number=NUMBER)) == "acme"


@pytest.mark.parametrize(
    "content", ["", "447700900777", "+44 7700 900777", "+447700900777\n+447700900778", "acme"]
)
def test_a_file_of_no_use_stops_the_start(tmp_path: Path, content: str) -> None:
    """The error names the file and what belongs in it, and not what it holds."""
    (tmp_path / "acme.whatsapp").write_text(content)
    with pytest.raises(SettingsError, match=r"acme.whatsapp must hold the insurer's number"):
        InsurerPhones(tmp_path)


def test_a_phone_is_one_insurers(directory: Path) -> None:
    """Two insurers cannot answer from one number: whose a reply is could not be told."""
    (directory / "beta.whatsapp").write_text(f"+{NUMBER}")
    with pytest.raises(SettingsError, match="another insurer"):
        InsurerPhones(directory)


async def test_over_the_webhook(client: Any, publisher: Any, keys_directory: Path, signed: Any) -> None:
    """As Meta posts it, with a file that was put there while the service runs."""
    path = keys_directory / "ingest/insurers/acme.whatsapp"
    path.write_text(f"+{NUMBER}")
    try:
        body = json.dumps(webhook(text("Yes."))).encode()
        answer = await client.post("/webhooks/whatsapp", content=body, headers=signed(body))
        assert answer.status_code == 200
    finally:
        path.unlink()
    assert [each.topic for each in publisher.sent] == [REPLIES_UNADDRESSED]


async def test_an_insurer_on_whatsapp_whose_phone_is_not_known_is_told_of(tmp_path: Path) -> None:
    """What it writes would be taken for a policyholder's: who looks learns whose number is missing, and where it goes."""
    for insurer, kind in (("acme", "whatsapp"), ("bharat", "whatsapp"), ("coast", "kafka")):
        agreement = tmp_path / f"insurers/{insurer}.yaml"
        agreement.parent.mkdir(exist_ok=True)
        agreement.write_text(f"policy_types: [motor]\nendpoint: {{kind: {kind}}}\n")
    (tmp_path / "taxonomy.yaml").write_text("policy_types: [{name: motor}]\n")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "acme.whatsapp").write_text(f"+{NUMBER}\n")
    names, phones = DeclaredNames(tmp_path), InsurerPhones(secrets)
    assert await unknown_phones(names, phones) == (
        "bharat: on WhatsApp, and their number is not known, so what they write is taken for a policyholder's. "
        f"Write it into {secrets}/<id>.whatsapp, like +447700900123 (docs/insurer-whatsapp.md)"
    )
    (secrets / "bharat.whatsapp").write_text("+447700900778\n")
    assert await unknown_phones(names, phones) is None


async def test_without_a_registry_there_is_nothing_to_tell_of(tmp_path: Path) -> None:
    """Ingest takes messages where no registry can be read; imports say that it cannot."""
    assert await unknown_phones(DeclaredNames(tmp_path), InsurerPhones(tmp_path)) is None
