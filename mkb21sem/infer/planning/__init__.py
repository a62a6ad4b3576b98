"""Planning: power and sample size, what the sample at hand can show, and cut-offs made for the model."""
