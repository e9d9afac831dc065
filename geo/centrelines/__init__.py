"""Real maps to the centrelines that replace inferred lines: the tools of ``landprice network``."""
