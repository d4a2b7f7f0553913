"""What the router does with a batch of messages, replies, commands, timers or what counts for a desk."""

from bowchat_router.handlers.inbound import InboundHandler
from bowchat_router.handlers.replies import ReplyHandler

__all__ = ["InboundHandler", "ReplyHandler"]
