"""The reliability of every construct, in one table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm

from mkb21sem.errors import FitError, OptionError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.estimate.rows import moments
from mkb21sem.linalg import Array
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.alpha import alpha, alpha_row
from mkb21sem.validate.correlations import answers, scales
from mkb21sem.validate.delta import delta_method
from mkb21sem.validate.omega import (
    Parts,
    average_variance,
    items_of,
    maximal_reliability,
    omega,
    omega_categorical,
    omega_total,
    parts,
)

ACCEPTABLE, EXPLORATORY, REDUNDANT = 0.70, 0.60, 0.95
RELIABILITY_RULE = (
    "Alpha and omega of .70 or more (.60 in exploration; Nunnally & Bernstein 1994); above .95 items repeat each other "
    "(Hair et al. 2019). Criticism: the limits are habit (Lance, Butts & Michels 2006), and alpha is reliability only "
    "if all loadings are equal (Sijtsma 2009)."
)
VARIANCE_EXTRACTED = 0.50
VARIANCE_RULE = (
    "Average variance extracted of .50 or more: more construct than error (Fornell & Larcker 1981). Criticism: it "
    "speaks of the mean item, not of the sum that is used."
)
FIGURES = ("omega", "omega_low", "omega_high", "omega_std", "omega_total", "ave", "h")

Row = dict[str, object]


def reliability(
    source: Fit | Wave | pd.DataFrame,
    constructs: Mapping[str, Sequence[str]] | None = None,
    level: float = 0.95,
    ordered: bool = False,
) -> pd.DataFrame:
    """Reliability of each construct, one row a construct (and group).

    Parameters
    ----------
    source
        A fit: its constructs and loadings. A wave or table: loadings come from a one-factor model of each scale.
    constructs
        Items of each scale of a wave or table; by default the wave's batteries, or all columns as one scale.
    level
        Of the intervals: Feldt's of α, the delta method's of ω on the logit scale.
    ordered
        For a wave or table: take the items as ordinal (WLSMV, polychoric correlations).

    Returns
    -------
    DataFrame
        construct group items k n alpha low high alpha_std omega omega_low omega_high omega_std omega_total ave h note.
        ``omega`` is of the sum of the items as answered; ``omega_std`` of the sum of the standardised items, what PLS
        programs call composite reliability; ``omega_total`` counts other constructs in the same items as well;
        ``h`` is the reliability of the best weighted sum. Of ordinal items ``omega`` is Green & Yang's (2009),
        ``omega_std`` and ``ave`` are of the latent responses, and ``alpha_ordinal`` is α of the polychoric
        correlations. A higher-order construct is judged by all items below it, its ``ave`` and ``h`` by its
        constructs. A figure that doesn't exist is NaN and ``note`` says why.

    Raises
    ------
    WaveError
        An item is absent, constant, or a copy of others.
    OptionError
        ``constructs`` or ``ordered`` is given together with a fit.
    """
    if isinstance(source, Fit):
        if constructs is not None or ordered:
            raise OptionError("constructs and ordered are the model's own when a fit is given; leave them out.")
        rows = [_row(source, *key, se, level) for key, se in omega_errors(source).items()]
    else:
        given = scales(source, constructs).items()
        rows = [_of_answers(source, name, items, level, ordered) for name, items in given]
    return pd.DataFrame(rows)


def _of_answers(source: Wave | pd.DataFrame, name: str, items: Sequence[str], level: float, ordered: bool) -> Row:
    given = answers(source, items)
    sample = moments(given, list(items))
    start: Row = {"construct": name, "group": ""} | alpha_row(items, sample.cov[0], sample.total, level)
    if len(items) < 3:
        return start | dict.fromkeys(FIGURES, math.nan) | {"note": "a one-factor model needs three items"}
    # Column names of a table need not be words of a spec.
    short = [f"i{at}" for at in range(len(items))]
    single = Model.parse("construct =~ " + " + ".join(short), name=name)
    try:
        found = fit(single, given.set_axis(short, axis=1), "WLSMV" if ordered else "ML", ordered=ordered or None)
    except FitError as error:
        return start | dict.fromkeys(FIGURES, math.nan) | {"note": str(error)}
    return start | _model_figures(found, "construct", 0, omega_errors(found)["construct", 0], level, items)


def _row(found: Fit, construct: str, group: int, se: float, level: float) -> Row:
    items = items_of(found.model.indicators, construct)
    cov, n = observed_covariance(found, items, group)
    start: Row = {"construct": construct, "group": found.moments.groups[group]} | alpha_row(items, cov, n, level)
    return start | _model_figures(found, construct, group, se, level, items)


def _model_figures(found: Fit, construct: str, group: int, se: float, level: float, names: Sequence[str]) -> Row:
    """What the model adds to α; ``names`` are the items' names for print."""
    if not found.converged:
        return dict.fromkeys(FIGURES, math.nan) | {"note": found.cause}
    of = parts(found, construct, group)
    figures = _figures(found, group, of, se, level)
    if found.moments.ordinal:
        at = [found.moments.names.index(item) for item in of.items]
        figures["alpha_ordinal"] = float(alpha(found.moments.cov[group][np.ix_(at, at)]))
    return figures | {"note": "; ".join(_remarks(of, names))}


