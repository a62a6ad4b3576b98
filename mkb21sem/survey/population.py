"""The population that the synthetic wave is drawn from: the default model with invented values.

The sources print no correlation, loading or path. Each value in `population.csv` is therefore a
reconstruction (the reputation loadings follow from the published alpha), and nothing about real firms
follows from a wave that is drawn from it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

_EXOGENOUS = ("OMV01", "MKT02", "CUL", "OMG")


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One line of `population.csv`: a standardised coefficient or correlation, and how it is known."""

    lhs: str
    op: str
    rhs: str
    value: float
    evidence: str
    arrow: str


def population() -> pd.DataFrame:
    """Return the standardised population values of the default model for users of social media.

    Returns
    -------
    DataFrame
        Columns `lhs op rhs value`. `=~` and `~` are standardised coefficients, `~~` are correlations: of
        exogenous variables, or of the residuals of parallel motive and experience parcels. What is not
        listed is zero; residual variances make each variable's variance one.
    """
    return pd.DataFrame(coefficients())[["lhs", "op", "rhs", "value"]]


@cache
def coefficients() -> tuple[Coefficient, ...]:
    """Read `population.csv`, with the evidence for each value and the arrow that it belongs to."""
    with files("mkb21sem.survey").joinpath("population.csv").open(encoding="utf-8") as text:
        return tuple(
            Coefficient(row["lhs"], row["op"], row["rhs"], float(row["value"]), row["evidence"], row["arrow"])
            for row in csv.DictReader(text)
        )


@dataclass(frozen=True, slots=True)
class Structure:
    """The population as RAM matrices over `names`: eta = A eta + zeta, var(zeta) = S.

    Attributes
    ----------
    names
        Exogenous variables first, every variable after its causes.
    A
        (k, k) standardised effects of column on row.
    S
        (k, k) variances and covariances of what the arrows leave unexplained.
    total
        (k, k) (I − A)⁻¹, the total effects.
    root
        (k, k) lower Cholesky factor of S.
    """

    names: tuple[str, ...]
    A: Array
    S: Array
    total: Array
    root: Array

    def innovations(self, rng: np.random.Generator, n: int) -> pd.DataFrame:
        """Independent standard normal shocks, (n, k), one column a variable."""
        return pd.DataFrame(rng.standard_normal((n, len(self.names))), columns=list(self.names))

    def scores(self, innovations: pd.DataFrame) -> pd.DataFrame:
        """Scores with the population's covariance matrix, (n, k): e rootᵀ (I − A)⁻ᵀ."""
        eta = innovations.to_numpy() @ self.root.T @ self.total.T
        return pd.DataFrame(eta, columns=list(self.names))


@cache
def structure() -> Structure:
    """Write the population values as RAM matrices (McArdle & McDonald 1984), standardised.

    The residual variances are found in causal order, since each one is what the causes, whose covariances
    are then known, leave of a unit variance.
    """
    names = _causal_order()
    at = {name: i for i, name in enumerate(names)}
    A: Array = np.zeros((len(names), len(names)))
    S: Array = np.zeros_like(A)
    for path in coefficients():
        if path.op == "~":
            A[at[path.lhs], at[path.rhs]] = path.value
        elif path.op == "=~":
            A[at[path.rhs], at[path.lhs]] = path.value
    total = np.asarray(np.linalg.inv(np.eye(len(names)) - A), dtype=np.float64)
    for i, name in enumerate(names):
        if name == names[len(_EXOGENOUS)]:
            _correlate(S, at, _EXOGENOUS)
        S[i, i] = 1.0 - (total @ S @ total.T)[i, i]
    _correlate(S, at, names[len(_EXOGENOUS) :])
    return Structure(names, A, S, total, np.asarray(np.linalg.cholesky(S), dtype=np.float64))


def implied() -> pd.DataFrame:
    """Implied correlations of latent and observed variables: (I − A)⁻¹ S (I − A)⁻ᵀ, (k, k)."""
    of = structure()
    return pd.DataFrame(of.total @ of.S @ of.total.T, index=list(of.names), columns=list(of.names))


def _causal_order() -> tuple[str, ...]:
    """Exogenous variables, then regressions in the file's order, then indicators."""
    endogenous = dict.fromkeys(path.lhs for path in coefficients() if path.op == "~")
    indicators = [path.rhs for path in coefficients() if path.op == "=~"]
    return (*_EXOGENOUS, *endogenous, *indicators)


def _correlate(S: Array, at: dict[str, int], among: Iterable[str]) -> None:
    """Write the listed correlations of the variables `among` into S, whose diagonal is known for them."""
    known = set(among)
    for pair in coefficients():
        if pair.op == "~~" and {pair.lhs, pair.rhs} <= known:
            i, j = at[pair.lhs], at[pair.rhs]
            S[i, j] = S[j, i] = pair.value * np.sqrt(S[i, i] * S[j, j])
