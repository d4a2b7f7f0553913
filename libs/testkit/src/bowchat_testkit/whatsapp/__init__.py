"""A simulator of the WhatsApp Cloud API: sends, limits, error codes, faults, statuses, signed webhooks."""

from bowchat_testkit.whatsapp.client import SimClient
from bowchat_testkit.whatsapp.cloud_api import Played, ReceivedMessage
from bowchat_testkit.whatsapp.faults import Fault
from bowchat_testkit.whatsapp.sending import ListRow
from bowchat_testkit.whatsapp.settings import Retries, SimulatorSettings, StatusPlan
from bowchat_testkit.whatsapp.simulator import CloudApiSimulator
from bowchat_testkit.whatsapp.webhooks import Answer

__all__ = [
    "Answer",
    "CloudApiSimulator",
    "Fault",
    "ListRow",
    "Played",
    "ReceivedMessage",
    "Retries",
    "SimClient",
    "SimulatorSettings",
    "StatusPlan",
]
