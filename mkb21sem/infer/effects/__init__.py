"""What follows from the estimates: paths, direct, indirect and total effects, standardised, with their size."""
