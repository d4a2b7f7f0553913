"""Finds the contact, policy, conversation, insurer and desk of every message."""
