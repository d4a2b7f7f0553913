"""`python -m bowchat_testkit.insurers kafka|webhook`: an insurer as a process of its own."""

import argparse
import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bowchat_testkit.http_server import LoopbackServer, stopped
from bowchat_testkit.insurers.kafka import KafkaInsurer
from bowchat_testkit.insurers.replying import ReplyPolicy, replying, silent
from bowchat_testkit.insurers.webhook import WebhookInsurer


def main() -> None:
    given = _parser().parse_args()
    asyncio.run(given.serve(given))


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--insurer", required=True, help="the insurer's id, as in its topics")
    common.add_argument("--port", type=int, default=0, help="where it listens, on loopback; 0: any free port")
    common.add_argument(
        "--reply", help="the answer to every message; {seq} and {text} are the message's. Without: none"
    )
    common.add_argument("--reply-after", type=float, default=1.0, help="seconds before it answers")
    parser = argparse.ArgumentParser(prog="python -m bowchat_testkit.insurers", description=__doc__)
    kinds = parser.add_subparsers(required=True)
    kafka = kinds.add_parser("kafka", parents=[common], help="reads and answers by topic")
    kafka.add_argument("--bootstrap", default="127.0.0.1:9092", help="Kafka's address")
    kafka.set_defaults(serve=_serve_kafka)
    webhook = kinds.add_parser(
        "webhook", parents=[common], help="takes webhooks at /webhooks, answers at ingest"
    )
    webhook.add_argument("--secret", required=True, help="whsec_…, the same for both directions")
    webhook.add_argument("--ingest-url", default="http://127.0.0.1:8001", help="where replies go")
    webhook.set_defaults(serve=_serve_webhook)
    return parser


def _policy(given: argparse.Namespace) -> ReplyPolicy:
    return silent if given.reply is None else replying(given.reply)


async def _serve_kafka(given: argparse.Namespace) -> None:
    insurer = KafkaInsurer(given.insurer, given.bootstrap, _policy(given), reply_after_s=given.reply_after)

    async def records(_: Request) -> Response:
        return JSONResponse(
            {"records": [one.as_json() for one in insurer.records], "replied": insurer.replied}
        )

    async with (
        insurer,
        LoopbackServer(Starlette(routes=[Route("/_sim/records", records)]), port=given.port) as server,
    ):
        print(f"insurer {given.insurer} on {server.url}", flush=True)
        await stopped()


async def _serve_webhook(given: argparse.Namespace) -> None:
    insurer = WebhookInsurer(
        given.insurer,
        given.secret,
        given.ingest_url,
        _policy(given),
        port=given.port,
        reply_after_s=given.reply_after,
    )
    async with insurer:
        print(f"insurer {given.insurer} on {insurer.url}", flush=True)
        await stopped()


if __name__ == "__main__":
    main()
