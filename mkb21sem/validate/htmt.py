"""Heterotrait-monotrait ratios of correlations, with bootstrap intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mkb21sem.errors import OptionError, one_of
from mkb21sem.estimate.ordered.polychoric import ordinal_draws
from mkb21sem.linalg import Array, Index
from mkb21sem.parallel import one_thread
from mkb21sem.validate.correlations import Correlations, correlation_of, correlations
from mkb21sem.validate.factors import Source

RATIOS = ("htmt", "htmt2")
STRICT, LENIENT = 0.85, 0.90
HTMT_RULE = (
    "Below .85, or .90 for constructs that are alike by meaning, and an interval that leaves out 1 (Henseler, Ringle & "
    "Sarstedt 2015). Criticism: HTMT assumes equal loadings, which HTMT2 does not (Roemer, Schuberth & Henseler 2021), "
    "and the limits don't depend on what a mix-up would cost."
)


def htmt(R: Array, blocks: Sequence[Index], ratio: str = "htmt") -> Array:
    """Mean heterotrait correlation over the geometric mean of the two mean monotrait ones, (..., q, q).

    "htmt" takes arithmetic means (Henseler, Ringle & Sarstedt 2015), "htmt2" geometric ones (Roemer, Schuberth &
    Henseler 2021), both of absolute correlations. NaN for a construct of one item; 1 on the diagonal.

    Parameters
    ----------
    R : (..., p, p)
        Correlations; leading axes are replicates.
    blocks : q times (k,)
        Places of each construct's items.
    """
    one_of("ratio", ratio, RATIOS)
    with np.errstate(divide="ignore"):
        size = np.abs(R) if ratio == "htmt" else np.log(np.abs(R))
    mean = np.empty((*R.shape[:-2], len(blocks), len(blocks)))
    for i, rows in enumerate(blocks):
        for j, cols in enumerate(blocks[: i + 1]):
            part = size[..., rows[:, None], cols]
            if i != j:
                own = part.mean(axis=(-1, -2))
            elif len(rows) > 1:
                own = part[..., *np.tril_indices(len(rows), -1)].mean(axis=-1)
            else:
                own = np.full(R.shape[:-2], math.nan)
            mean[..., i, j] = mean[..., j, i] = own
    own = np.diagonal(mean, axis1=-2, axis2=-1)
    if ratio == "htmt":
        return np.asarray(mean / np.sqrt(own[..., :, None] * own[..., None, :]))
    # A correlation of exactly 0 within a construct leaves no geometric mean to compare with.
    with np.errstate(invalid="ignore"):
        return np.asarray(np.exp(mean - (own[..., :, None] + own[..., None, :]) / 2))


def drawing_order(rows: Array) -> npt.NDArray[np.intp]:
    """The order (n,) in which respondents are drawn from: by Mahalanobis' distance from the mean.

    So neither the order of a file's rows, nor that of the items, nor their units change a draw. Equal rows tie.
    """
    y = rows - rows.mean(axis=0)
    return np.asarray(np.argsort((y @ np.linalg.pinv(y.T @ y) * y).sum(axis=1), kind="stable"))


def resampled(of: Correlations, draws: int, rng: np.random.Generator) -> Array:
    """Correlations of bootstrap samples of the respondents, (draws, p, p).

    A sample is a row of multinomial weights, and one product of weights and cross-products gives all covariances.

    Raises
    ------
    OptionError
        Only the matrix is known, not the answers behind it.
    """
    if of.rows is None:
        raise OptionError("bootstrap intervals need the answers; a matrix of correlations gives no draws. Set draws=0.")
    rows = of.rows[drawing_order(of.rows)]
    y, (n, p) = rows - rows.mean(axis=0), rows.shape
    weights = rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(float)
    with one_thread():
        if of.kind == "polychoric":
            return ordinal_draws(rows, [True] * p, weights, names=of.items).cov
        i, j = np.tril_indices(p)
        square = np.empty((draws, p, p))
        square[:, i, j] = square[:, j, i] = weights @ (y[:, i] * y[:, j]) / n
        mean = weights @ y / n
        with np.errstate(invalid="ignore", divide="ignore"):
            return correlation_of(square - mean[:, :, None] * mean[:, None, :])


@dataclass(frozen=True)
class Ratios:
    """HTMT of every pair of constructs.

    Attributes
    ----------
    table
        construct other htmt htmt_low htmt_high htmt2 htmt2_low htmt2_high below_85 below_90 excludes_1. The last three
        judge HTMT's upper bound, or HTMT itself without draws.
    draws, failed
        Bootstrap samples, and those of them in which a ratio didn't exist.
    left_out
        Constructs of a single item, which have none.
    """

    table: pd.DataFrame
    draws: int
    failed: int
    left_out: tuple[str, ...]


def ratios(
    source: Source,
    constructs: Mapping[str, Sequence[str]],
    correlation: str = "pearson",
    *,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 2012,
) -> Ratios:
    """HTMT and HTMT2 with percentile bootstrap intervals.

    Absolute correlations are biased upwards in resamples where they are near 0: there the interval lies too high, on
    the safe side.

    Parameters
    ----------
    source
        A wave, a table, or correlations.
    constructs
        Items of each construct.
    correlation
        "pearson" or "polychoric".
    draws
        Bootstrap samples of the respondents; 0 for no intervals.
    level
        Of the intervals.
    seed
        Of the samples.

    Raises
    ------
    OptionError
        Fewer than two constructs of two items or more; draws of a bare matrix.
    WaveError
        An item is absent, constant, or determined by others.
    """
    used = {name: list(items) for name, items in constructs.items() if len(items) > 1}
    if len(used) < 2:
        raise OptionError(f"HTMT compares constructs of two or more items; got {', '.join(used) or 'none'}.")
    of = correlations(source, list(dict.fromkeys(item for items in used.values() for item in items)), correlation)
    blocks = [np.array([of.items.index(item) for item in items]) for items in used.values()]
    i, j = np.tril_indices(len(blocks), -1)
    names = list(used)
    table = pd.DataFrame({"construct": [names[b] for b in j], "other": [names[a] for a in i]})
    samples = resampled(of, draws, np.random.default_rng(seed)) if draws else np.empty((0, *of.R.shape))
    failed = np.zeros(draws, dtype=bool)
    for ratio in RATIOS:
        found = htmt(samples, blocks, ratio)[:, i, j]
        failed |= ~np.isfinite(found).all(axis=1)
        usable = found[np.isfinite(found).all(axis=1)]
        tails = [(1 - level) / 2, (1 + level) / 2]
        low, high = np.quantile(usable, tails, axis=0) if len(usable) else np.full((2, len(i)), math.nan)
        table[ratio], table[f"{ratio}_low"], table[f"{ratio}_high"] = htmt(of.R, blocks, ratio)[i, j], low, high
    worst = table["htmt_high"].fillna(table["htmt"])
    table["below_85"], table["below_90"], table["excludes_1"] = worst < STRICT, worst < LENIENT, worst < 1
    single = tuple(name for name in constructs if name not in used)
    return Ratios(table, draws, int(failed.sum()), single)
