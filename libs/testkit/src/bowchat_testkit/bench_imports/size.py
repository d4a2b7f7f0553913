"""An aggregator of a size: insurers, contacts and policies, as files and as rows. Everything is fictional."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bowchat_contracts.ids import derived_id
from bowchat_registry.book import PolicyBook
from bowchat_registry.policies import Contact, Policy

_TYPES = ("motor", "health", "life", "home")
_FICTIONAL = 1_000
"""There are only so many fictional numbers; whoever comes later is known by BSUID."""


@dataclass(frozen=True)
class Size:
    insurers: int = 500
    contacts: int = 100_000
    policies: int = 300_000

    def write_insurers(self, registry: Path) -> None:
        """So many agreements in place of the examples; no rules, and no policies."""
        directory = registry / "insurers"
        for path in directory.glob("*.yaml"):
            path.unlink()
        for index in range(self.insurers):
            agreement = {
                "id": insurer(index),
                "name": f"Insurer {index}",
                "policy_types": list(_TYPES),
                "desks": [{"name": "service"}],
                "default_desk": "service",
                "sla": {"first_response_seconds": 300},
                "endpoint": {"kind": "kafka"},
            }
            (directory / f"{insurer(index)}.yaml").write_text(yaml.safe_dump(agreement))
        (registry / "rules.yaml").write_text("rules: []\n")
        (registry / "commands.yaml").write_text("commands: []\n")
        (registry / "policies.csv").write_text("policy_number,insurer,policy_type,contact_ref\n")

    def contact_rows(self) -> Iterator[str]:
        yield "contact_key,bsuid,phone,language,tags"
        for index in range(self.contacts):
            phone = f"+447700900{index:03d}" if index < _FICTIONAL else ""
            yield f"{key(index)},{bsuid(index)},{phone},{'hi' if index % 3 else 'en'},gold;family"

    def policy_rows(self) -> Iterator[str]:
        """The header, then a row for each policy."""
        yield "policy_number,insurer,policy_type,bsuid,contact_key,vehicle,claims"
        for index in range(self.policies):
            who, kind = index % self.contacts, _TYPES[index % len(_TYPES)]
            vehicle = plate(index) if kind == "motor" else ""
            claims = claim(index) if index % 10 == 0 else ""
            yield f"{number(index)},{insurer(index % self.insurers)},{kind},{bsuid(who)},{key(who)},{vehicle},{claims}"

    def book(self) -> PolicyBook:
        """What the router's memory holds of it."""
        book = PolicyBook()
        for index in range(self.contacts):
            book.put_contact(
                Contact(key(index), (ref(index),), "hi" if index % 3 else "en", ("gold", "family"))
            )
        for index in range(self.policies):
            kind = _TYPES[index % len(_TYPES)]
            book.put(
                Policy(
                    number(index),
                    insurer(index % self.insurers),
                    kind,
                    (ref(index % self.contacts),),
                    key(index % self.contacts),
                    plate(index) if kind == "motor" else None,
                    (claim(index),) if index % 10 == 0 else (),
                )
            )
        return book


def insurer(index: int) -> str:
    return f"insurer-{index:03d}"


def number(index: int) -> str:
    return f"P{index % 97:02d}-{index * 7919 % 1_000_003:07d}-{index:06d}"


def plate(index: int) -> str:
    return f"KA {index % 100:02d} AB {index:06d}"


def claim(index: int) -> str:
    return f"CLM/{index:08d}"


def key(index: int) -> str:
    return f"crm-{index:06d}"


def bsuid(index: int) -> str:
    return f"GB.5{index:018d}"


def ref(index: int) -> str:
    return derived_id("rf", bsuid(index))
