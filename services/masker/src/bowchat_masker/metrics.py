"""Every metric of the masker beside those that each service has."""

from prometheus_client import Counter

# Policyholders' messages, by what became of them: relayed, held, learned (no insurer yet, or no place at its desk);
# reason of a hold.
MESSAGES = Counter(
    "bowchat_masker_messages_total", "Messages on their way to an insurer.", ["outcome", "reason"]
)
# Values masked in what people typed, by type.
FINDINGS = Counter("bowchat_masker_findings_total", "Values masked in texts.", ["type"])
# Insurers' replies, by what became of them: accepted, held, refused, command, repeated, absorbed; and why.
REPLIES = Counter("bowchat_masker_replies_total", "Replies on their way back.", ["outcome", "reason"])
# What insurers wrote on their phones, by what became of it: addressed, waiting, answered, refused, expired, repeated.
PHONE_REPLIES = Counter(
    "bowchat_masker_phone_replies_total", "Replies from insurers' phones.", ["insurer", "outcome"]
)
# What was found in insurers' replies (solicitation, contact_details), by what became of the reply.
REPLY_FINDINGS = Counter(
    "bowchat_masker_reply_findings_total",
    "Solicitation and contact details in replies.",
    ["insurer", "what", "outcome"],
)
# What the relay asks or tells policyholders, by what became of it: accepted, held, refused; and why.
PROMPTS = Counter(
    "bowchat_masker_prompts_total", "Prompts on their way to a policyholder.", ["outcome", "reason"]
)
# STOP and START of policyholders, by insurer.
SWITCHED = Counter(
    "bowchat_masker_switched_total", "STOP and START, by what they led to.", ["insurer", "state"]
)
# Contacts whose sending was frozen because their number changed.
FROZEN = Counter("bowchat_masker_frozen_total", "Contacts frozen after a change of number.")
# People who were erased.
ERASED = Counter("bowchat_masker_erased_total", "People erased by command.")
# What people decided on held messages and replies: released, rewritten, blocked; or a command that was refused.
HELD_ENDS = Counter(
    "bowchat_masker_held_ends_total", "Commands on what was held, by what came of them.", ["end"]
)
# Files of policyholders, by what became of them: ready, held, blocked, failed; and why.
MEDIA = Counter("bowchat_masker_media_total", "Files on their way to an insurer.", ["outcome", "reason"])
