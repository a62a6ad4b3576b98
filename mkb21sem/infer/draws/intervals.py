"""Intervals from draws: percentile, bias-corrected, and bias-corrected and accelerated (BCa).

With G the distribution of the draws, z0 = Φ⁻¹(G(estimate)) and a the acceleration, BCa takes the draws at

    Φ(z0 + (z0 + z)/(1 − a (z0 + z))),   z = Φ⁻¹(α/2) and Φ⁻¹(1 − α/2)          Efron (1987)

with a = Σd³ / 6(Σd²)^{3/2}, d the differences of the estimates without each row from their mean. Bias-corrected is
a = 0, percentile z0 = a = 0.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.errors import OptionError
from mkb21sem.infer.draws.bootstrap import Bootstrap
from mkb21sem.infer.draws.montecarlo import MonteCarlo
from mkb21sem.infer.effects.quantities import quantities
from mkb21sem.linalg import Array

VARIES = 1e-10
"""Spread of the draws, relative to the estimate, below which a number is taken as fixed."""


def intervals(
    drawn: Bootstrap | MonteCarlo,
    of: str = "effects",
    level: float = 0.95,
    kind: str = "all",
    *,
    source: str | None = None,
    outcome: str | None = None,
    items: bool = False,
) -> pd.DataFrame:
    """Intervals of every effect, of every parameter, or of R², raw and standardised.

    Parameters
    ----------
    drawn
        From `bootstrap` or `monte_carlo`.
    of
        effects, parameters or r2.
    level
        Of the intervals.
    kind, source, outcome, items
        As in `effects`.

    Returns
    -------
    DataFrame
        What it is (group source outcome effect path, lhs op rhs group label, or group variable), ``scale`` (raw, or the
        standardised kind), est, se (standard deviation of the draws), bias (their mean less the estimate), draws
        (that have this number) and low and high of each kind: percentile, and from a bootstrap bc and bca. NaN for
        what is fixed, and for BCa where the jackknife was not finished.

    Raises
    ------
    OptionError
        An unknown word or variable, or a level that is none.

    Notes
    -----
    Draws with improper estimates count. One in which a variance of a variable is negative has no standardised value;
    ``draws`` is smaller then.
    """
    if not 0 < level < 1:
        raise OptionError(f"level must lie between 0 and 1; got {level}.")
    wanted = quantities(drawn.found, of, kind, source=source, outcome=outcome, items=items)
    est, values = wanted.of(drawn.found.cells[None])[0], wanted.of(drawn.cells)
    there = np.isfinite(values)
    count = there.sum(axis=0)
    mean = np.where(there, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    square = np.where(there, (values - mean) ** 2, 0.0).sum(axis=0)
    sd = np.sqrt(square / np.maximum(count - 1, 1))
    varies = (sd > VARIES * (1 + np.abs(est))) & (count > 1)
    blank = np.where(varies, 1.0, np.nan)
    frame = wanted.labels.assign(est=est, se=sd * blank, bias=(mean - est) * blank, draws=count)
    ordered = np.sort(values, axis=0)
    z = norm.isf((1 - level) / 2)
    zero = np.zeros(len(est))
    kinds = {"percentile": (zero, zero)}
    if isinstance(drawn, Bootstrap):
        z0 = bias_correction(values, est)
        a = acceleration(wanted.of(drawn.jackknife)) if len(drawn.jackknife) else np.full(len(est), np.nan)
        kinds |= {"bc": (z0, zero), "bca": (z0, a)}
    for name, (shift, speed) in kinds.items():
        for end, side in (("low", -z), ("high", z)):
            frame[f"{name}_{end}"] = quantile(ordered, count, bca_level(shift, speed, side)) * blank
    return frame


def bias_correction(values: Array, est: Array) -> Array:
    """z0 = Φ⁻¹ of the share of draws (b, q) below the estimate (q,), ties by half: (q,).

    Where all draws lie on one side the share is half a draw off 0 or 1.
    """
    there = np.isfinite(values)
    count = np.maximum(there.sum(axis=0), 1)
    below = (there & (values < est)).sum(axis=0) + (there & (values == est)).sum(axis=0) / 2
    return np.asarray(norm.ppf(np.clip(below / count, 0.5 / count, 1 - 0.5 / count)))


def acceleration(left_out: Array) -> Array:
    """a = Σd³ / 6(Σd²)^{3/2} from the numbers (j, q) without each row or set of rows: (q,)."""
    there = np.isfinite(left_out)
    mean = np.where(there, left_out, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    d = np.where(there, mean - left_out, 0.0)
    square = (d**2).sum(axis=0)
    return np.asarray((d**3).sum(axis=0) / (6 * np.where(square > 0, square, 1.0) ** 1.5))


def bca_level(z0: Array, a: Array, z: float) -> Array:
    """Which share of the draws lies below the limit, (q,).

    NaN where there is no limit: a is unknown, or so large that 1 − a (z0 + z) is not positive.
    """
    room = 1 - a * (z0 + z)
    return np.asarray(norm.cdf(z0 + (z0 + z) / np.where(room > 0, room, np.nan)))


def quantile(ordered: Array, count: Array, level: Array) -> Array:
    """Quantile `level` (q,) of each column of draws (b, q), sorted with NaN at the end, by linear interpolation."""
    last = np.maximum(count - 1, 0)
    place = np.where(np.isfinite(level), level, 0.0) * last
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, last)
    column = np.arange(ordered.shape[1])
    one, other = ordered[below, column], ordered[above, column]
    return np.where(np.isfinite(level) & (count > 0), one + (place - below) * (other - one), np.nan)
