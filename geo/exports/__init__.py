"""One module a format, and what they share; ``geo.exports.writers`` is the way in."""
