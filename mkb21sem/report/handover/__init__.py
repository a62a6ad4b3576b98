"""A fitted model in the words of other programs, and the sample in forms they read."""
