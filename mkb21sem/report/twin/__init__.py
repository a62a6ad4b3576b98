"""The twin's files, and the report on what it is worth and what it gives away."""
