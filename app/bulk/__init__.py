"""Prices of many points at once: one kernel for HTTP, the command line and a cluster."""
