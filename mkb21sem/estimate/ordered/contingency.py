"""Polychoric correlations from the contingency tables of all pairs at once (Olsson 1979, two-step).

Tables are (K, K, m): categories of the first variable, of the second, and the pairs last. Between them may stand an
axis of patterns of observed causes, each with thresholds of its own and all with the same correlation: (K, K, u, m).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from mkb21sem.estimate.ordered.bivariate import density, excess
from mkb21sem.estimate.ordered.newton import Score, correlations, uncoarsen
from mkb21sem.linalg import Array, Index

TINY = 1e-300
PAIRS = 1024
"""Pairs that are worked on at a time: their arrays stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What the bivariate step takes from the univariate one, for m pairs.

    Attributes
    ----------
    tau, other_tau : (K − 1, m) or (K − 1, u, m)
        Thresholds of the first and of the second variable.
    share, other_share : (K, m) or (K, u, m)
        Their probabilities of each category.
    """

    tau: Array
    other_tau: Array
    share: Array
    other_share: Array

    def some(self, which: Index | slice) -> Pairs:
        """The same for some of the pairs."""
        return Pairs(*(part[..., which] for part in (self.tau, self.other_tau, self.share, self.other_share)))


def cells(corners: Array) -> Array:
    """Differences over the categories of what is given at the corners of the cells, zero outside.

    (K − 1, K − 1, …) → (K, K, …).
    """
    K = len(corners) + 1
    out = np.zeros((K, K, *corners.shape[2:]))
    out[:-1, :-1] = corners
    out[1:, :-1] -= corners
    out[:-1, 1:] -= corners
    out[1:, 1:] += corners
    return out


def probabilities(pairs: Pairs, rho: Array) -> tuple[Array, Array, Array]:
    """Probability π of each cell and its first and second derivative to rho, tables each.

    π = p_a p_b + differences of the excess of dependence, which keeps the digits of small cells.
    """
    h, k = pairs.tau[:, None], pairs.other_tau[None, :]
    height, slope = density(h, k, rho)
    product = pairs.share[:, None] * pairs.other_share[None, :]
    return product + cells(excess(h, k, rho)), cells(height), cells(slope)


def log_likelihood(pairs: Pairs, counts: Array, rho: Array) -> Array:
    """Σ counts · log π, (m,)."""
    pi, _, _ = probabilities(pairs, rho)
    return _summed(counts * np.log(np.where(counts > 0, np.maximum(pi, TINY), 1.0)))


def score(pairs: Pairs, counts: Array, rho: Array) -> tuple[Array, Array]:
    """First and second derivative of the log-likelihood of one observation to rho, (m,) each.

    Σ f π'/π / n and Σ f (π''/π − (π'/π)²) / n.
    """
    pi, first, second = probabilities(pairs, rho)
    safe = np.where(counts > 0, np.maximum(pi, TINY), 1.0)
    first /= safe
    second /= safe
    n = _summed(counts)
    return _summed(counts * first) / n, _summed(counts * (second - first * first)) / n


def _summed(tables: Array) -> Array:
    """Sum over everything but the pairs."""
    return np.asarray(tables.reshape(-1, tables.shape[-1]).sum(axis=0))


def start(pairs: Pairs, counts: Array) -> Array:
    """A first guess at each correlation, from the category means of the normal variables."""
    means = _category_means(pairs.tau, pairs.share)[:, None]
    others = _category_means(pairs.other_tau, pairs.other_share)[None, :]
    n = _summed(counts)
    n = np.where(n > 0, n, np.nan)
    covariance = _summed(counts * means * others)
    return uncoarsen(covariance / n, _summed(counts * means**2) / n, _summed(counts * others**2) / n)


def _category_means(tau: Array, share: Array) -> Array:
    """E(normal variable | category), as share."""
    height = np.exp(-tau * tau / 2) / np.sqrt(2 * np.pi)
    edge = np.zeros((1, *tau.shape[1:]))
    drop = np.diff(np.concatenate([edge, height, edge]), axis=0)
    return np.where(share > 0, -drop / np.where(share > 0, share, 1.0), 0.0)


def fill_empty(counts: Array, binary: npt.NDArray[np.bool_]) -> Array:
    """Half an answer in the only empty cell of a two-by-two table, its margins kept.

    An empty cell lets the correlation of two dichotomies run to ±1. As lavaan does by default
    (`zero.add = c(0.5, 0)`, `zero.keep.margins = TRUE`), the cell gets 0.5, its two neighbours lose 0.5 and the
    opposite cell gains 0.5. Larger tables stay as they are, and so do tables with two empty cells.

    Parameters
    ----------
    counts : (K, K, m)
        Two-by-two tables stand in the first two categories.
    binary : (m,)
        Which pairs are two-by-two.
    """
    table = counts[:2, :2]
    empty = table == 0
    n = counts.sum(axis=(0, 1))
    # The neighbours of the only empty cell must have half an answer to give.
    fix = binary & (empty.sum(axis=(0, 1)) == 1) & (np.sort(table.reshape(4, -1), axis=0)[1] > 0.5) & (n > 0)
    if not fix.any():
        return counts
    sign = np.where((empty[0, 0] | empty[1, 1])[fix], 0.5, -0.5)
    filled = counts.copy()
    filled[:2, :2, fix] += np.multiply.outer(np.array([[1.0, -1.0], [-1.0, 1.0]]), sign)
    return filled


def polychoric(pairs: Pairs, counts: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Polychoric correlations given the thresholds: the zero of the score of each table.

    Parameters
    ----------
    counts : (K, K, m) or (K, K, u, m)
        Weighted answers of the rows where both variables are answered.

    Returns
    -------
    rho : (m,)
        NaN where a variable of the pair doesn't vary.
    inside : (m,) bool
        False where the likelihood rises up to ±1, or where there is no correlation to find.
    """
    rho, inside = np.empty(counts.shape[-1]), np.empty(counts.shape[-1], dtype=bool)
    size = max(1, PAIRS * counts.shape[-1] // max(1, counts[0, 0].size))
    for begin in range(0, len(rho), size):
        block = slice(begin, begin + size)
        some, f = pairs.some(block), counts[..., block]
        rho[block], inside[block] = correlations(_score_of(some, f), start(some, f))
    return rho, inside


def _score_of(pairs: Pairs, counts: Array) -> Score:
    def of(rho: Array, which: Index) -> tuple[Array, Array]:
        return score(pairs.some(which), counts[..., which], rho)

    return of


@dataclass(frozen=True, slots=True)
class CellScores:
    """Derivatives of log π, for the asymptotic covariance.

    Attributes
    ----------
    rho : (K, K, m)
        To the correlation: π'/π.
    cross, other_cross : (K − 1, m)
        Σ counts · (π'/π) · ∂ log π/∂τ, τ the thresholds of the first and of the second variable.
    square : (m,)
        Σ counts · (π'/π)².
    """

    rho: Array
    cross: Array
    other_cross: Array
    square: Array


def cell_scores(pairs: Pairs, counts: Array, rho: Array) -> CellScores:
    """Scores of the cells and their outer products, summed over the counts.

    ∂π/∂τ at the upper threshold of a cell is φ(τ) [Φ((t − rho τ)/√(1−rho²))] between the limits t of the other
    variable, and the negative at its lower threshold (Olsson 1979).
    """
    pi, first, _ = probabilities(pairs, rho)
    pi = np.where(counts > 0, np.maximum(pi, TINY), 1.0)
    first /= pi
    weight = counts * first / pi
    spread = np.sqrt((1 - rho) * (1 + rho))
    cross = (_edge(pairs.tau, pairs.other_tau, rho, spread) * (weight[:-1] - weight[1:])).sum(axis=1)
    flipped = weight.transpose(1, 0, 2)
    other = (_edge(pairs.other_tau, pairs.tau, rho, spread) * (flipped[:-1] - flipped[1:])).sum(axis=1)
    return CellScores(first, cross, other, (counts * first * first).sum(axis=(0, 1)))


def cell_partials(pairs: Pairs, rho: Array) -> tuple[Array, tuple[Array, Array], tuple[Array, Array]]:
    """Derivatives of log π of each cell: to rho, and to the (lower, upper) limit of either variable, tables each."""
    pi, first, _ = probabilities(pairs, rho)
    pi = np.maximum(pi, TINY)
    spread = np.sqrt((1 - rho) * (1 + rho))
    partials = []
    for tau, other, swap in ((pairs.tau, pairs.other_tau, False), (pairs.other_tau, pairs.tau, True)):
        edge = _edge(tau, other, rho, spread)
        none = np.zeros((1, *edge.shape[1:]))
        lower, upper = np.concatenate([none, -edge]), np.concatenate([edge, none])
        if swap:
            lower, upper = lower.swapaxes(0, 1), upper.swapaxes(0, 1)
        partials.append((lower / pi, upper / pi))
    return first / pi, partials[0], partials[1]


def _edge(tau: Array, other: Array, rho: Array, spread: Array) -> Array:
    """φ(τ_k) · P(other variable in its category b | this variable = τ_k), (K − 1, K, …)."""
    below = ndtr((other[None, :] - rho * tau[:, None]) / spread)
    edge = np.zeros((len(tau), 1, *tau.shape[1:]))
    inside = np.diff(np.concatenate([edge, below, edge + 1], axis=1), axis=1)
    return np.asarray(np.exp(-tau * tau / 2)[:, None] / np.sqrt(2 * np.pi) * inside)
