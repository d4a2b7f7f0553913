"""The audit log: every event of every topic, once, in order, and the accounts that balance over it."""
