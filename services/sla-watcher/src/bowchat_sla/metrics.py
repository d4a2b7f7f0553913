"""Every metric of the SLA watcher."""

from prometheus_client import Counter, Gauge, Histogram

# Changes of clocks told to the world, by insurer and state: `breached` over `running` is the breach ratio.
CHANGES = Counter("bowchat_sla_changes_total", "Changes of response clocks.", ["insurer", "state"])
# Clocks that run now, warned ones among them.
LIVE_CLOCKS = Gauge("bowchat_sla_live_clocks", "Response clocks that run now.")
# Seconds between the exact time of a warning or breach and its detection.
LATENESS = Histogram(
    "bowchat_sla_timer_lateness_seconds",
    "Seconds between a timer's exact time and its detection.",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300),
)
# Seconds the oldest unfired timer is overdue: above 5 the ticker is in trouble.
OLDEST_OVERDUE = Gauge("bowchat_sla_oldest_overdue_seconds", "Seconds the oldest unfired timer is overdue.")
