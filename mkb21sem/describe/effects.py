"""Average marginal effects: what a predictor does to a prediction, on average over respondents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mkb21sem.describe.predictors import Term

Array = NDArray[np.float64]

STEP = 1e-5
LEVEL = 0.95


def average_effects(
    predict: Callable[[Array, Array], Array], params: Array, cov: Array, x: pd.DataFrame, terms: Sequence[Term]
) -> pd.DataFrame:
    """Average marginal effect of every term with its delta-method standard error.

    A class is compared with the reference class of its question, everything else as it is; a scale by the slope of
    the prediction.

    Parameters
    ----------
    predict
        Parameters and predictors (n, terms) → predictions (n,).
    params, cov : (k,), (k, k)
        Estimates and their covariance.
    x : (n, terms)
        The respondents' predictors.

    Returns
    -------
    DataFrame
        term, effect, se, z, p, low, high (95%, normal).
    """
    lines = []
    for term in terms:
        high, low, width = _contrast(x, term, terms)

        def effect(at: Array, high: Array = high, low: Array = low, width: float = width) -> float:
            return float((predict(at, high) - predict(at, low)).mean() / width)

        gradient = np.array([_slope(effect, params, j) for j in range(len(params))])
        value, se = effect(params), float(np.sqrt(gradient @ cov @ gradient))
        half = float(stats.norm.isf((1 - LEVEL) / 2)) * se
        p = 2 * float(stats.norm.sf(abs(value / se)))
        lines.append((term.name, value, se, value / se, p, value - half, value + half))
    return pd.DataFrame(lines, columns=["term", "effect", "se", "z", "p", "low", "high"])


def _contrast(x: pd.DataFrame, term: Term, terms: Sequence[Term]) -> tuple[Array, Array, float]:
    """Predictors with the term raised and lowered, and the distance between."""
    high, low = x.copy(), x.copy()
    if term.scale:
        high[term.name] += STEP
        low[term.name] -= STEP
        return high.to_numpy(), low.to_numpy(), 2 * STEP
    for sibling in terms:
        if sibling.item == term.item:
            high[sibling.name], low[sibling.name] = 0.0, 0.0
    high[term.name] = 1.0
    return high.to_numpy(), low.to_numpy(), 1.0


def _slope(f: Callable[[Array], float], at: Array, j: int) -> float:
    step = np.zeros(len(at))
    step[j] = STEP * max(1.0, abs(float(at[j])))
    return (f(at + step) - f(at - step)) / (2 * step[j])