def observed_covariance(found: Fit, items: Sequence[str], group: int) -> tuple[Array, int]:
    """Covariances of the items as answered, divisor n, and n: of the rows complete on them, or weighted as the fit."""
    sample = found.moments
    at = [sample.names.index(item) for item in items]
    n = int(sample.n[group])
    if not sample.rows or sample.weights:
        return sample.cov[group][np.ix_(at, at)], n
    rows = sample.rows[group][:, at]
    rows = rows[np.isfinite(rows).all(axis=1)]
    return np.cov(rows, rowvar=False, ddof=0).reshape(len(at), -1), len(rows)


def _figures(found: Fit, group: int, of: Parts, se: float, level: float) -> Row:
    if len(of.items) == 1:
        return dict.fromkeys(FIGURES, math.nan)
    figures: Row = dict.fromkeys(FIGURES, math.nan)
    thresholds = _thresholds(found, of.items, group)
    if thresholds:
        figures["omega"] = omega_categorical(of, thresholds)
        figures["omega_total"] = omega_categorical(of, thresholds, "total")
    else:
        value = float(omega(of))
        low, high = logit_interval(value, se, level)
        figures |= {"omega": value, "omega_low": low, "omega_high": high, "omega_total": float(omega_total(of))}
    unit = omega(of.standardized())
    return figures | {
        "omega_std": float(unit),
        "ave": float(average_variance(of)),
        "h": float(maximal_reliability(of)),
    }


def _thresholds(found: Fit, items: Sequence[str], group: int) -> list[Array]:
    """Thresholds of the items if all are ordinal, else none."""
    if not found.moments.ordinal:
        return []
    own = found.moments.ordinal[group].thresholds
    chosen = [own[found.moments.names.index(item)] for item in items]
    return chosen if all(len(tau) for tau in chosen) else []


def omega_errors(found: Fit) -> dict[tuple[str, int], float]:
    """Standard error of ω by construct and group, by the delta method (Raykov 2002)."""
    keys = [(c, g) for c in found.model.latents for g in range(len(found.moments.groups))]
    covariance = delta_method(
        found, lambda cells: np.stack([omega(parts(found, c, g, cells)) for c, g in keys], axis=-1)
    )
    return {key: math.sqrt(v) if v >= 0 else math.nan for key, v in zip(keys, np.diag(covariance), strict=True)}


def logit_interval(value: float, se: float, level: float = 0.95) -> tuple[float, float]:
    """Interval of a share by the delta method on the logit scale, so that it stays within 0 and 1."""
    if not 0 < value < 1 or not np.isfinite(se):
        return math.nan, math.nan
    half = norm.isf((1 - level) / 2) * se / (value * (1 - value))
    low, high = expit([logit(value) - half, logit(value) + half])
    return float(low), float(high)


def _remarks(of: Parts, names: Sequence[str]) -> list[str]:
    said = []
    if len(of.items) == 1:
        said.append("a single item: one wave can't tell its reliability")
    negative = [item for item, own in zip(names, np.diag(of.residual), strict=True) if own < 0]
    if negative:
        said.append(f"negative residual variance of {', '.join(negative)}: the figures can't be trusted")
    if of.variance < 0:
        said.append("negative variance of the construct: the figures can't be trusted")
    return said
