"""Simulated insurers: one that reads its Kafka topic, one behind a webhook."""

from bowchat_testkit.insurers.kafka import KafkaInsurer, SeenRecord
from bowchat_testkit.insurers.replying import ReplyPolicy, reply_to, replying, shown_text, silent
from bowchat_testkit.insurers.webhook import Behaviour, SeenCall, WebhookInsurer

__all__ = [
    "Behaviour",
    "KafkaInsurer",
    "ReplyPolicy",
    "SeenCall",
    "SeenRecord",
    "WebhookInsurer",
    "reply_to",
    "replying",
    "shown_text",
    "silent",
]
