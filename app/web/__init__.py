"""The HTTP service: prices, regions, files, and the page."""
