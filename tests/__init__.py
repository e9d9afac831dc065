"""Tests; a regular package, because an installed one (pygeoapi) brings a `tests` of its own."""
