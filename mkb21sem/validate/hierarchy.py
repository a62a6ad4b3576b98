"""Is there one general factor behind several? Schmid and Leiman's transformation of an oblique solution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mkb21sem.errors import OptionError
from mkb21sem.linalg import Array, transpose
from mkb21sem.validate.correlations import Correlations, correlations
from mkb21sem.validate.factors import Source, factors


@dataclass(frozen=True)
class SchmidLeiman:
    """A general factor and group factors, all uncorrelated, behind an oblique solution.

    Attributes
    ----------
    loadings : (p, 1 + m) frame
        ``general`` and the group factors F1, F2, …
    second : (m,)
        Loadings of the oblique factors on the general one.
    omega_hierarchical, omega_total
        Share of the variance of the sum of the standardised items.
    explained
        Explained common variance: the general factor's share of all common variance (ECV).
    """

    loadings: pd.DataFrame
    second: pd.Series[float]
    omega_hierarchical: float
    omega_total: float
    explained: float


def general_factor(
    source: Source,
    items: Sequence[str] | None = None,
    n_factors: int = 3,
    method: str = "minres",
    correlation: str = "pearson",
) -> SchmidLeiman:
    """ω hierarchical and total of a set of items, from an oblimin solution (Zinbarg, Revelle, Yovel & Li 2005).

    Parameters
    ----------
    source, items, method, correlation
        As for `factors`. Reverse items first: ω is of the plain sum of the standardised items.
    n_factors
        Group factors, two or more. Two don't identify their second-order loadings, which are then set equal.

    Raises
    ------
    OptionError
        Fewer than two factors.
    """
    if n_factors < 2:
        raise OptionError(f"n_factors must be two or more, so that there is something general; got {n_factors!r}.")
    of = correlations(source, items, correlation)
    found = factors(of, n_factors=n_factors, method=method)
    phi = found.phi.to_numpy()
    if n_factors == 2:
        second = np.full(2, np.sqrt(max(phi[0, 1], 0.0)))
    else:
        names = tuple(found.phi.columns)
        second = factors(Correlations(names, phi, of.n), method=method).pattern["F1"].to_numpy()
    return schmid_leiman(of, found.pattern, second)


def schmid_leiman(of: Correlations, pattern: pd.DataFrame, second: Array) -> SchmidLeiman:
    """Turn oblique factors into a general factor and uncorrelated group factors (Schmid & Leiman 1957).

    Parameters
    ----------
    of
        Correlations of the items, for the variance of their sum.
    pattern : (p, m)
        Oblique loadings.
    second : (m,)
        Loadings of the factors on one second-order factor.
    """
    P = pattern.to_numpy()
    general = P @ second
    groups = P * np.sqrt(np.maximum(1 - second**2, 0.0))
    loadings = np.column_stack([general, groups])
    common = np.diag(loadings @ transpose(loadings))
    whole = float(of.R.sum())
    return SchmidLeiman(
        pd.DataFrame(loadings, pattern.index, ["general", *pattern.columns]),
        pd.Series(second, pattern.columns),
        float(general.sum()) ** 2 / whole,
        1 - float((1 - common).sum()) / whole,
        float((general**2).sum() / common.sum()),
    )
