"""Coefficient alpha, its interval, and what each item does to its scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution

from mkb21sem.estimate.rows import moments
from mkb21sem.linalg import Array
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.correlations import answers, correlation_of


def alpha(cov: Array) -> Array:
    """Coefficient α = k/(k−1) · (1 − tr Σ / 1'Σ1) (Cronbach 1951).

    Parameters
    ----------
    cov : (..., k, k)
        Covariances for raw α, correlations for standardised α, polychoric ones for ordinal α (Zumbo, Gadermann &
        Zeisser 2007); leading axes are replicates.
    """
    k = cov.shape[-1]
    if k < 2:
        return np.full(cov.shape[:-2], np.nan)
    return np.asarray(k / (k - 1) * (1 - np.trace(cov, axis1=-2, axis2=-1) / cov.sum(axis=(-1, -2))))


def alpha_interval(value: float, n: int, k: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of α: (1 − α_population) / (1 − α) is distributed as 1/F(n−1, (n−1)(k−1)) (Feldt 1965).

    Parameters
    ----------
    value
        α of n respondents on k items.
    level
        Of the interval.

    Notes
    -----
    Exact for normal answers with equal variances and equal covariances.
    """
    if k < 2 or n < 2:
        return math.nan, math.nan
    tail = (1 - level) / 2
    low, high = f_distribution.isf([tail, 1 - tail], n - 1, (n - 1) * (k - 1))
    return float(1 - (1 - value) * low), float(1 - (1 - value) * high)


def alpha_row(items: Sequence[str], cov: Array, n: int, level: float) -> dict[str, object]:
    """Items, k, n, alpha, low, high and alpha_std of a scale with these covariances (k, k)."""
    value = float(alpha(cov))
    low, high = alpha_interval(value, n, len(items), level)
    standard = float(alpha(correlation_of(cov)))
    words = " ".join(items)
    return {"items": words, "k": len(items), "n": n, "alpha": value, "low": low, "high": high, "alpha_std": standard}


def alpha_if_dropped(source: Wave | pd.DataFrame, items: Sequence[str] | None = None) -> pd.DataFrame:
    """What each item does to its scale: item n mean sd item_total item_rest alpha_dropped.

    ``item_rest`` is the correlation with the sum of the other items, ``alpha_dropped`` the α of those others
    (NaN for a scale of two). Rows with an answer on every item count.

    Raises
    ------
    WaveError
        An item is absent, constant, or a copy of others.
    """
    given = answers(source, items)
    names = [*given.columns]
    sample = moments(given, names)
    cov, n = sample.cov[0], sample.total
    own, with_sum = np.diag(cov), cov.sum(axis=1)
    rest = cov.sum() - 2 * with_sum + own
    others = [np.delete(np.delete(cov, i, 0), i, 1) for i in range(len(names))]
    return pd.DataFrame(
        {
            "item": names,
            "n": n,
            "mean": sample.mean[0],
            "sd": np.sqrt(own * n / (n - 1)),
            "item_total": with_sum / np.sqrt(own * cov.sum()),
            "item_rest": (with_sum - own) / np.sqrt(own * np.where(rest > 0, rest, np.nan)),
            "alpha_dropped": [float(alpha(part)) for part in others],
        }
    )
