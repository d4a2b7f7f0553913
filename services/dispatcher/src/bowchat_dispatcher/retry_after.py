"""The `Retry-After` header, in seconds. Source: RFC 9110, section 10.2.3."""


def retry_after_s(value: str | None) -> float | None:
    """The seconds asked for. The form with a date is not read: it would need the other side's clock."""
    if value is None or not value.strip().isdecimal() or len(value) > 9:
        return None
    return float(value)
