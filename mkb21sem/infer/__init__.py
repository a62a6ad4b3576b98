"""What may be concluded from a fit."""
