"""JSON logs: fixed event names and identifiers, never a body; a last processor redacts what slips in."""

import logging
import re
import sys
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_REDACTIONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"wamid\.[A-Za-z0-9+/=_-]+"), "[message-id]"),
    (re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24}"), "[email]"),
    (re.compile(r"\b[A-Z]{2}\.(?:ENT\.)?[0-9]{6,128}\b"), "[bsuid]"),
    (re.compile(r"\+?\(?\d(?:[\s().-]{0,3}\d){6,20}"), "[number]"),
    (re.compile(r"\d{7,}"), "[number]"),
)
# Written by the machine itself and full of digits: times, trace ids and positions.
_TRUSTED_KEYS = frozenset({"timestamp", "level", "service", "trace_ids", "trace_id", "seconds", "positions"})

# Seven digits: the shortest that could be somebody's number.
_LONG_NUMBER = 10**6


class Redactor:
    """A processor that masks numbers, e-mail addresses and provider ids in every value, however deep."""

    def __init__(self, on_hit: Callable[[], None] = lambda: None) -> None:
        self._on_hit = on_hit

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {key: value if key in _TRUSTED_KEYS else self._clean(value) for key, value in event.items()}

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._clean_text(value)
        if isinstance(value, dict):
            return {self._clean(key): self._clean(each) for key, each in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._clean(each) for each in value]
        if value is None or isinstance(value, float):
            return value
        if isinstance(value, int):
            return "[number]" if abs(value) >= _LONG_NUMBER else value
        return self._clean_text(repr(value))

    def _clean_text(self, text: str) -> str:
        cleaned = text
        for pattern, mask in _REDACTIONS:
            cleaned = pattern.sub(mask, cleaned)
        if cleaned != text:
            self._on_hit()
        return cleaned


def configure(service: str, level: int, on_redaction: Callable[[], None] = lambda: None) -> None:
    """Send the program's own and every library's log lines to standard output as JSON, redacted."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service),
        _plain_exceptions,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                Redactor(on_redaction),
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # One line per connection or request says nothing that ours do not.
    for noisy in ("httpx", "httpcore", "uvicorn.access", "pymongo", "faststream"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It writes hundreds of lines a second while a broker is away; the loop and the watchdog say it once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def _dumps(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def _named(service: str) -> Processor:
    def add(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return add


def _plain_exceptions(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Class and place of an exception, never its text: texts quote what they choked on."""
    found = event.pop("exc_info", None)
    if found:
        error = (
            found
            if isinstance(found, BaseException)
            else (found[1] if isinstance(found, tuple) else sys.exc_info()[1])
        )
        event["error"] = where(error) if error is not None else "unknown"
    return event


def where(error: BaseException) -> str:
    """`KeyError at domain.py:41`: what went wrong and where, without what it was about."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
