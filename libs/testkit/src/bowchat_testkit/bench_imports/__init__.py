"""How long imports take, what the book of policies costs, and how fast it answers, at an aggregator's size."""
