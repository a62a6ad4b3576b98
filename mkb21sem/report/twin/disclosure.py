"""Everything that the disclosure report says of a twin, computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from mkb21sem.errors import Mkb21Error
from mkb21sem.estimate.choice import choose
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.infer.twins import utility
from mkb21sem.infer.twins.risk import Risk, risk
from mkb21sem.infer.twins.twin import Model as Source
from mkb21sem.infer.twins.twin import model, synthesize
from mkb21sem.infer.twins.utility import Propensity, propensity
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave


@dataclass(frozen=True, slots=True, eq=False)
class Disclosure:
    """A twin beside its wave.

    Attributes
    ----------
    wave, twin
        The real answers and the synthetic ones.
    answers
        The twin as it is written.
    source
        What it was drawn from.
    seed
        Of the twin.
    margins, correlations, estimates
        See `mkb21sem.infer.twins.utility`.
    estimator
        Of the model that was fitted to both; why none was, in `cause`.
    propensity
        How well twin and wave are told apart; None without questions put to all.
    risk
        See `mkb21sem.infer.twins.risk`.
    """

    wave: Wave
    twin: Wave
    answers: pd.DataFrame
    source: Source
    seed: int
    model: Model
    margins: pd.DataFrame
    correlations: pd.DataFrame
    estimates: pd.DataFrame
    estimator: str
    cause: str
    propensity: Propensity | None
    risk: Risk


def disclose(
    wave: Wave,
    named: str,
    fitted: Model,
    n: int | None = None,
    threshold: int = 10,
    seed: int = 1,
    step: Callable[[str], object] = lambda name: None,
) -> Disclosure:
    """Make a twin and look at it as a user and as an attacker.

    Parameters
    ----------
    wave
        The real answers.
    named
        What the twin is called.
    fitted
        The model whose estimates are compared.
    n
        Respondents of the twin; as many as the wave by default.
    threshold
        An answer that fewer gave is not carried over as it is.
    seed
        Of everything that is drawn.
    step
        Told what is being done.

    Raises
    ------
    OptionError, WaveError
        The threshold or n can't be used, or the wave has too few respondents.
    """
    step("estimate")
    source = model(wave, threshold, seed)
    size = sum(group.n for group in source.groups) if n is None else n
    step("draw")
    answers = synthesize(source, wave.codebook, tuple(map(str, wave.answers)), size, seed)
    twin = Wave.of(answers, wave.codebook, name=named, synthetic=True, source="drawn from the wave's own copula")
    step("utility")
    estimates, estimator, cause = _estimates(wave, twin, fitted)
    asked = utility.compared_questions(wave)
    apart = propensity(wave, twin, asked) if asked else None
    margins, pairs = utility.margins(wave, twin, source.noised), utility.correlations(wave, twin)
    step("risk")
    found = risk(wave, twin, threshold, seed)
    return Disclosure(
        wave, twin, answers, source, seed, fitted, margins, pairs, estimates, estimator, cause, apart, found
    )


def _estimates(wave: Wave, twin: Wave, fitted: Model) -> tuple[pd.DataFrame, str, str]:
    """The model in both, by the estimator that the wave asks for; and why not, if it can't be fitted."""
    try:
        choice = choose(fitted, wave)

        def make(each: Wave) -> Fit:
            return fit(fitted, each, **choice.options)

        found = utility.estimates(wave, twin, make)
    except Mkb21Error as error:
        return pd.DataFrame(), "", str(error)
    return found, choice.estimator, "" if len(found) else "one of the two fits did not converge"
