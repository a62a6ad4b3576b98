"""How well the model as a whole agrees with the sample: tests and indices of fit."""
