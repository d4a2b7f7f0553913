"""How much of what people hide gets through: recall by family, beside other tools, on the same texts in one run."""
