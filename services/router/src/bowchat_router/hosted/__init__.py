"""A hosted model, where the aggregator names one: asked what a text is about when rules, context and the own classifier
leave a doubt. It sees masked text only, has little time, and is never needed.
"""

from bowchat_router.hosted.readings import HostedReadings

__all__ = ["HostedReadings"]
