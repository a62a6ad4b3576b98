"""Structural equation modelling of survey waves: read the wave, read the model, fit, judge the hypotheses, draw."""

from mkb21sem.errors import FitError, Mkb21Error, OptionError, SpecError, WaveError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.infer.effects import r_squared, standardized
from mkb21sem.infer.indices import indices
from mkb21sem.infer.verdicts import Verdict, verdicts
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave

__version__ = "0.1.0"

__all__ = [
    "Codebook",
    "Fit",
    "FitError",
    "Hypothesis",
    "Mkb21Error",
    "Model",
    "OptionError",
    "SpecError",
    "Verdict",
    "Wave",
    "WaveError",
    "fit",
    "indices",
    "r_squared",
    "standardized",
    "synthetic_wave",
    "verdicts",
]
