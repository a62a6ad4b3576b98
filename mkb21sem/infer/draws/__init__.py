"""How sure, by drawing: bootstrap, Monte Carlo, and the intervals they give."""
