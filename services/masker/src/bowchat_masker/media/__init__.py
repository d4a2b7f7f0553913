"""Files that policyholders send: cleaned of all that nobody sees, read where they can be read, held where not."""
