"""The lines that bound regions: from what the gazette says and what was observed to positions."""
