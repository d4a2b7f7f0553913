"""What Bow Chat's services say to each other: events, topics, identifiers and private-data types."""
