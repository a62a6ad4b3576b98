"""Correlations from rows: an ordered with a continuous variable, two continuous ones, two ordered given causes.

Rows stand on the first axis and pairs on the last, (n, m). An ordered answer is an interval (lower, upper) of a
standard normal variable, a continuous one its standard score z.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from mkb21sem.estimate.ordered.bivariate import density, excess
from mkb21sem.estimate.ordered.newton import correlations
from mkb21sem.linalg import Array, Index

TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Limits:
    """The intervals in which the answers to m variables fall, (n, m) each, infinite as ±`LIMIT`."""

    lower: Array
    upper: Array

    def __getitem__(self, place: tuple[slice, Index | slice]) -> Limits:
        return Limits(self.lower[place], self.upper[place])


@dataclass(frozen=True, slots=True)
class RowScores:
    """Derivatives of each row's log-likelihood of a pair, (n, m) each.

    Attributes
    ----------
    rho
        To the correlation.
    first, second
        To what the pair's first and second variable are made of: (to the lower limit, to the upper limit) of an
        ordered one, (to z,) of a continuous one.
    """

    rho: Array
    first: tuple[Array, ...]
    second: tuple[Array, ...]


def normal(x: Array) -> Array:
    """φ(x)."""
    return np.asarray(np.exp(-x * x / 2) / np.sqrt(2 * np.pi))


def interval(lower: Array, upper: Array) -> Array:
    """Φ(upper) − Φ(lower), from the tail that has the digits."""
    right = lower > 0
    return np.asarray(ndtr(np.where(right, -lower, upper)) - ndtr(np.where(right, -upper, lower)))


# ------------------------------------------------------------------ ordered with continuous


def polyserial_terms(limits: Limits, z: Array, rho: Array) -> tuple[Array, Array, Array]:
    """P(answer | z) and its first and second derivative to rho (Olsson, Drasgow & Dorans 1982).

    π = Φ(u) − Φ(l), u = (upper − rho z)/√(1−rho²), and for either limit t
    ∂u/∂rho = (t rho − z)/(1−rho²)^{3/2}, ∂²u/∂rho² = (t (1 + 2 rho²) − 3 rho z)/(1−rho²)^{5/2}.
    """
    rest = (1 - rho) * (1 + rho)
    upper, lower = (limits.upper - rho * z) / np.sqrt(rest), (limits.lower - rho * z) / np.sqrt(rest)
    first, second = np.zeros_like(z), np.zeros_like(z)
    for sign, limit, u in ((1.0, limits.upper, upper), (-1.0, limits.lower, lower)):
        height = sign * normal(u)
        slope = (limit * rho - z) / rest**1.5
        first += height * slope
        second += height * ((limit * (1 + 2 * rho * rho) - 3 * rho * z) / rest**2.5 - u * slope * slope)
    return np.maximum(interval(lower, upper), TINY), first, second


def polyserial_scores(limits: Limits, z: Array, rho: Array) -> RowScores:
    """Scores of log φ(z) + log P(answer | z)."""
    rest = (1 - rho) * (1 + rho)
    pi, first, _ = polyserial_terms(limits, z, rho)
    spread = np.sqrt(rest)
    upper = normal((limits.upper - rho * z) / spread) / (spread * pi)
    lower = -normal((limits.lower - rho * z) / spread) / (spread * pi)
    return RowScores(first / pi, (lower, upper), (-z - rho * (lower + upper),))


# ------------------------------------------------------------------ two continuous


def normal_scores(z: Array, other: Array, rho: Array) -> RowScores:
    """Scores of the bivariate normal density of two standard scores.

    To rho: rho/(1−rho²) + (z w (1+rho²) − rho (z²+w²))/(1−rho²)².
    """
    rest = (1 - rho) * (1 + rho)
    to_rho = rho / rest + (z * other * (1 + rho * rho) - rho * (z * z + other * other)) / rest**2
    return RowScores(to_rho, ((rho * other - z) / rest,), ((rho * z - other) / rest,))


def product_moment(square: Array, other: Array, product: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Correlations of continuous pairs given their means and variances.

    Where all rows are used it is the product-moment correlation; where the pair has fewer rows than the
    variances were taken from, the mean squares differ from one and the score is zero elsewhere.

    Parameters
    ----------
    square, other, product : (m,)
        Mean of z², w² and z w over the rows of the pair.

    Returns
    -------
    rho : (m,)
    inside : (m,) bool
        As `newton.correlations`.
    """

    def score(rho: Array, which: Index) -> tuple[Array, Array]:
        rest = (1 - rho) * (1 + rho)
        c, s = product[which], square[which] + other[which]
        top = c * (1 + rho * rho) - rho * s
        value = rho / rest + top / rest**2
        slope = (1 + rho * rho) / rest**2 + (2 * rho * c - s) / rest**2 + 4 * rho * top / rest**3
        return value, slope

    return correlations(score, product / np.sqrt(square * other))


# ------------------------------------------------------------------ two ordered


def interval_terms(first: Limits, second: Limits, rho: Array) -> tuple[Array, Array, Array]:
    """Probability of the rectangle and its first and second derivative to rho, (n, m) each.

    As `contingency.probabilities`, where every row has limits of its own.
    """
    pi = interval(first.lower, first.upper) * interval(second.lower, second.upper)
    slope, bend = np.zeros_like(pi), np.zeros_like(pi)
    for sign, h, k in (
        (1.0, first.upper, second.upper),
        (-1.0, first.lower, second.upper),
        (-1.0, first.upper, second.lower),
        (1.0, first.lower, second.lower),
    ):
        height, change = density(h, k, rho)
        pi += sign * excess(h, k, rho)
        slope += sign * height
        bend += sign * change
    return np.maximum(pi, TINY), slope, bend


def interval_scores(first: Limits, second: Limits, rho: Array) -> RowScores:
    """Scores of log P(rectangle); the limits' as in `contingency.cell_scores`."""
    pi, slope, _ = interval_terms(first, second, rho)
    spread = np.sqrt((1 - rho) * (1 + rho))

    def edge(limit: Array, other: Limits) -> Array:
        inside = interval((other.lower - rho * limit) / spread, (other.upper - rho * limit) / spread)
        return np.asarray(normal(limit) * inside / pi)

    return RowScores(
        slope / pi,
        (-edge(first.lower, second), edge(first.upper, second)),
        (-edge(second.lower, first), edge(second.upper, first)),
    )
