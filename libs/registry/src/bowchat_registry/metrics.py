"""Every metric of the registry."""

from prometheus_client import Counter, Gauge

# Registry files read again, by what came of it: taken over, or refused with the old version kept.
RELOADS = Counter("bowchat_registry_reloads_total", "Registry reloads.", ["outcome"])
# 1 while the files on disk are refused and an older version is in use.
REFUSED = Gauge("bowchat_registry_refused", "1 while the registry's files are refused.")
# Policies in the registry in use.
POLICIES = Gauge("bowchat_registry_policies", "Policies in the registry in use.")
