"""The service as processes: one that takes what is published, and workers that answer from it."""
