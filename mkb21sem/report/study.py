"""All steps of one analysis, from a wave, a model and hypotheses to everything that is reported."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from mkb21sem.errors import Mkb21Error
from mkb21sem.estimate.choice import AUTO, Choice, choose
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.estimate.secondopinion import SecondOpinion, second_opinion
from mkb21sem.infer.effects.effects import r_squared
from mkb21sem.infer.globalfit.indices import indices
from mkb21sem.infer.judging.verdicts import Verdict, verdicts
from mkb21sem.report.promised import Promise, broken, promises
from mkb21sem.specify.deviations import Deviation, deviations
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Plan
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.factors import bartlett, factors, kmo
from mkb21sem.validate.reliability import reliability

Progress = Callable[[str], object]


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What the other estimator makes of the same model and wave.

    Attributes
    ----------
    estimator, missing
        How; empty where there is no other estimator.
    found
        Its fit; None where there is none.
    judged
        Its verdicts.
    reason
        Why there is none; empty otherwise.
    """

    estimator: str
    missing: str
    found: Fit | None
    judged: tuple[Verdict, ...]
    reason: str

    def changed(self, judged: Sequence[Verdict]) -> list[tuple[Verdict, Verdict]]:
        """Verdicts that this estimator would change, each with what it would become."""
        pairs = zip(judged, self.judged, strict=False)
        return [(one, other) for one, other in pairs if one.verdict != other.verdict]


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A wave, a model, the hypotheses, and what came out.

    Attributes
    ----------
    wave, model, hypotheses
        What went in.
    choice
        The estimator, how it treats missing answers, and why it was chosen.
    beside
        The same by the other estimator.
    found, indices, r2, judged, opinion
        The fit, its indices, explained variance, verdicts and semopy's second opinion.
    reliability
        As `mkb21sem.validate.reliability.reliability` gives it.
    suitability
        construct k n kmo word chisq df p factors share, one row a construct and one for all indicators.
    pattern
        item, F1, F2 …, communality: all indicators, as many factors as measured constructs.
    plan, deviations, promises
        The frozen plan, if there is one, what was done otherwise, and what became of its exclusions and criteria.
    """

    wave: Wave
    model: Model
    hypotheses: tuple[Hypothesis, ...]
    choice: Choice
    found: Fit
    indices: pd.Series[float]
    r2: pd.DataFrame
    judged: tuple[Verdict, ...]
    beside: Beside
    opinion: SecondOpinion
    reliability: pd.DataFrame
    suitability: pd.DataFrame
    pattern: pd.DataFrame
    plan: Plan | None = None
    deviations: tuple[Deviation, ...] = ()
    promises: tuple[Promise, ...] = ()


def study(
    wave: Wave,
    model: Model,
    hypotheses: Sequence[Hypothesis],
    estimator: str = AUTO,
    missing: str = AUTO,
    progress: Progress = lambda step: None,
    plan: Plan | None = None,
) -> Study:
    """Fit the model to the wave, judge the hypotheses, and do both again by the other estimator.

    Parameters
    ----------
    wave, model, hypotheses
        Checked already.
    estimator, missing
        A name, or ``auto`` for what the answers ask for: see `choose`.
    progress
        Called with the name of each step as it begins: estimate, validate, infer.
    plan
        The frozen plan that this analysis is held against.

    Raises
    ------
    WaveError, FitError
        The model can't be fitted to this wave. Not converging is no error: see ``found.converged``.
    OptionError
        An unknown estimator, or one that doesn't go with ``missing``.
    """
    progress("estimate")
    choice = choose(model, wave, estimator, missing)
    found = fit(model, wave, **choice.options)
    opinion = second_opinion(found)
    progress("validate")
    quality = reliability(found) if model.latents else pd.DataFrame(columns=["construct", "note"])
    suited, pattern = suitability(found), exploratory(found)
    progress("infer")
    judged = verdicts(found, hypotheses)
    held = promises(plan, found, wave, choice.missing)
    return Study(
        wave,
        model,
        tuple(hypotheses),
        choice,
        found,
        indices(found),
        r_squared(found),
        judged,
        _beside(found, choice, wave, hypotheses),
        opinion,
        quality,
        suited,
        pattern,
        plan,
        (*deviations(plan, model, hypotheses, estimator, missing), *broken(held)) if plan else (),
        held,
    )


def _beside(found: Fit, choice: Choice, wave: Wave, hypotheses: Sequence[Hypothesis]) -> Beside:
    """The other estimator's fit, or why there is none."""
    other = choice.alternative
    if not other:
        return Beside("", "", None, (), "no variable that is measured or explained is ordinal")
    if not found.converged:
        return Beside(other, choice.alternative_missing, None, (), "the fit it would stand beside did not converge")
    try:
        fitted = fit(found.model, wave, **choice.beside)
    except Mkb21Error as error:
        return Beside(other, choice.alternative_missing, None, (), str(error))
    if not fitted.converged:
        return Beside(other, choice.alternative_missing, None, (), fitted.cause)
    return Beside(other, choice.alternative_missing, fitted, verdicts(fitted, hypotheses), "")


