"""Canary taint: webhooks with a word of its own in every leaf and key, and the relay in one process to send them through.

Each provider has a module of generators with two allow-lists: what people typed and insurers may read, and what the relay
keeps for the aggregator. Another provider joins by another such module.
"""

from bowchat_testkit.canary.chain import Chain, Sinks
from bowchat_testkit.canary.planting import Fixed, Planter, words_in

__all__ = ["Chain", "Fixed", "Planter", "Sinks", "words_in"]
