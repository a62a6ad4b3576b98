"""How much of a scale's variance is its construct: alpha, omega, average variance extracted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution

from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.estimate.implied import implied, matrices
from mkb21sem.estimate.rows import moments
from mkb21sem.linalg import Array
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.correlations import answers, scales

ACCEPTABLE, REDUNDANT = 0.70, 0.95
RELIABILITY_RULE = (
    "alpha and omega of .70 or more (.60 in exploration; Nunnally & Bernstein 1994), more than .95 suggests that "
    "items repeat each other (Hair et al. 2019). Alpha needs equal loadings; both rules ignore the interval."
)
VARIANCE_EXTRACTED = 0.50
VARIANCE_RULE = "average variance extracted of .50 or more: more construct than error (Fornell & Larcker 1981)."


def alpha(cov: Array) -> Array:
    """Coefficient α = k/(k−1) · (1 − tr Σ / 1'Σ1) (Cronbach 1951).

    Parameters
    ----------
    cov : (..., k, k)
        Covariances for raw α, correlations for standardised α; leading axes are replicates.
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
    Exact for normal answers with compound symmetry.
    """
    if k < 2 or n < 2:
        return math.nan, math.nan
    df = (n - 1, (n - 1) * (k - 1))
    tail = (1 - level) / 2
    return tuple(float(1 - (1 - value) * f_distribution.isf(p, *df)) for p in (tail, 1 - tail))  # type: ignore[return-value]


def correlation_of(cov: Array) -> Array:
    """Correlations of covariances (..., k, k)."""
    sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    return np.asarray(cov / (sd[..., :, None] * sd[..., None, :]))


def omega(loading: Array, residual: Array, variance: float = 1.0) -> float:
    """Composite reliability of a sum: ω = (Σλ)²ψ / ((Σλ)²ψ + 1'Θ1) (Jöreskog 1971; Raykov 2001 for covariances).

    Parameters
    ----------
    loading : (k,)
        Loadings on the construct.
    residual : (k, k)
        Residual covariances.
    variance
        ψ, the construct's variance.
    """
    true = float(loading.sum() ** 2 * variance)
    whole = true + float(residual.sum())
    return true / whole if whole > 0 else math.nan


def average_variance(loading: Array) -> float:
    """Average variance extracted: the mean squared standardised loading (Fornell & Larcker 1981)."""
    return float(np.mean(np.asarray(loading) ** 2))


def alpha_if_dropped(source: Wave | pd.DataFrame, items: Sequence[str] | None = None) -> pd.DataFrame:
    """What each item does to its scale: item n mean sd item_total item_rest alpha_dropped.

    ``item_rest`` is the correlation with the sum of the other items, ``alpha_dropped`` the α of those others
    (NaN for a scale of two).

    Raises
    ------
    WaveError
        An item is absent, constant, or a copy of others.
    """
    given = answers(source, items)
    names = [*given.columns]
    sample = moments(given, names)
    cov, n = sample.cov[0], sample.total
    own = np.diag(cov)
    with_sum = cov.sum(axis=1)
    rest_variance = cov.sum() - 2 * with_sum + own
    others = [np.delete(np.delete(cov, i, 0), i, 1) for i in range(len(names))]
    with np.errstate(invalid="ignore", divide="ignore"):
        item_rest = (with_sum - own) / np.sqrt(own * rest_variance)
    return pd.DataFrame(
        {
            "item": names,
            "n": n,
            "mean": sample.mean[0],
            "sd": np.sqrt(own * n / (n - 1)),
            "item_total": with_sum / np.sqrt(own * cov.sum()),
            "item_rest": item_rest,
            "alpha_dropped": [float(alpha(part)) for part in others],
        }
    )


def reliability(
    source: Fit | Wave | pd.DataFrame,
    constructs: Mapping[str, Sequence[str]] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Reliability of each construct, one row a construct (and group).

    Parameters
    ----------
    source
        A fit: its constructs, their indicators, its loadings. A wave or table: the loadings come from a
        one-factor model of each scale, by maximum likelihood.
    constructs
        Items of each scale of a wave or table; by default the wave's batteries, or all columns as one scale.
    level
        Of Feldt's interval of α.

    Returns
    -------
    DataFrame
        construct group items k n alpha low high alpha_std omega omega_std ave note. ``omega`` is of the sum of
        the items as answered, ``omega_std`` of the sum of the standardised items (what PLS programs call
        composite reliability); ``ave`` is the mean squared standardised loading. A figure that doesn't exist
        is NaN and ``note`` says why.

    Raises
    ------
    WaveError
        An item is absent, constant, or a copy of others.
    OptionError
        ``constructs`` is given together with a fit.
    """
    if isinstance(source, Fit):
        if constructs is not None:
            raise OptionError("constructs are the model's own when a fit is given; leave them out.")
        rows = [
            _of_fit(source, construct, group, level)
            for construct in source.model.latents
            for group in range(len(source.moments.groups))
        ]
    else:
        rows = [_of_answers(source, name, items, level) for name, items in scales(source, constructs).items()]
    return pd.DataFrame(rows)


def _alphas(items: Sequence[str], cov: Array, n: int, level: float) -> dict[str, object]:
    value = float(alpha(cov))
    low, high = alpha_interval(value, n, len(items), level)
    return {
        "items": " ".join(items),
        "k": len(items),
        "n": n,
        "alpha": value,
        "low": low,
        "high": high,
        "alpha_std": float(alpha(correlation_of(cov))),
    }


def _of_fit(found: Fit, construct: str, group: int, level: float) -> dict[str, object]:
    items = found.model.indicators[construct]
    start: dict[str, object] = {"construct": construct, "group": found.moments.groups[group]}
    of_higher = [item for item in items if item not in found.moments.names]
    if of_higher:
        empty = dict.fromkeys(("alpha", "low", "high", "alpha_std", "omega", "omega_std", "ave"), math.nan)
        return (
            start
            | {"items": " ".join(items), "k": len(items), "n": int(found.moments.n[group])}
            | empty
            | {"note": f"its indicators are constructs ({', '.join(of_higher)})"}
        )
    at = [found.moments.names.index(item) for item in items]
    cov = found.moments.cov[group][np.ix_(at, at)]
    return start | _alphas(items, cov, int(found.moments.n[group]), level) | _omegas(found, construct, group)


def _omegas(found: Fit, construct: str, group: int) -> dict[str, object]:
    """omega, omega_std, ave and note of a construct measured by observed items."""
    if not found.converged:
        return {"omega": math.nan, "omega_std": math.nan, "ave": math.nan, "note": found.cause}
    loading, residual, variance, total = construct_parts(found, construct, group)
    sd = np.sqrt(total)
    standard = loading * math.sqrt(max(variance, 0.0)) / sd
    k = len(loading)
    note = "a residual variance or the construct's variance is negative" if _heywood(residual, variance) else ""
    if k == 1:
        note = "a single item: its reliability can't be estimated from one wave"
    return {
        "omega": math.nan if k == 1 else omega(loading, residual, variance),
        "omega_std": math.nan if k == 1 else omega(standard, residual / np.outer(sd, sd)),
        "ave": math.nan if k == 1 else average_variance(standard),
        "note": note,
    }


def _heywood(residual: Array, variance: float) -> bool:
    return variance < 0 or bool((np.diag(residual) < 0).any())


def construct_parts(found: Fit, construct: str, group: int = 0) -> tuple[Array, Array, float, Array]:
    """Loadings (k,), residual covariances (k, k), construct variance, implied item variances (k,)."""
    where = found.layout
    A, S = (M[group] for M in matrices(where, found.cells))
    C = implied(where, found.cells).C[group]
    names = list(where.variables)
    if where.meanstructure:
        one = len(where.observed)
        C = C - np.outer(C[:, one], C[one])
    items = [names.index(item) for item in found.model.indicators[construct]]
    latent = names.index(construct)
    return A[items, latent], S[np.ix_(items, items)], float(C[latent, latent]), np.diag(C)[items]


def _of_answers(source: Wave | pd.DataFrame, construct: str, items: Sequence[str], level: float) -> dict[str, object]:
    given = answers(source, items)
    sample = moments(given, list(items))
    start: dict[str, object] = {"construct": construct, "group": ""}
    row = start | _alphas(items, sample.cov[0], sample.total, level)
    if len(items) < 3:
        absent = dict.fromkeys(("omega", "omega_std", "ave"), math.nan)
        return row | absent | {"note": "a one-factor model needs three items"}
    name = "construct" if construct in items else construct
    single = Model.parse("construct =~ " + " + ".join(items), name=name)
    return row | _omegas(fit(single, given), "construct", 0)
