"""Every metric of the dispatcher. Labels name our own numbers, insurers and codes, never a recipient."""

from prometheus_client import Counter, Gauge, Histogram

# Attempts to send, by what they came to: accepted, retry, refused, ambiguous.
ATTEMPTS = Counter("bowchat_dispatcher_attempts_total", "Attempts to send.", ["kind", "outcome"])
# Attempts that failed, by the provider's code or our own word for it.
FAILURES = Counter("bowchat_dispatcher_failures_total", "Attempts that failed.", ["kind", "code"])
# Seconds from the first byte to the answer.
ATTEMPT_SECONDS = Histogram(
    "bowchat_dispatcher_attempt_seconds",
    "Seconds an attempt took.",
    ["kind"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30),
)
# Attempts after which people have to repair something: token, payment, permission, an endpoint that is gone.
REPAIRS_NEEDED = Counter(
    "bowchat_dispatcher_repairs_needed_total",
    "Attempts that failed until people repair it.",
    ["channel", "code"],
)
# Deliveries not at their end, by state, as of the last look. `unresolved` waits for people.
DELIVERIES = Gauge("bowchat_dispatcher_deliveries", "Deliveries not at their end.", ["state"])
# Channels (business numbers, insurers) that rest now.
PAUSED = Gauge("bowchat_dispatcher_paused_channels", "Channels that rest.")
# Provider statuses: applied, stale (told nothing new), repeated (a record read again), unmatched (no such delivery).
STATUSES = Counter("bowchat_dispatcher_statuses_total", "Provider statuses.", ["effect"])
# Requests to deliver: new, repeated (a record read again), duplicate (the same at another place, absorbed).
REQUESTS = Counter("bowchat_dispatcher_requests_total", "Requests to deliver.", ["kind", "effect"])
# State changes that are in the ledger and not yet announced.
UNANNOUNCED = Gauge("bowchat_dispatcher_unannounced", "State changes not yet announced.")
# Files of policyholders, by what became of them: stored, or the reason why they will never come.
MEDIA = Counter("bowchat_dispatcher_media_total", "Files fetched from the provider.", ["outcome"])