def measured(found: Fit) -> dict[str, tuple[str, ...]]:
    """Constructs whose indicators are all observed, and these."""
    names = found.moments.names
    return {
        construct: items for construct, items in found.model.indicators.items() if all(item in names for item in items)
    }


def suitability(found: Fit) -> pd.DataFrame:
    """KMO, Bartlett's test and the variance that exploratory factors account for, on the rows of the fit.

    Returns
    -------
    DataFrame
        construct k n kmo word chisq df p factors share; the last row, without construct, is for all
        indicators together. A scale of two has no factor analysis.
    """
    scales = {construct: items for construct, items in measured(found).items() if len(items) > 1}
    every = {"": _indicators(found)} if len(scales) > 1 else {}
    columns = ["construct", "k", "n", "kmo", "word", "chisq", "df", "p", "factors", "share"]
    lines = [_suited(found, name, items) for name, items in {**scales, **every}.items()]
    return pd.DataFrame(lines, columns=columns)


def _suited(found: Fit, construct: str, items: Sequence[str]) -> tuple[object, ...]:
    given = _answers(found, items)
    overall, sphericity = kmo(given).iloc[0], bartlett(given)
    m = 1 if construct else len(measured(found))
    share = math.nan
    if len(items) > 2:
        try:
            share = float(factors(given, n_factors=m).variance["cumulative"].iloc[-1])
        except Mkb21Error:
            m = 0
    test = (sphericity.chisq, sphericity.df, sphericity.pvalue)
    return construct, len(items), len(given), float(overall["kmo"]), overall["word"], *test, m, share


def exploratory(found: Fit) -> pd.DataFrame:
    """Rotated loadings (minres, oblimin) of all indicators on as many factors as there are measured constructs.

    Returns
    -------
    DataFrame
        item, F1, F2 …, communality; no rows where there are no such factors.
    """
    items, m = _indicators(found), len(measured(found))
    if m == 0 or len(items) < 3:
        return pd.DataFrame(columns=["item", "communality"])
    try:
        rotated = factors(_answers(found, items), n_factors=m)
    except Mkb21Error:
        return pd.DataFrame(columns=["item", "communality"])
    return rotated.pattern.assign(communality=rotated.communality).rename_axis("item").reset_index()


def _indicators(found: Fit) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for items in measured(found).values() for item in items))


def _answers(found: Fit, items: Sequence[str]) -> pd.DataFrame:
    """The rows of the fit with an answer on every item, all groups together."""
    return pd.concat(_frames(found), ignore_index=True)[list(items)].dropna(ignore_index=True)


def _frames(found: Fit) -> Iterator[pd.DataFrame]:
    for rows in found.moments.rows:
        yield pd.DataFrame(rows, columns=list(found.moments.names))
