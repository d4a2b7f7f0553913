"""Many matters in one chat: threads of policyholders who deal with two to four insurers at once, interleaved, and what the
router makes of them.

Each message belongs to a thread by construction, so it is known which insurer it is for. The people are simulated
(`habits`): they say what they mean where the chat would not tell, most of the time, and tap what is right when they are
asked, most of the time. The texts (two sets, `scripts.yaml` and `scripts_passing.yaml`) were written without
sight of the rules and of the taxonomy's words; the rules had been built before the second set was there.

What is taken for granted of people: whoever changes the subject within half an hour of the last thing said says so in some
way, for all share one chat. What several insurers have said since the policyholder last wrote may be answered in any order
and without a word of which.
"""
