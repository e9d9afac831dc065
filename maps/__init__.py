"""Maps of an edition: on paper and on screen."""
