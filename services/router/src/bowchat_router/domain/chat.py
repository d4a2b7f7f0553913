"""What the chat says of which conversation a message goes on with: who has spoken last, who waits for an answer. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bowchat_registry.agreements import Agreement
from bowchat_router.domain.case import Case
from bowchat_router.domain.model import Conversation

HOT = timedelta(minutes=30)
"""So long a message without a word of its own answers the insurer that spoke last."""
REQUESTED = timedelta(hours=24)
"""So long an insurer's question is remembered by who has others to answer as well."""
BURST = timedelta(minutes=2)
"""So long the policyholder goes on with what they said last."""
TOGETHER = timedelta(seconds=20)
"""So long pictures belong together, whoever waits for an answer."""

Running = Sequence[tuple[Conversation, Agreement]]
"""Conversations that are open, with their agreements."""


def spoken(case: Case, running: Running) -> Running:
    """Those whose insurers have spoken since the policyholder last wrote anywhere."""
    wrote_at = case.dossier.wrote_at
    return [each for each in running if wrote_at is None or (each[0].spoke_at or wrote_at) > wrote_at]


def awaiting(running: Running, since: datetime | None = None) -> Running:
    """Those whose insurers have spoken since the policyholder last wrote in them, and since that moment."""
    return [
        (each, agreement)
        for each, agreement in running
        if each.waits_since and (since is None or each.waits_since >= since)
    ]


def going_on(case: Case, running: Running) -> Running:
    """Where it goes on from what was said last: the answer to the one insurer that has spoken since the policyholder last
    wrote, what the policyholder says in a burst, a picture for the one insurer that waits for something.

    A few words answer who spoke last; a whole sentence may answer any insurer that waits.
    """
    now = case.heard.received_at
    last, waiting = spoken(case, running), awaiting(running, now - REQUESTED)
    if last:
        is_answer = len(last) == 1 and (len(waiting) == 1 or not case.is_sentence)
        answered = awaiting(last, now - HOT) if is_answer else ()
    else:
        answered = _burst(case, running)
    if not answered and case.heard.is_wordless and len(awaiting(running)) == 1:
        return waiting
    return answered


def _burst(case: Case, running: Running) -> Running:
    """Where the policyholder wrote last, a moment ago. Words are no part of it where an insurer waits for an answer."""
    now, wrote_at = case.heard.received_at, case.dossier.wrote_at
    span = BURST
    if awaiting(running, now - HOT):
        span = TOGETHER if case.heard.is_wordless else timedelta.min
    return [each for each in running if each[0].last_message_at == wrote_at and now - wrote_at <= span]
