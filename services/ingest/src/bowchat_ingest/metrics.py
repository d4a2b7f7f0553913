"""The metrics of ingest."""

from prometheus_client import Counter, Gauge, Histogram

# Webhooks of a provider, by the status code of the answer.
WEBHOOKS = Counter("bowchat_ingest_webhooks_total", "Webhooks answered.", ["provider", "code"])
# Seconds from a webhook's first byte to its answer. Meta asks for a median of 250 ms.
WEBHOOK_SECONDS = Histogram(
    "bowchat_ingest_webhook_seconds",
    "Seconds from a webhook's arrival to its answer.",
    ["provider"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
# Messages and statuses made into events, by content: text, button, choice, other, status.
ITEMS = Counter("bowchat_ingest_items_total", "Messages and statuses received.", ["provider", "kind"])
# Parts of webhooks that are neither, by reason, from a closed list.
IGNORED = Counter(
    "bowchat_ingest_ignored_total", "Parts of webhooks without an event.", ["provider", "reason"]
)
# Replies of insurers over HTTPS, by the status code of the answer. The insurer is empty where nobody has proved to be one.
REPLIES = Counter(
    "bowchat_ingest_replies_total", "Insurers' replies answered over HTTPS.", ["insurer", "code"]
)
# Requests that are being read or wait for Kafka's acknowledgement.
IN_FLIGHT = Gauge("bowchat_ingest_requests_in_flight", "Requests being worked on.", ["lane"])
# Links to cleaned files that were followed, by the status code of the answer.
MEDIA = Counter("bowchat_ingest_media_total", "Links to files followed.", ["code"])
# Bodies of policies or contacts, by the status code of the answer.
IMPORTS = Counter(
    "bowchat_ingest_imports_total", "Bodies of policies or contacts answered.", ["kind", "code"]
)
# Rows of policies or contacts that were passed on.
ROWS = Counter("bowchat_ingest_imported_rows_total", "Rows of policies or contacts passed on.", ["kind"])
