"""The masker: swaps identities. What an insurer may see, which contact an alias is, and may this reply go out."""
