"""How well predicted chances tell users from non-users, and whether they are right."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import logit
from sklearn.metrics import roc_auc_score, roc_curve

from mkb21sem.describe.firth import firth
from mkb21sem.describe.intervals import LEVEL, wilson
from mkb21sem.errors import Mkb21Error
from mkb21sem.linalg import row_order

Array = NDArray[np.float64]

DRAWS = 200
PARTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Discrimination:
    """What the predictions are worth.

    Parameters
    ----------
    auc, auc_low, auc_high
        Chance that a user has a higher prediction than a non-user, with the interval of DeLong et al. (1988), in the
        sample the model was fitted to.
    auc_corrected, slope_corrected, brier_corrected
        Less what is owed to fitting and judging on the same respondents (bootstrap, Harrell et al. 1996). A slope
        below 1 says that predictions are too extreme.
    brier
        Mean squared distance of prediction and outcome.
    draws, failed
        Bootstrap draws used, and draws that could not be fitted.
    calibration
        By fifth of the predictions: part, n, predicted, observed (percent), low, high (Wilson).
    curve
        The ROC curve: false_positive, true_positive.
    """

    auc: float
    auc_low: float
    auc_high: float
    auc_corrected: float
    slope_corrected: float
    brier: float
    brier_corrected: float
    draws: int
    failed: int
    calibration: pd.DataFrame
    curve: pd.DataFrame


def discrimination(
    x: Array,
    y: Array,
    predicted: Array,
    refit: Callable[[Array, Array], Callable[[Array], Array]],
    seed: int = 2012,
    draws: int = DRAWS,
) -> Discrimination:
    """Judge predictions.

    Parameters
    ----------
    x : (n, k)
        Predictors.
    y, predicted : (n,)
        Outcomes and predicted chances.
    refit
        Predictors and outcomes of a draw → a function from predictors to chances.
    seed, draws
        Of the bootstrap, and how many.
    """
    auc, low, high = delong(y, predicted)
    apparent = _measures(y, predicted)
    rng, excess, failed = np.random.default_rng(seed), [], 0
    order = row_order(np.column_stack([y, x]))
    for _ in range(draws):
        rows = order[rng.integers(0, len(y), len(y))]
        try:
            again = refit(x[rows], y[rows])
            excess.append(_measures(y[rows], again(x[rows])) - _measures(y, again(x)))
        except (Mkb21Error, np.linalg.LinAlgError):
            failed += 1
    optimism = np.mean(excess, axis=0) if excess else np.full(3, math.nan)
    corrected = apparent - optimism
    false, true, _ = roc_curve(y, predicted)
    curve = pd.DataFrame({"false_positive": false, "true_positive": true})
    return Discrimination(
        auc=auc,
        auc_low=low,
        auc_high=high,
        auc_corrected=float(corrected[0]),
        slope_corrected=float(corrected[1]),
        brier=float(apparent[2]),
        brier_corrected=float(corrected[2]),
        draws=len(excess),
        failed=failed,
        calibration=calibration(y, predicted),
        curve=curve,
    )


def delong(y: Array, predicted: Array) -> tuple[float, float, float]:
    """Area under the ROC curve and its 95% interval (DeLong, DeLong & Clarke-Pearson 1988).

    The shares of non-users below each user, and of users above each non-user, follow from midranks (Sun & Xu 2014).
    """
    of, against = predicted[y == 1], predicted[y == 0]
    ranks = stats.rankdata(np.concatenate([of, against]))
    over = (ranks[: len(of)] - stats.rankdata(of)) / len(against)
    under = 1 - (ranks[len(of) :] - stats.rankdata(against)) / len(of)
    auc = float(over.mean())
    variance = over.var(ddof=1) / len(of) + under.var(ddof=1) / len(against)
    half = float(stats.norm.isf((1 - LEVEL) / 2) * np.sqrt(variance))
    return auc, max(auc - half, 0.0), min(auc + half, 1.0)


def calibration(y: Array, predicted: Array, parts: int = PARTS) -> pd.DataFrame:
    """Predicted and observed percentages, by equal parts of the respondents in the order of their predictions."""
    lines = []
    for at, rows in enumerate(np.array_split(np.argsort(predicted, kind="stable"), parts), start=1):
        low, high = wilson(float(y[rows].sum()), len(rows))
        line = (at, len(rows), 100 * predicted[rows].mean(), 100 * y[rows].mean(), 100 * low, 100 * high)
        lines.append(line)
    return pd.DataFrame(lines, columns=["part", "n", "predicted", "observed", "low", "high"])


def _measures(y: Array, predicted: Array) -> Array:
    """AUC, slope of the outcome on the log-odds of the prediction, Brier score."""
    if y.min() == y.max():
        raise np.linalg.LinAlgError
    odds = logit(np.clip(predicted, 1e-9, 1 - 1e-9))
    slope = firth(np.column_stack([np.ones(len(y)), odds]), y).beta[1]
    return np.array([roc_auc_score(y, predicted), slope, np.mean((y - predicted) ** 2)])
