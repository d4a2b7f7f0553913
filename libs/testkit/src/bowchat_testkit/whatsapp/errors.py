"""The Cloud API's errors that the simulator answers, in Meta's envelope."""

from typing import Any, NamedTuple

from bowchat_testkit.whatsapp_payloads import Json


class _Known(NamedTuple):
    title: str
    status: int


_KNOWN = {
    1: _Known("An unknown error occurred", 400),
    2: _Known("Service temporarily unavailable", 503),
    4: _Known("Application request limit reached", 400),
    33: _Known("Unsupported post request", 400),
    100: _Known("Invalid parameter", 400),
    190: _Known("Error validating access token", 401),
    368: _Known("Temporarily blocked for policies violations", 403),
    80007: _Known("Rate limit issues", 400),
    130429: _Known("Rate limit hit", 400),
    130472: _Known("User's number is part of an experiment", 400),
    131000: _Known("Something went wrong", 500),
    131005: _Known("Access denied", 403),
    131008: _Known("Required parameter is missing", 400),
    131009: _Known("Parameter value is not valid", 400),
    131016: _Known("Service unavailable", 500),
    131021: _Known("Recipient cannot be sender", 400),
    131026: _Known("Message undeliverable", 400),
    131031: _Known("Account has been locked", 403),
    131042: _Known("Business eligibility payment issue", 400),
    131047: _Known("Re-engagement message", 400),
    131048: _Known("Spam rate limit hit", 400),
    131049: _Known("Message not delivered to maintain healthy ecosystem engagement", 400),
    131051: _Known("Unsupported message type", 400),
    131056: _Known("(Business Account, Consumer Account) pair rate limit hit", 400),
    131057: _Known("Account in maintenance mode", 500),
    133004: _Known("Server temporarily unavailable", 503),
    133010: _Known("Phone number not registered", 400),
}
"""Titles and HTTP statuses as published; a caller must branch on the code alone."""

_TRANSIENT = frozenset({2, 131016, 133004})


class ApiError(Exception):
    """A send is refused. `details` says what to do about it."""

    def __init__(self, code: int, details: str | None = None) -> None:
        known = _KNOWN.get(code, _Known("Generic user error", 400))
        super().__init__(f"(#{code}) {known.title}")
        self.code = code
        self.status = known.status
        self.title = known.title
        self.details = details or f"{known.title}."

    def envelope(self, trace: str) -> Json:
        """The body of the answer."""
        error: dict[str, Any] = {
            "message": str(self),
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": trace,
        }
        if self.code in _TRANSIENT:
            error["is_transient"] = True
        return {"error": error}

    def in_status(self) -> Json:
        """The element of `errors` in a failed status."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details},
            "href": "/documentation/business-messaging/whatsapp/support/error-codes",
        }
