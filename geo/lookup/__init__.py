"""From a coordinate to a price: one point or many, without file formats and without HTTP."""
