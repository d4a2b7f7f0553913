"""Three families of errors, and what the consumer loop does with each."""


class DependencyDownError(Exception):
    """A broker, database or provider is away: pause, back off, try the same batch again. Nothing is parked."""


_AWAY = {
    "the database does not answer": "Start it, or correct BOWCHAT_MONGO_URI",
    "the Kafka broker does not answer": "Start it, or correct the BOWCHAT_KAFKA_ variables",
}
"""What to do about each dependency that is away."""


def with_advice(error: DependencyDownError) -> str:
    """Its text, and what to do about it, for people."""
    advice = [to_do for what, to_do in _AWAY.items() if str(error).endswith(what)]
    return ". ".join([str(error), *advice])


class ConflictError(Exception):
    """Somebody else changed what was read: read again and decide again."""


class RejectError(Exception):
    """A record can never be processed: park it. The text names the reason and never quotes the record."""


class SettingsError(Exception):
    """The service cannot start as configured; the text names the variable and what to do."""
