"""Simulated insurers: one that reads its Kafka topic, one behind a webhook, one on a phone."""

from bowchat_testkit.insurers.kafka import KafkaInsurer, SeenRecord
from bowchat_testkit.insurers.replying import ReplyPolicy, reply_to, replying, shown_text, silent
from bowchat_testkit.insurers.webhook import Behaviour, SeenCall, WebhookInsurer
from bowchat_testkit.insurers.whatsapp import WhatsAppInsurer

__all__ = [
    "Behaviour",
    "KafkaInsurer",
    "ReplyPolicy",
    "SeenCall",
    "SeenRecord",
    "WebhookInsurer",
    "WhatsAppInsurer",
    "reply_to",
    "replying",
    "shown_text",
    "silent",
]
