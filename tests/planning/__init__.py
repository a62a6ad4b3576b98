"""Reference numbers of rival models and planning, with the R script that made them."""
