"""Moments as they are kept. Reads no clock."""

from datetime import datetime


def whole_milliseconds(moment: datetime) -> datetime:
    """A moment as the database gives it back: what is made of it again after a crash has the same bytes."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
