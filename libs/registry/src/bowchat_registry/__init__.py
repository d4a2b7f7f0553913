"""What the aggregator has agreed with its insurers, how messages are told apart, and which policies it sold."""
