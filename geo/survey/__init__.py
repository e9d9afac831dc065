"""What to observe next, and what comes back from the spot."""
