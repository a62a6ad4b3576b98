"""Structural equation modelling of survey waves: read the wave, read the model, fit, judge the hypotheses, draw.

Names are imported when they are first used, so that the command line answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkb21sem.describe.adoption import adoption
    from mkb21sem.describe.monitor import monitor
    from mkb21sem.describe.trend import trend
    from mkb21sem.describe.weights import rake
    from mkb21sem.errors import FitError, Mkb21Error, OptionError, SpecError, WaveError
    from mkb21sem.estimate.fit import Fit, fit
    from mkb21sem.estimate.moments import Moments
    from mkb21sem.infer.certificates.certificate import certificate
    from mkb21sem.infer.draws.bollenstine import bollen_stine
    from mkb21sem.infer.draws.bootstrap import Bootstrap, bootstrap
    from mkb21sem.infer.draws.intervals import intervals
    from mkb21sem.infer.draws.montecarlo import monte_carlo
    from mkb21sem.infer.effects.effects import effects, r_squared, standardized
    from mkb21sem.infer.factorscores.scores import scores
    from mkb21sem.infer.globalfit.indices import indices
    from mkb21sem.infer.judging.verdicts import Verdict, verdicts
    from mkb21sem.infer.judging.zeros import zeros
    from mkb21sem.infer.localfit.modification import modification
    from mkb21sem.infer.localfit.residuals import residuals
    from mkb21sem.infer.planning.cutoffs import cutoffs
    from mkb21sem.infer.planning.power import power, required_n
    from mkb21sem.infer.planning.sensitivity import sensitivity
    from mkb21sem.infer.rivals.compare import compare
    from mkb21sem.infer.rivals.family import rivals
    from mkb21sem.infer.robustness.robustness import robustness
    from mkb21sem.infer.waves.ladder import invariance
    from mkb21sem.infer.waves.means import latent_means
    from mkb21sem.infer.waves.partial import partial
    from mkb21sem.infer.waves.replication import replication
    from mkb21sem.report.drawing.diagram import diagram
    from mkb21sem.specify.hypothesis import Hypothesis
    from mkb21sem.specify.model import Model
    from mkb21sem.survey.codebook import Codebook
    from mkb21sem.survey.synthetic import synthetic_wave
    from mkb21sem.survey.wave import Wave
    from mkb21sem.survey.waves import Waves
    from mkb21sem.validate.factors import factors
    from mkb21sem.validate.method import method_bias
    from mkb21sem.validate.reliability import reliability
    from mkb21sem.validate.retain import retain
    from mkb21sem.validate.screening import screen
    from mkb21sem.validate.validity import validity

__version__ = "0.1.0"

_HOMES = {
    "Bootstrap": "infer.draws.bootstrap",
    "Codebook": "survey.codebook",
    "Fit": "estimate.fit",
    "FitError": "errors",
    "Hypothesis": "specify.hypothesis",
    "Mkb21Error": "errors",
    "Model": "specify.model",
    "Moments": "estimate.moments",
    "OptionError": "errors",
    "SpecError": "errors",
    "Verdict": "infer.judging.verdicts",
    "Wave": "survey.wave",
    "WaveError": "errors",
    "Waves": "survey.waves",
    "adoption": "describe.adoption",
    "bollen_stine": "infer.draws.bollenstine",
    "bootstrap": "infer.draws.bootstrap",
    "certificate": "infer.certificates.certificate",
    "compare": "infer.rivals.compare",
    "cutoffs": "infer.planning.cutoffs",
    "diagram": "report.drawing.diagram",
    "effects": "infer.effects.effects",
    "factors": "validate.factors",
    "fit": "estimate.fit",
    "indices": "infer.globalfit.indices",
    "intervals": "infer.draws.intervals",
    "invariance": "infer.waves.ladder",
    "latent_means": "infer.waves.means",
    "method_bias": "validate.method",
    "modification": "infer.localfit.modification",
    "monitor": "describe.monitor",
    "monte_carlo": "infer.draws.montecarlo",
    "partial": "infer.waves.partial",
    "power": "infer.planning.power",
    "r_squared": "infer.effects.effects",
    "rake": "describe.weights",
    "reliability": "validate.reliability",
    "replication": "infer.waves.replication",
    "required_n": "infer.planning.power",
    "residuals": "infer.localfit.residuals",
    "retain": "validate.retain",
    "rivals": "infer.rivals.family",
    "robustness": "infer.robustness.robustness",
    "scores": "infer.factorscores.scores",
    "screen": "validate.screening",
    "sensitivity": "infer.planning.sensitivity",
    "standardized": "infer.effects.effects",
    "synthetic_wave": "survey.synthetic",
    "trend": "describe.trend",
    "validity": "validate.validity",
    "verdicts": "infer.judging.verdicts",
    "zeros": "infer.judging.zeros",
}

__all__ = [
    "Bootstrap",
    "Codebook",
    "Fit",
    "FitError",
    "Hypothesis",
    "Mkb21Error",
    "Model",
    "Moments",
    "OptionError",
    "SpecError",
    "Verdict",
    "Wave",
    "WaveError",
    "Waves",
    "adoption",
    "bollen_stine",
    "bootstrap",
    "certificate",
    "compare",
    "cutoffs",
    "diagram",
    "effects",
    "factors",
    "fit",
    "indices",
    "intervals",
    "invariance",
    "latent_means",
    "method_bias",
    "modification",
    "monitor",
    "monte_carlo",
    "partial",
    "power",
    "r_squared",
    "rake",
    "reliability",
    "replication",
    "required_n",
    "residuals",
    "retain",
    "rivals",
    "robustness",
    "scores",
    "screen",
    "sensitivity",
    "standardized",
    "synthetic_wave",
    "trend",
    "validity",
    "verdicts",
    "zeros",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mkb21sem' has no attribute {name!r}")
    return getattr(import_module(f"mkb21sem.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*_HOMES, "__version__"])
