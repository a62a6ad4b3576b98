"""A document whatever it is printed as: HTML page, Word file, PDF, Markdown."""
