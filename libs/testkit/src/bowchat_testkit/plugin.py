"""Fixtures for every test of the repository: a broker and a database, started once a session and only when asked for.

A test that asks for one that cannot be started is skipped on a developer's machine and fails in CI.
"""

import logging
import os
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NoReturn, TypeVar

import pytest
import pytest_asyncio

from bowchat_testkit import stack
from bowchat_testkit.embedded_broker import EmbeddedBroker
from bowchat_testkit.stack_process import StackUnavailableError

Started = TypeVar("Started", bound=AbstractAsyncContextManager[Any])


def pytest_configure() -> None:
    """Tests take brokers away on purpose, and aiokafka writes hundreds of lines a second about it."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def unavailable(what: str, error: StackUnavailableError) -> NoReturn:
    """Skips the test, or fails it in CI, with the reason in words."""
    reason = f"This test needs {what}. {error}"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@asynccontextmanager
async def started(make: Callable[[], Started], what: str) -> AsyncIterator[Started]:
    """What `make` gives, started, until the fixture around it ends."""
    try:
        one = make()
        await one.__aenter__()
    except StackUnavailableError as error:
        unavailable(what, error)
    try:
        yield one
    finally:
        await one.__aexit__(None, None, None)


def staged(stage: Started) -> AbstractAsyncContextManager[Started]:
    """The stage, started, until the fixture around it ends."""
    return started(lambda: stage, "a broker and a database")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a Kafka broker that all tests of the session share: make topics with names of your own on it.

    BOWCHAT_TEST_KAFKA names one that runs already.
    """
    if address := os.environ.get("BOWCHAT_TEST_KAFKA"):
        yield address
        return
    directory = tmp_path_factory.mktemp("kafka")
    async with started(lambda: stack.broker(directory), "a Kafka broker") as broker:
        yield broker.bootstrap


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where a database server listens that all tests of the session share: take `mongo_name` as the database's name.

    BOWCHAT_TEST_MONGO_URI names one that runs already.
    """
    if address := os.environ.get("BOWCHAT_TEST_MONGO_URI"):
        yield address
        return
    directory = tmp_path_factory.mktemp("database")
    async with started(lambda: stack.document_store(directory), "a database") as store:
        yield store.uri


@pytest.fixture
def mongo_name() -> str:
    """The name of a database that no other test uses."""
    return f"test_{uuid.uuid4().hex[:12]}"


@pytest.fixture(params=["memory", pytest.param("mongo", marks=pytest.mark.connected)])
def place(request: pytest.FixtureRequest) -> tuple[str, str] | None:
    """For a contract suite that both stores must pass: the address and name of a database, or None for the memory."""
    if request.param == "memory":
        return None
    return request.getfixturevalue("mongo_uri"), request.getfixturevalue("mongo_name")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedded_kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedBroker]:
    """The broker inside librdkafka, shared by the session. `bootstrap` is its address."""
    directory = tmp_path_factory.mktemp("embedded")
    async with started(lambda: EmbeddedBroker(directory), "the embedded broker") as broker:
        yield broker
