"""Map sheets on paper, as the gazette prints them; drawn by matplotlib."""
