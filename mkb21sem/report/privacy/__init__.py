"""What outputs that are shared must not tell: single respondents, and small groups of them."""
