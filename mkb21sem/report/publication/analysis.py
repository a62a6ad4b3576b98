"""Everything that a published analysis reports, from a wave, a model and hypotheses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pandas as pd

from mkb21sem.checkpoint import Checkpoint
from mkb21sem.describe.suppression import threshold_of
from mkb21sem.errors import Mkb21Error
from mkb21sem.estimate.choice import AUTO
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.certificates.certificate import Certificate, certificate
from mkb21sem.infer.localfit.modification import modification
from mkb21sem.infer.localfit.residuals import residuals
from mkb21sem.infer.planning.sensitivity import sensitivity
from mkb21sem.report.dossier.inquiry import Depth, Inquiry, inquire
from mkb21sem.report.inference.inference import Inference, Sampling, Silent, Steps, infer
from mkb21sem.report.privacy.dossier import shareable
from mkb21sem.report.privacy.publication import protected_choice, protected_sizes
from mkb21sem.report.study import Study, study
from mkb21sem.report.waves.comparison import Comparison, comparison
from mkb21sem.specify.declaration import Declaration
from mkb21sem.specify.deviations import of_study
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Plan
from mkb21sem.survey.wave import Wave
from mkb21sem.survey.waves import Waves

Found = TypeVar("Found")
DEPTH = Depth(draws=500, random=500, polychoric=False, thorough=False)
"""How deep the measurement is looked into; `mkb21sem validate` goes on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked for, as far as it decides numbers.

    Attributes
    ----------
    estimator, missing
        A name, or ``auto``.
    sampling
        Where intervals come from.
    items, weights
        The model on single items and a column of weights, for the comparison with other choices.
    robustness
        Whether hypotheses are judged again under other choices.
    suppress
        Counts below it are hidden; 0: none. None is 10 for real respondents and 0 for a synthetic wave.
    """

    estimator: str = AUTO
    missing: str = AUTO
    sampling: Sampling = field(default_factory=Sampling)
    items: Model | None = None
    weights: str | None = None
    robustness: bool = True
    suppress: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What came out; None and empty frames where something can't be had, with the reason in ``absent``.

    Attributes
    ----------
    asked, declaration
        What was asked for, and what only the authors can say.
    study
        Wave, model, hypotheses, plan with deviations, the fit, its indices, the other estimator, semopy's opinion.
    inference
        Verdicts, effects, registered zeros, other choices, rivals, equivalent models. Its fit is the study's.
    claimed
        Whether the hypotheses were given; otherwise every arrow is tested, two-sided.
    inquiry
        Screening, missing answers, reliability, validity and method bias of the wave's scales.
    sensitivity
        As `mkb21sem.infer.planning.sensitivity.sensitivity` gives it.
    certificate
        Whether the fit is a minimum, identified and admissible.
    modification, residuals
        Score tests with expected parameter changes; residual correlations with standard errors.
    comparison
        Invariance, latent means and replication over waves or groups; None where there are none.
    absent
        What could not be had, and why.
    """

    asked: Asked
    declaration: Declaration
    study: Study
    inference: Inference
    claimed: bool
    inquiry: Inquiry | None
    sensitivity: pd.DataFrame
    certificate: Certificate | None
    modification: pd.DataFrame
    residuals: pd.DataFrame
    comparison: Comparison | None
    absent: tuple[tuple[str, str], ...]

    @property
    def found(self) -> Fit:
        """The fit that is interpreted."""
        return self.study.found

    @property
    def wave(self) -> Wave:
        """The answers that the model is fitted to."""
        return self.study.wave

    @property
    def threshold(self) -> int:
        """Counts of respondents below it are hidden; 0 where none are."""
        return threshold_of(self.asked.suppress, self.wave.synthetic)

    @property
    def model(self) -> Model:
        """The model that is interpreted, which is the one that was asked for."""
        return self.study.model


def analyse(
    wave: Wave,
    model: Model,
    hypotheses: Sequence[Hypothesis],
    restrictions: Sequence[Hypothesis] = (),
    *,
    declaration: Declaration | None = None,
    claimed: bool = True,
    asked: Asked | None = None,
    plan: Plan | None = None,
    waves: Waves | None = None,
    group: str = "",
    step: Steps | None = None,
    checkpoint: Checkpoint | None = None,
) -> Analysis:
    """Do everything that a published analysis reports.

    Parameters
    ----------
    wave, model, hypotheses, restrictions
        Checked already; ``restrictions`` are arrows registered as zero.
    declaration
        What only the authors can say.
    claimed
        Whether the hypotheses come from the authors.
    asked
        Options.
    plan
        The frozen plan that this analysis is held against.
    waves
        Several waves, of which ``wave`` is the one that the hypotheses are judged on.
    group
        Question by whose answers respondents are compared where there is one wave; default: the declared one.
    step
        Told what is being done.
    checkpoint
        Where finished draws and choices are kept while it runs.

    Raises
    ------
    WaveError, FitError
        The model can't be fitted to this wave. Not converging is no error: see ``found.converged``.
    OptionError
        An unknown word, options that don't go together, or a threshold that hides nothing.
    """
    tell, how = step or Silent(), asked or Asked()
    threshold = threshold_of(how.suppress, wave.synthetic)
    declared = declaration or Declaration()
    absent: dict[str, str] = {}
    done = study(wave, model, hypotheses, how.estimator, how.missing, tell, plan)
    judged = infer(
        wave,
        model,
        hypotheses,
        restrictions,
        estimator=how.estimator,
        missing=how.missing,
        sampling=how.sampling,
        robust=how.robustness,
        items=how.items,
        weights=how.weights,
        step=tell,
        checkpoint=checkpoint,
        plan=plan,
    )
    if plan is not None:
        judged = replace(judged, deviations=(*judged.deviations, *of_study(plan, declared)))
    tell("measurement")
    found = done.found
    inquiry = _attempt("inquiry", absent, lambda: inquire(wave, depth=DEPTH))
    tell("fit")
    detectable = _attempt("sensitivity", absent, lambda: sensitivity(found, list(hypotheses)))
    vouched = _attempt("certificate", absent, lambda: certificate(found))
    freed = _attempt("modification", absent, lambda: modification(found))
    left = _attempt("residuals", absent, lambda: residuals(found, "cor"))
    tell("groups")
    compared = _compared(wave, waves, group or declared.groups, model, hypotheses, absent)
    nothing = pd.DataFrame()
    if threshold:
        done = replace(done, choice=protected_choice(done.choice))
        judged = protected_sizes(judged, threshold)
        inquiry = None if inquiry is None else shareable([inquiry], threshold)[0]
    return Analysis(
        how,
        declared,
        done,
        judged,
        claimed,
        inquiry,
        nothing if detectable is None else detectable,
        vouched,
        nothing if freed is None else freed,
        nothing if left is None else left,
        compared,
        tuple(absent.items()),
    )


def _compared(
    wave: Wave,
    waves: Waves | None,
    group: str,
    model: Model,
    hypotheses: Sequence[Hypothesis],
    absent: dict[str, str],
) -> Comparison | None:
    """Waves compared, or else the groups of the one wave."""
    if waves is not None:
        return _attempt("comparison", absent, lambda: comparison(model, waves, hypotheses))
    if group:
        return _attempt("comparison", absent, lambda: comparison(model, wave, hypotheses, group))
    absent["comparison"] = "there is one wave, and no groups were named"
    return None


def _attempt(what: str, absent: dict[str, str], make: Callable[[], Found]) -> Found | None:
    """What is made, or None with the reason kept."""
    try:
        return make()
    except Mkb21Error as error:
        absent[what] = str(error)
        return None
