"""Repeated cross-sections: are waves comparable, what changed, and do the hypotheses hold again."""
