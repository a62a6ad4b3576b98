"""The invariance ladder in one call: each rung fitted, compared with the one below, and held against criteria."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pandas as pd

from mkb21sem.errors import FitError, one_of
from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.estimators import ESTIMATORS
from mkb21sem.estimate.fit import Fit, fit_layout
from mkb21sem.estimate.moments import Moments
from mkb21sem.estimate.rows import moments
from mkb21sem.infer.globalfit.indices import indices
from mkb21sem.infer.rivals.difference import difference
from mkb21sem.infer.rivals.nesting import Nesting
from mkb21sem.infer.waves.criteria import verdicts
from mkb21sem.infer.waves.groups import Groups, Source, grouped
from mkb21sem.infer.waves.robust import Robust, rung_indices
from mkb21sem.infer.waves.rungs import CONTINUOUS, ORDINAL, Plan
from mkb21sem.parallel import one_thread
from mkb21sem.specify.model import Model

ALPHA = 0.05
EQUATED = {
    "configural": "none",
    "metric": "loadings",
    "scalar": "loadings, intercepts",
    "strict": "loadings, intercepts, residual variances",
    "thresholds": "thresholds",
    "loadings": "thresholds, loadings",
    "intercepts": "thresholds, loadings, intercepts",
    "residuals": "thresholds, loadings, intercepts, residual variances",
}
"""What is equal over waves on each rung."""


@dataclass(frozen=True)
class Step:
    """One rung, fitted.

    Attributes
    ----------
    name
        Of the rung.
    number
        From 0, the configural one.
    fit
        What came out.
    against
        Scaled difference test against the rung below that was fitted; None for the first.
    reason
        Why there is no fit, or no claim of its own; empty where there is both.
    """

    name: str
    number: int
    fit: Fit | None
    against: Test | None
    reason: str = ""


@dataclass(frozen=True)
class Ladder:
    """The rungs of a measurement model over waves or other groups.

    Attributes
    ----------
    plan
        The measurement part, the waves, and what is released.
    groups
        The answers and what was done to them.
    steps
        From configural up.
    alpha
        Level of the difference tests.
    """

    plan: Plan
    groups: Groups
    steps: tuple[Step, ...]
    alpha: float = ALPHA

    @property
    def ordinal(self) -> bool:
        """Whether it is the ladder for ordinal items."""
        return self.plan.rungs == ORDINAL

    def __getitem__(self, name: str) -> Fit:
        """The fit of a rung.

        Raises
        ------
        OptionError
            No such rung.
        FitError
            The rung could not be fitted.
        """
        one_of("rung", name, self.plan.rungs)
        step = self.steps[self.plan.rungs.index(name)]
        if step.fit is None or not step.fit.converged:
            raise FitError(f"the {name} rung has no estimates: {step.reason or (step.fit.cause if step.fit else '')}")
        return step.fit

    @cached_property
    def holds(self) -> str:
        """The highest rung up to which no difference test rejects; empty if the configural one has no fit."""
        highest = ""
        for step in self.steps:
            if step.fit is None or not step.fit.converged:
                break
            if step.against is not None and step.against.pvalue < self.alpha:
                break
            highest = step.name
        return highest

    def reaches(self, word: str) -> bool:
        """Whether loadings, intercepts … are among what may be held equal."""
        return bool(self.holds) and self.plan.rungs.index(self.holds) >= self.plan.number(word)

    @cached_property
    def _indices(self) -> tuple[pd.Series[float], ...]:
        values = []
        for step, robust in zip(self.steps, self._robust, strict=True):
            known = step.fit is not None and step.fit.converged
            each = indices(step.fit) if known and step.fit is not None else pd.Series(dtype=float)
            if robust is not None:
                each["cfi.robust"], each["rmsea.robust"] = robust.cfi, robust.rmsea
            values.append(each)
        return tuple(values)

    @cached_property
    def _robust(self) -> tuple[Robust | None, ...]:
        """Robust indices of ordinal rungs from equal thresholds on; None where the engine's own stand."""
        base, first = self.steps[0].fit, self.steps[1].fit
        if not self.ordinal or base is None or first is None or not first.converged:
            return (None,) * len(self.steps)
        hidden = first.layout.df - base.layout.df
        with one_thread():
            return tuple(
                rung_indices(self.plan, first, step.fit, hidden)
                if step.number and step.fit is not None and step.fit.converged
                else None
                for step in self.steps
            )

    @property
    def _why(self) -> tuple[str, ...]:
        return tuple("" if robust is None else robust.reason for robust in self._robust)

    def table(self) -> pd.DataFrame:
        """One row a rung: what is equal, χ² and its difference test, fit indices and how they change.

        Returns
        -------
        DataFrame
            rung equal npar chisq df p chisq_scaled df_scaled p_scaled diff diff_df diff_p, then cfi rmsea srmr with
            their ``_scaled`` and ``_robust`` versions and ``d_`` changes from the rung below (positive CFI change is
            better fit, positive RMSEA and SRMR change worse), holds, and reason where a number is missing.
        """
        lines = []
        for step, values in zip(self.steps, self._indices, strict=True):
            lines.append({"rung": step.name, "equal": EQUATED[step.name], **_numbers(step, values)})
        table = pd.DataFrame(lines)
        for name in ("cfi", "rmsea", "srmr", "cfi_scaled", "rmsea_scaled", "cfi_robust", "rmsea_robust"):
            table[f"d_{name}"] = table[name].diff()
        known = self.plan.rungs.index(self.holds) if self.holds else -1
        table["holds"] = np.arange(len(table)) <= known
        table["reason"] = [step.reason or why for step, why in zip(self.steps, self._why, strict=True)]
        return table

    def criteria(self) -> pd.DataFrame:
        """Each rung against each published criterion: rung criterion value limit passes source criticism."""
        return verdicts(self.table(), self.ordinal)

    def remarks(self) -> tuple[str, ...]:
        """What was done to the answers and the model before anything was compared."""
        first = next((step.fit for step in self.steps if step.fit is not None), None)
        return self.groups.remarks + (first.moments.remarks if first is not None else ())

    def __str__(self) -> str:
        columns = ["rung", "chisq_scaled", "df", "diff", "diff_df", "diff_p", "d_cfi", "d_rmsea", "holds"]
        return self.table()[columns].to_string(index=False, float_format=lambda x: f"{x:.3f}")


