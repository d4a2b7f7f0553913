"""How well the router reads messages that nobody worded it after, beside two simpler ways."""
