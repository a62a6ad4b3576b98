"""A synthetic twin of a wave, how useful it is, and what it gives away."""
