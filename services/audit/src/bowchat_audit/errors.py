"""The one error that stops the audit log."""


class LogBrokenError(Exception):
    """Records were lost before they were audited, or the log is not what was appended. The text says what to do."""
