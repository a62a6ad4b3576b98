"""The planning report: power and sample size for every hypothesis, what a sample can show, and cut-offs."""
