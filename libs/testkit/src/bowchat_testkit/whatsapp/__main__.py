"""`python -m bowchat_testkit.whatsapp`: the simulator as a process of its own."""

import argparse
import asyncio

from bowchat_testkit.http_server import stopped
from bowchat_testkit.whatsapp.settings import SimulatorSettings
from bowchat_testkit.whatsapp.simulator import CloudApiSimulator
from bowchat_testkit.whatsapp_payloads import BusinessNumber


def main() -> None:
    asyncio.run(_serve(_parser().parse_args()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bowchat_testkit.whatsapp", description=__doc__)
    parser.add_argument("--port", type=int, default=8090, help="where the API listens, on loopback")
    parser.add_argument("--webhook-url", required=True, help="where webhooks go: ingest's /webhooks/whatsapp")
    parser.add_argument("--app-secret", required=True, help="signs the webhooks")
    parser.add_argument("--access-token", required=True, help="the bearer token that sends must carry")
    parser.add_argument(
        "--phone-number-id", default=BusinessNumber().phone_number_id, help="the business number"
    )
    parser.add_argument("--messages-per-second", type=int, default=80, help="throughput of the number")
    parser.add_argument("--time-scale", type=float, default=1.0, help="0.01 makes six seconds 60 ms")
    parser.add_argument("--pair-burst", type=int, default=45, help="messages at once to one person")
    parser.add_argument(
        "--no-window", action="store_true", help="let people be written to who have not written"
    )
    return parser


async def _serve(given: argparse.Namespace) -> None:
    settings = SimulatorSettings(
        webhook_url=given.webhook_url,
        app_secret=given.app_secret,
        access_token=given.access_token,
        numbers=(BusinessNumber(phone_number_id=given.phone_number_id),),
        messages_per_second=given.messages_per_second,
        pair_burst=given.pair_burst,
        time_scale=given.time_scale,
        window_s=None if given.no_window else SimulatorSettings.window_s,
    )
    async with CloudApiSimulator(settings, port=given.port) as simulator:
        print(f"WhatsApp simulator on {simulator.url}", flush=True)
        await stopped()


if __name__ == "__main__":
    main()
