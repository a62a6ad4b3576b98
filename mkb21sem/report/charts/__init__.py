"""Charts: one style, on paper and on a screen, in the reader's language."""
