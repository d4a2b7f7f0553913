"""The three things the masker listens to: messages on their way in, replies on their way back, conversations."""

from bowchat_masker.handlers.conversations import ConversationFollower
from bowchat_masker.handlers.inbound import InboundMasker
from bowchat_masker.handlers.replies import ReplyMasker

__all__ = ["ConversationFollower", "InboundMasker", "ReplyMasker"]
