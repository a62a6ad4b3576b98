"""From a fit and what was expected of it to verdicts."""
