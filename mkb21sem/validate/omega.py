"""How much of a sum of items is its construct, as functions of a model's matrices.

A construct c reaches its items along the arrows of measurement alone: with M the part of A that holds them,
T = (I − M)⁻¹ and t = T[items, c], the same formulas serve plain, second-order and bifactor models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from mkb21sem.errors import one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import implied, matrices
from mkb21sem.estimate.ordered.bivariate import excess
from mkb21sem.estimate.standard import variable_covariance
from mkb21sem.linalg import Array


@dataclass(frozen=True)
class Parts:
    """What a sum of items is made of; leading axes are replicates.

    Attributes
    ----------
    items
        The construct's items, those of its constructs where it is a higher-order one.
    reach : (..., k)
        t, what one unit of the construct adds to each item.
    variance : (...)
        The construct's variance.
    cov : (..., k, k)
        Implied covariances of the items.
    residual : (..., k, k)
        Residual covariances of the items.
    direct : (..., m)
        Standardised loadings of its direct indicators, which may be constructs.
    """

    items: tuple[str, ...]
    reach: Array
    variance: Array
    cov: Array
    residual: Array
    direct: Array

    @property
    def true(self) -> Array:
        """Covariances of the items that are the construct's: t t' ψ, (..., k, k)."""
        return np.asarray(self.reach[..., :, None] * self.reach[..., None, :] * self.variance[..., None, None])

    def standardized(self) -> Parts:
        """The same for items of unit variance."""
        sd = np.sqrt(np.diagonal(self.cov, axis1=-2, axis2=-1))
        both = sd[..., :, None] * sd[..., None, :]
        return Parts(self.items, self.reach / sd, self.variance, self.cov / both, self.residual / both, self.direct)


def items_of(indicators: dict[str, tuple[str, ...]], construct: str) -> tuple[str, ...]:
    """Items that a construct is measured by, directly or through constructs, in the spec's order."""
    found: dict[str, None] = {}
    for name in indicators[construct]:
        found |= dict.fromkeys(items_of(indicators, name) if name in indicators else (name,))
    return tuple(found)


def parts(found: Fit, construct: str, group: int = 0, cells: Array | None = None) -> Parts:
    """What the sum of a construct's items is made of.

    Parameters
    ----------
    found
        A fit; only its model and layout matter where cells are given.
    group
        Which group, from 0.
    cells : (..., g, c)
        Cell values instead of the fit's own.
    """
    where, values = found.layout, found.cells if cells is None else cells
    A, S = (M[..., group, :, :] for M in matrices(where, values))
    C = variable_covariance(where, implied(where, values))[..., group, :, :]
    place = {name: at for at, name in enumerate(where.variables)}
    indicators = found.model.indicators
    M = np.zeros_like(A)
    for latent, names in indicators.items():
        rows = [place[name] for name in names]
        M[..., rows, place[latent]] = A[..., rows, place[latent]]
    items = items_of(indicators, construct)
    at, c, own = [place[i] for i in items], place[construct], [place[i] for i in indicators[construct]]
    grid = np.ix_(at, at)
    diagonal = np.diagonal(C, axis1=-2, axis2=-1)
    variance = diagonal[..., c]
    return Parts(
        items,
        np.linalg.inv(np.eye(where.v) - M)[..., at, c],
        variance,
        C[..., grid[0], grid[1]],
        S[..., grid[0], grid[1]],
        A[..., own, c] * np.sqrt(np.maximum(variance, 0.0))[..., None] / np.sqrt(diagonal[..., own]),
    )


def omega(of: Parts) -> Array:
    """Composite reliability ω = (Σt)²ψ / 1'Σ1, the share of the sum's variance that is the construct's.

    Jöreskog (1971); McDonald (1999). For a construct whose items load on it alone that is (Σλ)²ψ/((Σλ)²ψ + 1'Θ1)
    with residual covariances in Θ (Raykov 2001); for the general factor of a bifactor or second-order model it is ω
    hierarchical (Zinbarg, Revelle, Yovel & Li 2005). Σ is the implied covariance matrix.
    """
    return np.asarray(of.true.sum(axis=(-1, -2)) / of.cov.sum(axis=(-1, -2)))


def omega_total(of: Parts) -> Array:
    """ω total = 1 − 1'Θ1 / 1'Σ1: the share that is not residual, whichever construct it is (McDonald 1999)."""
    return np.asarray(1 - of.residual.sum(axis=(-1, -2)) / of.cov.sum(axis=(-1, -2)))


def average_variance(of: Parts) -> Array:
    """Average variance extracted: mean squared standardised direct loading (Fornell & Larcker 1981)."""
    return np.asarray(np.mean(of.direct**2, axis=-1))


def maximal_reliability(of: Parts) -> Array:
    """Coefficient H = 1 / (1 + 1/Σ λ²/(1−λ²)), of the best weighted sum of the indicators (Hancock & Mueller 2001).

    Standardised loadings λ of the direct indicators; 1 where one of them is ±1 or beyond.
    """
    square = of.direct**2
    proper = (square < 1).all(axis=-1)
    information = (square / np.where(square < 1, 1 - square, 1.0)).sum(axis=-1)
    return np.where(proper, information / (1 + information), 1.0)


def omega_categorical(of: Parts, thresholds: Sequence[Array], weight: str = "construct") -> float:
    """Reliability of the sum of ordinal answers, scored 1, 2, 3 … (Green & Yang 2009).

    The covariance of two answers is Σ_c Σ_d Φ₂(τ_c, τ_d; ρ) − Φ(τ_c) Φ(τ_d): with ρ from the construct alone above
    the line, with the implied correlation below it.

    Parameters
    ----------
    of
        Without leading axes; items are latent responses.
    thresholds : k times (K_j − 1,)
        In standard deviations of the latent responses.
    weight
        "construct" counts what the construct explains, "total" all that isn't residual.
    """
    one_of("weight", weight, ("construct", "total"))
    unit = of.standardized()
    true = unit.true if weight == "construct" else unit.cov - unit.residual
    return float(_score_covariance(true, thresholds).sum() / _score_covariance(unit.cov, thresholds).sum())


def _score_covariance(rho: Array, thresholds: Sequence[Array]) -> Array:
    """Covariances of category numbers (k, k) when latent responses correlate by rho."""
    out = np.empty_like(rho)
    for i, first in enumerate(thresholds):
        for j, second in enumerate(thresholds[: i + 1]):
            h, k = (M.ravel() for M in np.meshgrid(first, second, indexing="ij"))
            if rho[i, j] > 1 - 1e-12:
                joint = ndtr(np.minimum(h, k)) - ndtr(h) * ndtr(k)
            else:
                joint = excess(h, k, np.full(len(h), rho[i, j]))
            out[i, j] = out[j, i] = joint.sum()
    return out
