"""Three families of errors, and what the consumer loop does with each."""


class DependencyDownError(Exception):
    """A broker, database or provider is away: pause, back off, try the same batch again. Nothing is parked."""


DATABASE_AWAY, BROKER_AWAY = "the database does not answer", "the Kafka broker does not answer"
"""What `DependencyDownError` says of them; people are told more (`advice`)."""


def no_topic(*names: str) -> str:
    """What is said of topics that nobody has made, and what to do."""
    which = f"topics {', '.join(names)} do" if len(names) > 1 else f"topic {names[0]} does"
    return f"the {which} not exist. Make the topics with: bowchat-topics apply"


class ConflictError(Exception):
    """Somebody else changed what was read: read again and decide again."""


class RejectError(Exception):
    """A record can never be processed: park it. The text names the reason and never quotes the record."""


class SettingsError(Exception):
    """The service cannot start as configured; the text names the variable and what to do."""
