"""The dispatcher: sends, once, and proves what was sent."""
