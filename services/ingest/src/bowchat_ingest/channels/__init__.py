"""One module per provider: its bodies in, the same few items out."""
