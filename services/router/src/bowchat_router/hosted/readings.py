"""The own classifier's readings, and of texts in doubt a hosted model's.

Whatever goes wrong, the own reading stands. No error's own text leaves this file, and neither text nor answer is logged.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Literal, Self

import httpx
import structlog

from bowchat_contracts.masking_policy import Region
from bowchat_registry.registry import Registry
from bowchat_registry.taxonomy import Taxonomy
from bowchat_router import metrics
from bowchat_router.classify.reading import Guess, Reading, Skimmed
from bowchat_router.hosted.chat import LONGEST_ANSWER, Said, answered, question
from bowchat_router.hosted.shown import regions_of, shown
from bowchat_router.hosted.standing import Standing
from bowchat_router.readings import Readings
from bowchat_router.remembered import Recent
from bowchat_router.settings import HostedModel
from bowchat_runtime.clock import Clock

log = structlog.get_logger()

CONFIDENCE = 0.9
"""What an answer counts for: a hosted model does not say how sure it is."""
AT_ONCE = 4
"""Questions that are under way at any time."""
_OFF_TOPIC = 0.5
"""What the own classifier takes for no business of an insurer costs no question."""
_REMEMBERED = 2_000
Outcome = Literal["answered", "failed", "withheld", "unasked"]


class HostedReadings(AbstractAsyncContextManager["HostedReadings"]):
    """Reads as the own classifier does; a text that was consulted about, as the hosted model answered."""

    def __init__(
        self,
        own: Readings,
        model: HostedModel,
        *,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._own, self._model, self._clock = own, model, clock
        # Nothing tells one question's writer from another's: no cookie is kept, and no proxy of the surroundings is used.
        self._client = httpx.AsyncClient(
            headers={"Accept-Encoding": "identity"} | _authorization(model),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=model.timeout_s,
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )
        self._answers: Recent[str, Reading] = Recent(_REMEMBERED)
        self._taxonomy: Taxonomy | None = None
        self._places = asyncio.Semaphore(AT_ONCE)
        self._standing = Standing()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    def read(self, text: str) -> Reading:
        return self._answers.known([text]).get(text) or self._own.read(text)

    def skim(self, text: str) -> Skimmed:
        return self._own.skim(text)

    async def ahead(self, texts: Sequence[str], registry: Registry) -> None:
        await self._own.ahead(texts, registry)

    async def consult(self, texts: Sequence[str], registry: Registry) -> None:
        """Ask about those of these texts that the own classifier leaves in doubt, all together in the time that is set."""
        if registry.taxonomy != self._taxonomy:
            self._answers.clear()
            self._taxonomy = registry.taxonomy
        doubtful = [each for each in dict.fromkeys(texts) if self._is_doubtful(each)]
        if not doubtful:
            return
        until = asyncio.get_running_loop().time() + self._model.timeout_s
        regions = regions_of(registry)
        outcomes = await asyncio.gather(
            *(self._asked(each, registry.taxonomy, regions, until) for each in doubtful)
        )
        for outcome in outcomes:
            metrics.HOSTED.labels(outcome).inc()

    def _is_doubtful(self, text: str) -> bool:
        if self._answers.known([text]):
            return False
        own = self._own.read(text)
        return own.policy_type.label is None and own.off_topic < _OFF_TOPIC

    async def _asked(self, text: str, taxonomy: Taxonomy, regions: Sequence[Region], until: float) -> Outcome:
        """Until that time of the event loop, masking and waiting for a place included."""
        is_asked = False
        try:
            async with asyncio.timeout_at(until), self._places:
                if not self._standing.may_be_asked(self._clock()):
                    return "unasked"
                masked = await asyncio.to_thread(shown, text, regions)
                if masked is None:
                    return "withheld"
                is_asked = True
                said = await self._answer(masked, taxonomy)
        except (httpx.HTTPError, TimeoutError):
            said = None
        if not is_asked:
            return "unasked"
        self._learn(answered=said is not None)
        if said is None:
            return "failed"
        self._answers.keep({text: _merged(self._own.read(text), said, self._model.name)})
        return "answered"

    async def _answer(self, masked: str, taxonomy: Taxonomy) -> Said | None:
        body = question(self._model.name, masked, taxonomy)
        async with self._client.stream("POST", self._model.url, json=body) as response:
            if response.status_code != httpx.codes.OK or "Content-Encoding" in response.headers:
                return None
            read = bytearray()
            async for chunk in response.aiter_bytes():
                read += chunk
                if len(read) > LONGEST_ANSWER:
                    return None
        return answered(bytes(read), taxonomy)

    def _learn(self, *, answered: bool) -> None:
        before = self._standing
        now = self._clock()
        self._standing = before.after(now, answered=answered)
        if self._standing.rests_until is not None and before.may_be_asked(now):
            log.warning("hosted_model_rests", failures=self._standing.failures)


def _authorization(model: HostedModel) -> dict[str, str]:
    return {"Authorization": f"Bearer {model.key.get_secret_value()}"} if model.key else {}


def _merged(own: Reading, said: Said, model: str) -> Reading:
    """What the own classifier is sure of stands."""
    return replace(
        own,
        policy_type=_sure(said.policy_type) if said.policy_type else own.policy_type,
        intent=_sure(said.intent) if said.intent and own.intent.label is None else own.intent,
        model=f"{own.model}+{model}",
    )


def _sure(label: str) -> Guess:
    return Guess(label, CONFIDENCE, ((label, CONFIDENCE),))
