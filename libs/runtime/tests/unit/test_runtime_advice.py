"""What people are told of a dependency that is away."""

from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import SecretStr

from bowchat_runtime.advice import advised
from bowchat_runtime.settings import ServiceSettings

DATABASE = "the database does not answer"


def at(uri: str) -> ServiceSettings:
    return ServiceSettings(mongo_uri=SecretStr(uri), kafka_bootstrap="kafka-1:9092,kafka-2:9092")


@pytest.mark.parametrize(
    ("uri", "where"),
    [
        ("mongodb://127.0.0.1:27017", " at 127.0.0.1:27017"),
        ("mongodb://relay:p%40ss@h-1:27017,h-2:27018/vault?replicaSet=rs0", " at h-1:27017,h-2:27018"),
        ("mongodb+srv://relay@db.example.com/?tls=true", " at db.example.com"),
        ("mongodb://[::1]:27017", " at [::1]:27017"),
        ("mongodb://relay:pa/ss@h:27017", ""),
        ("mongodb://relay:pa@ss@h:27017", ""),
    ],
)
def test_the_database_is_named_by_its_hosts(uri: str, where: str) -> None:
    """Who reads the error knows where the database was looked for; an address of no known form is not shown at all."""
    said = advised(DATABASE, at(uri))
    assert said == f"the database{where} does not answer. Start it, or correct BOWCHAT_MONGO_URI"


def test_every_broker_is_named() -> None:
    """All that were tried: the one that is wrong may be any."""
    assert advised("the Kafka broker does not answer", at("")) == (
        "the Kafka broker at kafka-1:9092,kafka-2:9092 does not answer. Start it, or correct the BOWCHAT_KAFKA_ variables"
    )


def test_what_else_is_said_stays_as_it_is() -> None:
    """Advice is given about what it is about."""
    assert (
        advised("the database is changing its primary", at("mongodb://h"))
        == "the database is changing its primary"
    )


@given(st.text(min_size=6), st.text(min_size=6), st.booleans())
def test_no_user_and_no_password_is_ever_shown(user: str, password: str, escaped: bool) -> None:
    """However they are written, as they must be or not, neither stands in the words."""
    assume(not {user, password} & {"h:27017"})
    written = (quote(user, safe=""), quote(password, safe="")) if escaped else (user, password)
    said = advised(DATABASE, at(f"mongodb://{written[0]}:{written[1]}@h:27017/?replicaSet=rs0"))
    shown = said.removeprefix("the database").partition(" does not answer")[0]
    assert shown in ("", " at h:27017")
