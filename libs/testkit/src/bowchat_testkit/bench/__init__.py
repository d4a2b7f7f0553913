"""`make bench`: the whole relay on Apache Kafka, beside a bare chain of the same hops that does no work."""
