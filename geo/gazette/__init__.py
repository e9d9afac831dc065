"""The gazette: its text to records, and what it says of where lines run and in which order."""
