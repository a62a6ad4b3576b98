"""Whether parallel items follow the same pattern: congruence of factors, and loadings set equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.linalg import Array
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.correlations import answers
from mkb21sem.validate.solution import Factors
from mkb21sem.validate.structure import Structure

EQUAL, FAIR = 0.95, 0.85
CONGRUENCE_RULE = (
    "Tucker's congruence coefficient: .95 or more, the factors are equal; .85 to .95, they resemble each other "
    "(Lorenzo-Seva & ten Berge 2006). Criticism: items that all load highly are congruent whatever they mean."
)


@dataclass(frozen=True, slots=True, eq=False)
class Parallel:
    """One construct's items beside those of another that were asked in the same words.

    Attributes
    ----------
    one, other
        The constructs.
    congruence
        factor other congruence: factors of the first, each beside its counterpart among the second's.
    free, equal
        First-order forms of both constructs, with loadings free, and with parallel ones equal.
    """

    one: str
    other: str
    congruence: pd.DataFrame
    free: Fit
    equal: Fit


def parallel(
    wave: Wave, of: Structure, pair: tuple[str, str], found: tuple[Factors, Factors], estimator: str = "MLR"
) -> Parallel:
    """Compare the loadings of two constructs with parallel items.

    Parameters
    ----------
    wave
        The answers.
    of
        What the items are meant to measure.
    pair
        One of ``of.parallel``.
    found
        Exploratory factors of each, as many of the one as of the other.
    estimator
        Of the models with free and with equal loadings.

    Raises
    ------
    WaveError, FitError
        A model can't be fitted.
    """
    specs = {equal: Model.parse(_spec(of, pair, equal), name="parallel") for equal in (False, True)}
    given = answers(wave, specs[False].observed)
    fits = {equal: fit(model, given, estimator) for equal, model in specs.items()}
    return Parallel(*pair, matched(*found), fits[False], fits[True])


def _spec(of: Structure, pair: tuple[str, str], equal: bool) -> str:
    lines = []
    for construct in pair:
        for items in of.forms[construct].items():
            form, own = items
            # A parallel loading has the same label in both constructs.
            named = [f"l{own[at][len(construct) :]}*{item}" if equal and at else item for at, item in enumerate(own)]
            lines.append(f"{form} =~ {' + '.join(named)}")
    lines += [f"{a} ~~ {b}" for a, b in zip(*(of.constructs[c] for c in pair), strict=True)]
    return "\n".join(lines)


def congruence(one: Array, other: Array) -> Array:
    """Σ ab / √(Σa² Σb²) of every pair of columns of (p, m) loadings (Tucker 1951), (m, m)."""
    size = np.sqrt(np.outer((one**2).sum(axis=0), (other**2).sum(axis=0)))
    return np.asarray(one.T @ other / size)


def matched(one: Factors, other: Factors) -> pd.DataFrame:
    """Each factor beside the one of the other solution that it resembles most, every factor used once."""
    phi = congruence(one.pattern.to_numpy(), other.pattern.to_numpy())
    i, j = linear_sum_assignment(-phi)
    names = (one.pattern.columns, other.pattern.columns)
    return pd.DataFrame({"factor": names[0][i], "other": names[1][j], "congruence": phi[i, j]})
