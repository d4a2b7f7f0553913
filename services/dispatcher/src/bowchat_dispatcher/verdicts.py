"""What an answer to one attempt means for the delivery: retry, refuse, wait, pause. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bowchat_dispatcher.codes import NOT_THE_PROVIDER, REFUSE_AND_ALERT, RETRY, TREATMENTS, Treatment
from bowchat_dispatcher.domain import Row, Verdict, failures_after

WHATSAPP_MAX_AGE = timedelta(hours=24)
"""After the customer service window has closed for certain, a text cannot be sent at all."""
_LONGEST_WAIT_S = 300.0
_UNREACHABLE_WAIT_S = 15.0
_LONGEST_RETRY_AFTER_S = 24 * 3600.0
_DISABLED_PROBE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Taken:
    """The other side has it."""

    provider_ref: str | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """Not one byte of the message left."""

    code: str
    final: bool = False
    """It can never be sent as it is."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Bytes left and no answer came that tells what became of them."""

    code: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The other side answered, and did not take it."""

    status: int
    code: int | None = None
    transient: bool = False
    retry_after_s: float | None = None


Answer = Taken | NotSent | Unclear | Declined


def judge_whatsapp(row: Row, answer: Answer, now: datetime) -> Verdict:
    """What the Cloud API's answer means."""
    verdict = _judge_whatsapp(row, answer)
    if verdict.outcome == "retry" and now - row.created_at > WHATSAPP_MAX_AGE:
        return Verdict("refused", "expired", alert=verdict.alert)
    return verdict


def _judge_whatsapp(row: Row, answer: Answer) -> Verdict:
    match answer:
        case Taken():
            return Verdict("accepted", provider_ref=answer.provider_ref)
        case NotSent(final=True):
            return Verdict("refused", answer.code)
        case NotSent():
            wait = min(2.0 ** (failures_after(row, answer.code) - 1), _UNREACHABLE_WAIT_S)
            return Verdict("retry", answer.code, after_s=wait, pause_s=min(wait, 5.0))
        case Unclear():
            return Verdict("ambiguous", answer.code)
        case Declined():
            return _treated(row, answer)


def _treated(row: Row, answer: Declined) -> Verdict:
    code = str(answer.code) if answer.code is not None else f"http_{answer.status}"
    if answer.code is None and answer.status >= 500:
        return Verdict("ambiguous", code)
    treatment = _treatment(answer)
    if treatment is None:
        return Verdict("ambiguous", code)
    failures = failures_after(row, code)
    if treatment.action == "refuse" or (treatment.limit is not None and failures >= treatment.limit):
        return Verdict("refused", code, alert=treatment.alert)
    wait = min(treatment.wait_s * treatment.factor ** (min(failures, 10) - 1), _LONGEST_WAIT_S)
    wait = max(wait, _bounded(answer.retry_after_s))
    return Verdict("retry", code, after_s=wait, pause_s=treatment.pause_s, alert=treatment.alert)


def _treatment(answer: Declined) -> Treatment | None:
    """None: nobody can tell whether the message was taken."""
    if answer.code is None:
        return NOT_THE_PROVIDER
    known = TREATMENTS.get(answer.code)
    if known is not None:
        return known
    if answer.transient:
        return RETRY
    return None if answer.status >= 500 else REFUSE_AND_ALERT


def judge_webhook(row: Row, answer: Answer, schedule_s: Sequence[float], jitter: float) -> Verdict:
    """What an insurer's answer means. `jitter` in 0..1 spreads the retries.

    Sending twice is harmless: the webhook's id is the same.
    """
    match answer:
        case Taken():
            return Verdict("accepted")
        case NotSent(final=True):
            return Verdict("refused", answer.code, alert=True)
        case Declined(status=410):
            return Verdict(
                "retry", "http_410", after_s=_DISABLED_PROBE_S, alert=True, disable=True, counted=False
            )
        case Declined():
            code, least = f"http_{answer.status}", _bounded(answer.retry_after_s)
        case _:
            code, least = answer.code, 0.0
    done = failures_after(row, code)
    if done >= len(schedule_s):
        return Verdict("refused", code, alert=True)
    wait = max(schedule_s[done] * (1.0 + 0.1 * jitter), least)
    throttled = code in {"http_429", "http_502", "http_504"}
    return Verdict("retry", code, after_s=wait, pause_s=max(least, min(wait, 5.0)) if throttled else 0.0)


def _bounded(seconds: float | None) -> float:
    return min(max(seconds or 0.0, 0.0), _LONGEST_RETRY_AFTER_S)
