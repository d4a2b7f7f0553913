"""Every metric of the audit log."""

from prometheus_client import Counter, Gauge

# Entries appended, by topic.
APPENDED = Counter("bowchat_audit_appended_total", "Entries appended to the log.", ["topic"])
# Records that added nothing because their event was in the log: a writer told it twice.
ABSORBED = Counter("bowchat_audit_absorbed_total", "Duplicate records absorbed.", ["topic"])
# Absorbed records that say something else than the entry with their id: a writer does not keep its word.
CONTRADICTIONS = Counter(
    "bowchat_audit_contradictions_total", "Duplicates with another content than the entry.", ["topic"]
)
# Records without a readable envelope; they are in the log all the same.
UNREADABLE = Counter("bowchat_audit_unreadable_total", "Records without a readable envelope.", ["topic"])
# The place of the last entry this process appended.
LAST_SEQ = Gauge("bowchat_audit_last_seq", "The place of the last entry appended.")
# 1 when records were lost before they were audited or the log is damaged: the process stops, and people have to look.
BROKEN = Gauge(
    "bowchat_audit_broken", "1 when the log has stopped because records are missing or it is damaged."
)
