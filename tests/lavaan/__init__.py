"""lavaan's numbers, with the R script that made them."""
