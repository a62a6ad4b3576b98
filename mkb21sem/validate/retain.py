"""How many factors: parallel analysis, Velicer's MAP, Kaiser, and the fit of each number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mkb21sem.errors import Mkb21Error, OptionError
from mkb21sem.estimate.ordered.polychoric import ordinal_moments
from mkb21sem.linalg import Array, transpose
from mkb21sem.parallel import one_thread
from mkb21sem.validate.correlations import Correlations, correlation_of, correlations
from mkb21sem.validate.factors import Source, factors

RULES = {
    "parallel": (
        "Parallel analysis: eigenvalues above the 95th percentile of those of unrelated items (Horn 1965; Glorfeld "
        "1995). Criticism: with one strong factor it is strict on the next."
    ),
    "parallel_mean": "Parallel analysis against the mean (Horn 1965). Criticism: keeps a factor too many at times.",
    "map": (
        "Minimum average partial: the number of components that leaves the smallest mean squared partial correlation "
        "(Velicer 1976). Criticism: too few where factors have few items or low loadings."
    ),
    "map4": "The same with fourth powers (Velicer, Eaton & Fava 2000).",
    "kaiser": (
        "Eigenvalues above 1 (Kaiser 1960). Criticism: keeps too many factors, the more items the more (Zwick & "
        "Velicer 1986)."
    ),
}


@dataclass(frozen=True)
class Retention:
    """How many factors each rule suggests.

    Attributes
    ----------
    table
        One row a number of factors m: m, eigenvalue, random_mean, random_high, map, map4, chisq, df, pvalue, rmsea,
        tli, rmsr. eigenvalue, random_mean and random_high are the m-th of the correlations, and of unrelated items;
        map starts at 0 components, so that the first row is m = 0.
    suggested
        Number of factors by rule; the rules stand in `RULES` with source and criticism.
    n, kind, draws, level
        Respondents; kind of correlation; random data sets; the percentile of random_high.
    """

    table: pd.DataFrame
    suggested: pd.Series[int]
    n: int
    kind: str
    draws: int
    level: float


def retain(
    source: Source,
    items: Sequence[str] | None = None,
    correlation: str = "pearson",
    n: int | None = None,
    *,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 2012,
    method: str = "minres",
    fitted: int | None = None,
) -> Retention:
    """Compare rules for the number of factors.

    Parameters
    ----------
    source, items, correlation, n
        As for `factors`.
    draws
        Random data sets of parallel analysis: normal ones for Pearson correlations or a given matrix; for polychoric
        ones the answers themselves, each item shuffled among the respondents, so that the margins stay.
    level
        Percentile of the random eigenvalues.
    seed
        Of the random data sets.
    method
        Of the factor analyses that give rmsea, tli and rmsr.
    fitted
        Largest number of factors that is fitted; None for all that leave degrees of freedom.

    Raises
    ------
    WaveError
        An item is absent, constant, or determined by others.
    OptionError
        A matrix without its n.
    """
    of = correlations(source, items, correlation, n)
    p = len(of.items)
    if of.n <= p or p < 3:
        raise OptionError(f"three items or more, and n above their number; got {p} items and n = {of.n}.")
    if not isinstance(draws, int) or draws < 20:
        raise OptionError(f"draws must be 20 or more; got {draws!r}.")
    with one_thread():
        values = np.linalg.eigvalsh(of.R)[::-1]
        random = random_eigenvalues(of, draws, np.random.default_rng(seed))
        partial = average_partials(of.R)
    mean, high = random.mean(axis=0), np.quantile(random, level, axis=0)
    table = pd.DataFrame({"m": np.arange(p)})
    table["eigenvalue"], table["random_mean"], table["random_high"] = (
        np.concatenate([[math.nan], series[:-1]]) for series in (values, mean, high)
    )
    table["map"], table["map4"] = partial
    suggested = {
        "parallel": _leading(values > high),
        "parallel_mean": _leading(values > mean),
        "map": int(np.argmin(partial[0])),
        "map4": int(np.argmin(partial[1])),
        "kaiser": int((values > 1).sum()),
    }
    return Retention(
        _with_fit(table, of, method, p if fitted is None else fitted), pd.Series(suggested), of.n, of.kind, draws, level
    )


def _leading(above: Array) -> int:
    """How many are true before the first that isn't."""
    return int(np.argmin(np.append(above, False)))


def random_eigenvalues(of: Correlations, draws: int, rng: np.random.Generator) -> Array:
    """Eigenvalues of the correlations of unrelated items, descending, (draws, p)."""
    p = len(of.items)
    if of.kind == "polychoric" and of.rows is not None:
        answers = np.sort(of.rows, axis=0)
        shuffled = (rng.permuted(answers, axis=0) for _ in range(draws))
        R = np.array([ordinal_moments(rows, [True] * p).cov for rows in shuffled])
    else:
        R = correlation_of(wishart(of.n - 1, p, draws, rng))
    return np.asarray(np.linalg.eigvalsh(R)[:, ::-1])


def wishart(df: int, p: int, draws: int, rng: np.random.Generator) -> Array:
    """Cross-products of df rows of p unrelated standard normal variables (draws, p, p), by Bartlett's decomposition.

    A lower triangle of normal deviates with χ's of df, df − 1, … on the diagonal (Bartlett 1933): no rows needed.
    """
    L = np.tril(rng.standard_normal((draws, p, p)), -1)
    at = np.arange(p)
    L[:, at, at] = np.sqrt(rng.chisquare(df - at, size=(draws, p)))
    return np.asarray(L @ transpose(L))


def average_partials(R: Array) -> Array:
    """Velicer's average partial correlations after m = 0 … p−1 components, powers 2 and 4: (2, p).

    R* = R − L L' with the loadings L of the first m components, brought to unit diagonal; the mean over pairs of its
    squared (fourth powers of the) off-diagonal elements (Velicer 1976; Velicer, Eaton & Fava 2000).
    """
    p = len(R)
    values, vectors = np.linalg.eigh(R)
    L = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0))
    off = ~np.eye(p, dtype=bool)
    out = np.full((2, p), np.inf)
    for m in range(p):
        left = R - L[:, :m] @ L[:, :m].T
        own = np.diag(left)
        if (own <= 1e-12).any():
            break
        partial = (left / np.sqrt(np.outer(own, own)))[off]
        out[:, m] = np.mean(partial**2), np.mean(partial**4)
    return out


def _with_fit(table: pd.DataFrame, of: Correlations, method: str, most: int) -> pd.DataFrame:
    """The table with the fit of every number of factors up to the most that leaves degrees of freedom."""
    p = len(of.items)
    fits = {}
    for m in range(1, min(p, most + 1)):
        if (p - m) ** 2 <= p + m:
            break
        try:
            found = factors(of, n_factors=m, method=method, rotation="none")
        except Mkb21Error:
            break
        test = found.test
        fits[m] = (test.chisq, test.df, test.pvalue, test.rmsea, test.tli, found.rmsr)
    columns = ["chisq", "df", "pvalue", "rmsea", "tli", "rmsr"]
    return table.join(pd.DataFrame.from_dict(fits, orient="index", columns=columns, dtype=float), on="m")
