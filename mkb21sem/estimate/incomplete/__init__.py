"""Missing answers: rows grouped by what they answered, and likelihoods that use all of them."""
