"""Every metric of the router."""

from prometheus_client import Counter, Gauge

# Messages routed, by outcome and by what decided (a rule of the registry counts as `rule`).
MESSAGES = Counter("bowchat_router_messages_total", "Messages routed.", ["outcome", "decided_by"])
# Messages and replies that came again at another place in the topic, and had no second effect.
DUPLICATES = Counter("bowchat_router_duplicates_total", "Duplicates absorbed.")
# Conversations opened.
OPENED = Counter("bowchat_router_conversations_opened_total", "Conversations opened.")
# Contacts whose identities were linked, or contradicted each other and were kept apart.
LINKS = Counter("bowchat_router_contact_links_total", "Identities linked or kept apart.", ["outcome"])
# Rows of imports that were taken, removals among them: policies, contacts.
IMPORTED = Counter("bowchat_router_imported_rows_total", "Imported rows taken.", ["kind"])
# Imported policies that this process knows.
POLICIES = Gauge("bowchat_router_imported_policies", "Imported policies known.")
# Events that decisions gave besides routed messages, by type: conversations that changed, prompts, answers to commands.
TOLD = Counter("bowchat_router_told_total", "Events told besides routed messages.", ["type"])
# Texts in doubt for a hosted model: answered; failed (late, wrong, away); withheld, since it was not certain that they tell
# of nobody; unasked, since it rests after failures or the time was over.
HOSTED = Counter("bowchat_router_hosted_model_total", "Texts for a hosted model.", ["outcome"])
# Conversations in each desk's line, and the places they and the others take, as this process last decided.
DESK_WAITING = Gauge("bowchat_router_desk_waiting", "Conversations in a desk's line.", ["desk"])
DESK_LOAD = Gauge("bowchat_router_desk_load", "Places taken at a desk.", ["desk"])
# 1 while a desk breaks too many promises and gets no new work.
DESK_FAILING = Gauge("bowchat_router_desk_failing", "1 while a desk fails.", ["desk"])
# What became of conversations that came to a desk's line: admit, wait, backup, triage.
DESK_DECISIONS = Counter(
    "bowchat_router_desk_decisions_total", "Decisions of desks' lines.", ["desk", "what"]
)