def invariance(
    model: Model,
    waves: Source,
    group: str = "wave",
    ordinal: bool | Sequence[str] | None = None,
    missing: str | None = None,
    alpha: float = ALPHA,
) -> Ladder:
    """Climb the invariance ladder of a model's measurement part over waves or other groups.

    Parameters
    ----------
    model
        Only its constructs, items and shared residuals count: the ladder is about measurement.
    waves
        `Waves`, a `Wave`, or a table with a column for every item and for the group.
    group
        Column that tells the groups; ``wave`` for `Waves`.
    ordinal
        True or names for the ordinal ladder (WLSMV, thresholds first), False for the continuous one (MLR). None takes
        the ordinal one if an item has fewer than five answers in use, or is skewed beyond ±2.
    missing
        As for `fit`; None uses every answer (fiml, or pairwise for ordinal items) where some are missing.
    alpha
        Level of the difference tests that decide which rung holds.

    Returns
    -------
    Ladder
        Its ``table()`` has a row a rung; a rung that can't be fitted says why.

    Raises
    ------
    OptionError, WaveError, FitError
        The model or the answers can't be compared at all; the message says why and what to do.

    Notes
    -----
    Continuous: Meredith (1993); ordinal: Wu & Estabrook (2016). Waves are independent groups, not a panel. A category
    that some wave never used is joined with the next lower one that all used, and the remark says so.
    """
    answers = grouped(model, waves, group, ordinal, missing)
    with one_thread():
        sample = moments(
            answers.frame,
            answers.model.observed,
            answers.group,
            missing=answers.missing,
            ordered=answers.ordered,
        )
    rungs = ORDINAL if answers.ordered else CONTINUOUS
    plan = Plan(answers.model, sample.groups, _thresholds(answers, sample.threshold_counts), rungs)
    return climb(plan, answers, sample, alpha)


def _thresholds(answers: Groups, counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts[name] for name in answers.ordered}


def climb(
    plan: Plan, answers: Groups, sample: Moments, alpha: float, known: Mapping[int, Fit] = MappingProxyType({})
) -> Ladder:
    """Fit every rung of a plan to the moments, each against the last one below that has estimates.

    Parameters
    ----------
    plan, answers, sample, alpha
        What to fit to what, and the level of the difference tests.
    known
        Fits of rungs of this plan that are there already.
    """
    steps: list[Step] = []
    below: Fit | None = None
    row = ESTIMATORS["WLSMV" if plan.thresholds else "MLR"]
    for number, name in enumerate(plan.rungs):
        try:
            with one_thread():
                found = known[number] if number in known else fit_layout(plan.layout(number), row, sample, below)
        except FitError as error:
            steps.append(Step(name, number, None, None, str(error)))
            continue
        steps.append(_compared(name, number, found, below))
        below = found if found.converged else below
    return Ladder(plan, answers, tuple(steps), alpha)


def _compared(name: str, number: int, found: Fit, below: Fit | None) -> Step:
    if below is None or not found.converged:
        return Step(name, number, found, None, found.cause)
    if found.layout.df == below.layout.df:
        return Step(name, number, found, None, "it claims nothing that the rung below does not: too few categories")
    against = rung_difference(found, below)
    return Step(name, number, found, against, against.reason or found.cause)


def rung_difference(upper: Fit, lower: Fit) -> Test:
    """Scaled test of a rung against one below: Satorra & Bentler (2001) for MLR, Satorra (2000) for WLSMV.

    A rung is nested in those below by construction. Where the scaling factor of the first is not positive, the second
    takes its place.
    """
    checked = Nesting(True, False, 0.0, upper.layout.df - lower.layout.df, lower.theta)
    if upper.layout.thresholds:
        return difference(upper, lower, "satorra.2000", restriction="delta", checked=checked)
    found = difference(upper, lower, "satorra.bentler.2001", checked=checked)
    if not found.reason:
        return found
    return difference(upper, lower, "satorra.2000", restriction="delta", checked=checked)


def _numbers(step: Step, values: pd.Series[float]) -> dict[str, float]:
    one = values.get
    test = step.against
    return {
        "npar": one("npar", np.nan),
        "chisq": one("chisq", np.nan),
        "df": one("df", np.nan),
        "p": one("pvalue", np.nan),
        "chisq_scaled": one("chisq.scaled", np.nan),
        "df_scaled": one("df.scaled", np.nan),
        "p_scaled": one("pvalue.scaled", np.nan),
        "diff": np.nan if test is None else test.chisq,
        "diff_df": np.nan if test is None else test.df,
        "diff_p": np.nan if test is None else test.pvalue,
        **{
            f"{name}{ours}": one(f"{name}{theirs}", np.nan)
            for name in ("cfi", "rmsea")
            for ours, theirs in (("", ""), ("_scaled", ".scaled"), ("_robust", ".robust"))
        },
        "srmr": one("srmr", np.nan),
    }
