"""HTTP service and command line."""
