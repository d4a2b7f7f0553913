"""Driving a simulator that runs in another process."""

from dataclasses import asdict
from typing import Any, Self

import httpx

from bowchat_testkit.http_server import Away
from bowchat_testkit.whatsapp.cloud_api import Played, ReceivedMessage, tapped
from bowchat_testkit.whatsapp.faults import Fault
from bowchat_testkit.whatsapp.sending import ListRow
from bowchat_testkit.whatsapp.webhooks import Answer
from bowchat_testkit.whatsapp_payloads import Json, Policyholder


class SimClient:
    """The simulator's `/_sim` paths as methods. Errors: `httpx.HTTPError` when it is away or refuses the order."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=60, trust_env=False)

    async def inbox(self, number_or_bsuid: str) -> list[ReceivedMessage]:
        """What one person was sent, in order."""
        return await self._messages({"to": number_or_bsuid})

    async def received(self) -> list[ReceivedMessage]:
        """What everybody was sent, in order."""
        return await self._messages({})

    async def play(self, person: Policyholder, text: str = "", **more: Any) -> Played:
        """Let a policyholder write. `more`: the other fields of the simulator's `PlayOrder`."""
        return Played.model_validate(
            await self._post("/_sim/inbound", {**asdict(person), "text": text, **more})
        )

    async def tap(self, person: Policyholder, chosen: tuple[str, str] | ListRow) -> Played:
        """Let a policyholder tap a button of a message they got, or a row of its list."""
        return await self.play(person, kind="interactive", body=tapped(chosen))

    async def post(self, body: bytes) -> Answer:
        """Sign these bytes and post them as a webhook, once."""
        answer = await self._client.post("/_sim/webhook", content=body)
        answer.raise_for_status()
        return Answer(**answer.json())

    async def add_fault(self, fault: Fault) -> None:
        await self._post("/_sim/faults", fault.model_dump())

    async def clear_faults(self) -> None:
        (await self._client.delete("/_sim/faults")).raise_for_status()

    async def leave(self, mode: Away = "refuse", *, seconds: float | None = None) -> None:
        """Make it leave, for `seconds`. A closed port cannot be called back, so mode `refuse` needs them."""
        await self._post("/_sim/away", {"mode": mode, "seconds": seconds})

    async def come_back(self) -> None:
        """End an absence of mode `503`."""
        await self._post("/_sim/away", {"mode": None})

    async def state(self) -> Json:
        """Counts of messages, refusals and webhooks."""
        answer = await self._client.get("/_sim/state")
        answer.raise_for_status()
        return dict(answer.json())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def _messages(self, query: dict[str, str]) -> list[ReceivedMessage]:
        answer = await self._client.get("/_sim/messages", params=query)
        answer.raise_for_status()
        return [ReceivedMessage.model_validate(one) for one in answer.json()["messages"]]

    async def _post(self, path: str, order: Json) -> Json:
        answer = await self._client.post(path, json=order)
        answer.raise_for_status()
        return dict(answer.json())
