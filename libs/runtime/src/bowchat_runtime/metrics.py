"""The metrics every service has. Each service adds its own in its `metrics.py`."""

from prometheus_client import Counter, Gauge, Histogram

# Records consumed, whatever became of them.
RECORDS = Counter("bowchat_records_total", "Records consumed.", ["service", "topic"])
# Records set aside because they failed, or stand behind one that did.
PARKED = Counter("bowchat_parked_total", "Records parked.", ["service", "topic"])
# Seconds from reading a batch to its commit.
BATCH_SECONDS = Histogram(
    "bowchat_batch_seconds",
    "Seconds from reading a batch to its commit.",
    ["service", "subscription"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30),
)
# How many records a batch held.
BATCH_RECORDS = Histogram(
    "bowchat_batch_records",
    "Records in a batch.",
    ["service", "subscription"],
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500),
)
# Seconds from the writing of a record to its end in this service: one hop.
HOP_SECONDS = Histogram(
    "bowchat_hop_seconds",
    "Seconds from a record's writing to its end in this service.",
    ["service", "topic"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60),
)
# 1 while a dependency does not answer and the service backs off.
DEPENDENCY_DOWN = Gauge(
    "bowchat_dependency_down", "1 while a dependency does not answer.", ["service", "dependency"]
)
# Records set aside and not yet released.
PARKED_OUTSTANDING = Gauge("bowchat_parked_outstanding", "Records parked and not yet released.", ["service"])
# Batches decided again because somebody else had changed what was read.
CONFLICTS = Counter(
    "bowchat_conflicts_total", "Batches decided again after a lost compare-and-set.", ["service"]
)
# Records on the broker that this service has not done yet.
CONSUMER_LAG = Gauge("bowchat_consumer_lag", "Records not yet done.", ["service", "topic"])
# Events published and acknowledged.
PUBLISHED = Counter("bowchat_published_total", "Events published and acknowledged.", ["service", "topic"])
# Values that the logs' last processor had to mask: something upstream logs what it should not.
LOG_REDACTIONS = Counter("bowchat_log_redactions_total", "Values masked in log lines.", ["service"])
