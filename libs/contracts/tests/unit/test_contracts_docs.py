"""The generated documents are up to date, valid, and the partners' one tells nothing of the inside."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bowchat_contracts import docs_cli
from bowchat_contracts.asyncapi import internal_document, partner_document
from bowchat_contracts.asyncapi.pieces import message_name
from bowchat_contracts.topics import SERVICES, TOPICS

ROOT = Path(__file__).parents[4]
VALIDATOR = ROOT / "tools/asyncapi"
PARTNER_EVENTS = {
    "bowchat.insurer.message.v1",
    "bowchat.insurer.withheld.v1",
    "bowchat.insurer.reply_refused.v1",
    "bowchat.insurer.reply.v1",
    "bowchat.insurer.blocked.v1",
    "bowchat.insurer.command_answered.v1",
    "bowchat.insurer.contact_erased.v1",
    "bowchat.insurer.identity_revealed.v1",
    "bowchat.insurer.media.v1",
    "bowchat.insurer.released.v1",
    "bowchat.insurer.reply_changed.v1",
    "bowchat.insurer.reveal_changed.v1",
    "bowchat.insurer.reveal_request.v1",
    "bowchat.insurer.thread_asked.v1",
    "bowchat.insurer.thread_changed.v1",
    "bowchat.insurer.way_changed.v1",
}


def test_the_committed_documents_are_the_generated_ones() -> None:
    """`docs/` says what the code does. `make docs` writes them."""
    for name, text in docs_cli.pages().items():
        assert (ROOT / "docs" / name).read_text() == text, f"docs/{name} is stale: make docs"


def test_writing_then_checking_finds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The check names exactly the pages that a hand has touched."""
    assert docs_cli.main(["write", "--directory", str(tmp_path)]) == 0
    assert docs_cli.main(["check", "--directory", str(tmp_path)]) == 0
    (tmp_path / "events.md").write_text("by hand")
    assert docs_cli.main(["check", "--directory", str(tmp_path)]) == 1
    assert "events.md" in capsys.readouterr().err


def test_the_partners_document_names_nothing_internal() -> None:
    """No service, internal topic, internal event or internal identifier can be read out of what insurers are given."""
    text = yaml.safe_dump(partner_document(), allow_unicode=True)
    internal_topics = [topic.name for topic in TOPICS if not topic.name.startswith("insurer.")]
    internal_types = {event.type for topic in TOPICS for event in topic.events} - PARTNER_EVENTS
    internal_words = (
        "contact_id",
        "conversation_id",
        "sealed_recipient",
        "sealed_media",
        "provider",
        "wamid",
        "rf_[",
        "ct_[",
        "cv_[",
        "audit",
        "vault",
    )
    services = [name for name in SERVICES if name != "ingest"] + ["bowchat_"]
    found = [word for word in (*internal_topics, *internal_types, *internal_words, *services) if word in text]
    assert found == []


def test_the_partners_document_shows_exactly_the_partners_events() -> None:
    """An insurer's topics carry these events and the document says so."""
    names = {each["name"] for each in partner_document()["components"]["messages"].values()}
    assert names == PARTNER_EVENTS | {"webhook", "https_reply"}
    on_topics = {e.type for topic in TOPICS if topic.name.startswith("insurer.") for e in topic.events}
    assert on_topics == PARTNER_EVENTS


def test_the_internal_document_shows_every_topic_event_writer_and_reader() -> None:
    """Nothing of the topic table is left out."""
    document = internal_document()
    for topic in TOPICS:
        name = topic.name.replace("{", "").replace("}", "")
        channel = document["channels"][name]
        assert channel["address"] == topic.name
        assert set(channel["messages"]) == {message_name(event) for event in topic.events}
        for service in SERVICES:
            assert (f"{service}.send.{name}" in document["operations"]) == (service in topic.writers)
            assert (f"{service}.receive.{name}" in document["operations"]) == (service in topic.readers)


@pytest.mark.parametrize("document", [partner_document(), internal_document()], ids=["partner", "internal"])
def test_every_reference_in_a_document_leads_somewhere(document: dict[str, Any]) -> None:
    """No `$ref` hangs in the air."""
    for reference in _references(document):
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for each in value.values() for found in _references(each)]
    return [found for each in value for found in _references(each)] if isinstance(value, list) else []


def _validate(path: Path) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None or not (VALIDATOR / "node_modules").is_dir():
        reason = "the AsyncAPI validator is not installed: make setup, or npm install in tools/asyncapi"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return subprocess.run(
        [node, "validate.mjs", str(path)],
        cwd=VALIDATOR,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", ["partner.yaml", "internal.yaml"])
def test_a_document_is_valid_by_the_asyncapi_projects_own_validator(name: str) -> None:
    """Any AsyncAPI tool reads it."""
    answer = _validate(ROOT / "docs/asyncapi" / name)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_validator_refuses_a_broken_document(tmp_path: Path) -> None:
    """The test above can fail."""
    document = partner_document()
    document["operations"]["sendReply"]["action"] = "shout"
    (tmp_path / "broken.yaml").write_text(yaml.safe_dump(document))
    answer = _validate(tmp_path / "broken.yaml")
    assert answer.returncode == 1
    assert "sendReply" in answer.stdout
