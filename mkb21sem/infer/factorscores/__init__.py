"""Where each respondent stands on the constructs."""
