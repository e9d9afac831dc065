"""Maps drawn from the built regions."""
