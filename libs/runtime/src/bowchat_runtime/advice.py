"""What people are told of a dependency that is away: where it was looked for, and what to do."""

import re

from bowchat_runtime.errors import BROKER_AWAY, DATABASE_AWAY
from bowchat_runtime.settings import ServiceSettings

_HOSTS = r"[\w.:,\[\] -]+"
_KAFKA = re.compile(f"(?P<hosts>{_HOSTS})")
# A second "@" is a password's, written as it must not be: what of it is the host cannot be told.
_MONGO = re.compile(rf"mongodb(?:\+srv)?://(?:[^@/?]*@)?(?P<hosts>{_HOSTS})(?:[/?][^@]*)?")
_SILENT = " does not answer"


def advised(said: str, settings: ServiceSettings) -> str:
    """What was said of a dependency; where the broker or the database does not answer, with its address and what to do.

    The address is hosts and ports, never a user's name or password: one in which these cannot be told apart is left out.
    """
    for away, address, to_do in (
        (DATABASE_AWAY, _hosts(_MONGO, settings.mongo_uri.get_secret_value()), "BOWCHAT_MONGO_URI"),
        (BROKER_AWAY, _hosts(_KAFKA, settings.kafka_bootstrap), "the BOWCHAT_KAFKA_ variables"),
    ):
        if said.endswith(away):
            return f"{said.removesuffix(_SILENT)}{address}{_SILENT}. Start it, or correct {to_do}"
    return said


def _hosts(form: re.Pattern[str], written: str) -> str:
    found = form.fullmatch(written)
    return f" at {found['hosts']}" if found else ""
