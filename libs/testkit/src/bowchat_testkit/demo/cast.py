"""Who plays in the demo, what they say, and the registry that they find."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bowchat_contracts.insurer import InsurerMessage
from bowchat_testkit.insurers import ReplyPolicy
from bowchat_testkit.stack_process import StackUnavailableError
from bowchat_testkit.whatsapp_payloads import Json, Policyholder

SILENT = "harbour-travel"
SILENT_TARGET_S = 5

_AGREEMENT = f"""\
# Made for the demo: an insurer that never answers, and promised to within {SILENT_TARGET_S} seconds.
id: {SILENT}
name: Harbour Travel
policy_types: [travel]
desks:
  - name: assistance
default_desk: assistance
sla:
  first_response_seconds: {SILENT_TARGET_S}
endpoint:
  kind: kafka
"""
_RULE = """
  - name: travel-words
    when:
      keywords_any: [travel, flight, suitcase, luggage]
    then:
      policy_type: travel
"""


@dataclass(frozen=True)
class Line:
    """What one policyholder writes, as the webhook of a file of `samples/cloud`."""

    person: Policyholder
    sample: str
    text: str
    insurer: str
    """Who must get it."""


ALEX = Policyholder("447700900101", "GB.10000000000000000101", "Alex Testperson")
PRIYA = Policyholder(
    None, "IN.10000000000000000102", "Priya Sample", "@priya.sample", "IN.ENT.90000000000000000102"
)
SAM = Policyholder("15550100123", None, "Sam Specimen")
ROBIN = Policyholder(
    "447700900104", "GB.10000000000000000104", "Robin Mockup", None, "GB.ENT.90000000000000000104"
)
PEOPLE = (ALEX, PRIYA, SAM, ROBIN)

UNANSWERED = Line(
    ROBIN,
    "msg_text_parent_bsuid.json",
    "My flight was cancelled and my suitcase is gone. What am I covered for?",
    SILENT,
)
OPENINGS = (
    Line(
        ALEX,
        "msg_text.json",
        "Hello, a van hit my parked car last night. My policy is ACM-2026-000101. Please call me on "
        "+44 7700 900101 or 07700 900101, or write to alex.testperson@example.com.",
        "acme-motor",
    ),
    Line(
        PRIYA,
        "msg_text_username_phone_hidden.json",
        "My mother is being admitted for surgery tomorrow. Can it be cashless? My brother's number is "
        "+44 7700 900155.",
        "bharat-health",
    ),
    Line(
        SAM,
        "msg_text_legacy_no_bsuid.json",
        "Hi, from which month will my annuity CLA/2021/55502 be paid out? My mobile is +1 555 010 0123.",
        "coast-life",
    ),
)
FOLLOW_UP = Line(ALEX, "msg_interactive_button_reply.json", "Yes, please arrange it", "acme-motor")
NUMBERS = {line.text: number for number, line in enumerate((*OPENINGS, UNANSWERED), start=1)}
"""Under which number each conversation is shown, by what was written."""
NUMBERS[FOLLOW_UP.text] = NUMBERS[OPENINGS[0].text]

ANSWERS: dict[str, tuple[str, ...]] = {
    "acme-motor": (
        "We are sorry to hear that. Your claim is open. Shall we arrange a repair shop near you?",
        "Done. The shop will expect your car tomorrow from 9:00.",
    ),
    "bharat-health": ("Yes. The hospital's desk will find the pre-authorisation in its inbox today.",),
    "coast-life": ("Your annuity starts in October; the first payment is made on its last working day.",),
}
_FURTHER = "Thank you, we have your message {seq} and will answer here."


def answering(insurer: str) -> ReplyPolicy:
    """What this insurer says to the n-th message of a conversation. The silent one says nothing."""
    if insurer == SILENT:
        return lambda _: None
    prepared = ANSWERS.get(insurer, ())

    def policy(message: InsurerMessage) -> str:
        if message.seq <= len(prepared):
            return prepared[message.seq - 1]
        return _FURTHER.format(seq=message.seq)

    return policy


def checkout() -> Path:
    """The directory that holds registry and samples. Errors: StackUnavailableError."""
    for parent in Path(__file__).resolve().parents:
        if (parent / "registry" / "insurers").is_dir() and (parent / "samples" / "cloud").is_dir():
            return parent
    raise StackUnavailableError(
        "The demo needs registry/ and samples/ of a checkout: clone the repository and run `make demo` there."
    )


def write_registry(directory: Path, webhook_port: int) -> Path:
    """The repository's registry, with Coast Life's webhook at this port and one more insurer, who is silent."""
    shutil.copytree(checkout() / "registry", directory)
    coast = directory / "insurers" / "coast-life.yaml"
    coast.write_text(re.sub(r"url: \S+", f"url: http://127.0.0.1:{webhook_port}/webhooks", coast.read_text()))
    (directory / "insurers" / f"{SILENT}.yaml").write_text(_AGREEMENT)
    with (directory / "rules.yaml").open("a") as rules:
        rules.write(_RULE)
    return directory


def webhook_of(line: Line, wamid: str, at: datetime, *, quoted: str | None = None) -> Json:
    """The sample's body with this person, this text and a fresh id and time; everything else is as in the file."""
    payload: Json = json.loads((checkout() / "samples" / "cloud" / line.sample).read_text())
    value = payload["entry"][0]["changes"][0]["value"]
    contact, message = value["contacts"][0], value["messages"][0]
    person = line.person
    profile = {"name": person.name, "username": person.username}
    _replace(contact["profile"], profile)
    known = {"wa_id": person.number, "user_id": person.bsuid, "parent_user_id": person.parent_bsuid}
    _replace(contact, known)
    sender = {
        "from": person.number,
        "from_user_id": person.bsuid,
        "from_parent_user_id": person.parent_bsuid,
    }
    _replace(message, {**sender, "id": wamid, "timestamp": str(int(at.timestamp()))})
    if quoted is not None:
        message["context"]["id"] = quoted
    if message["type"] == "interactive":
        message["interactive"]["button_reply"]["title"] = line.text
    else:
        message["text"]["body"] = line.text
    return payload


def _replace(found: dict[str, Any], values: Mapping[str, str | None]) -> None:
    """Only fields that the sample has: its shape is what the demo plays."""
    found.update({name: value for name, value in values.items() if name in found and value is not None})
