"""The HTTP side: a 200 or 202 is given only for what Kafka has acknowledged."""
