"""The standard bivariate normal distribution for many correlations at once.

Pairs of variables stand on the last axis here, so that numpy's inner loop runs over pairs and not over the few
categories: limits are (..., m) with one correlation for each of the m pairs.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import ndtr, owens_t

from mkb21sem.linalg import Array, Index

# Largest |rho| for which so many Gauss-Legendre nodes leave an error under 1e-15; beyond the last, Owen's T.
NODES = ((0.5, 8), (0.75, 12), (0.925, 20))
LIMIT = 40.0
"""Stands for infinity: the normal density is 0 and its distribution function 0 or 1 there."""


def cdf(h: Array, k: Array, rho: Array) -> Array:
    """P(X ≤ h, Y ≤ k) of two standard normal variables with correlation rho, absolute error under 1e-15.

    Parameters
    ----------
    h, k : (..., m)
        Limits; beyond ±`LIMIT` is infinity.
    rho : (m,)
        Correlations, −1 < rho < 1.
    """
    return np.asarray(ndtr(h) * ndtr(k) + excess(h, k, rho))


def excess(h: Array, k: Array, rho: Array) -> Array:
    """What dependence adds to the probability of a quadrant: P(X ≤ h, Y ≤ k) − Φ(h) Φ(k), as `cdf`.

    With rho = sin t the excess is ∫ exp(−(h² + k² − 2hk sin u) / (2 cos² u)) du / 2π over 0 < u < t
    (Drezner & Wesolowsky 1990; Genz 2004). Small excesses keep their digits, as no two probabilities are
    subtracted.
    """
    h, k = np.clip(h, -LIMIT, LIMIT), np.clip(k, -LIMIT, LIMIT)
    size = np.abs(rho)
    if size.size and size.max() <= NODES[-1][0]:
        tiers = np.searchsorted([limit for limit, _ in NODES], size)
        if (tiers == tiers[0]).all():
            return _quadrature(h, k, rho, NODES[tiers[0]][1])
    out = np.empty(np.broadcast_shapes(h.shape, k.shape, rho.shape))
    low = -1.0
    for high, nodes in NODES:
        _fill(out, h, k, rho, np.flatnonzero((size > low) & (size <= high)), nodes)
        low = high
    _fill(out, h, k, rho, np.flatnonzero(~(size <= low)), 0)
    return out


def _fill(out: Array, h: Array, k: Array, rho: Array, some: Index, nodes: int) -> None:
    if not some.size:
        return
    h, k = h[..., some], k[..., some]
    out[..., some] = _quadrature(h, k, rho[some], nodes) if nodes else _owen(h, k, rho[some])


@cache
def _legendre(nodes: int) -> tuple[Array, Array]:
    """Nodes and weights on (0, 1)."""
    x, weight = np.polynomial.legendre.leggauss(nodes)
    return (x + 1) / 2, weight / 2


def _quadrature(h: Array, k: Array, rho: Array, nodes: int) -> Array:
    x, weight = _legendre(nodes)
    angle = np.arcsin(rho)
    sine = np.sin(np.multiply.outer(x, angle))
    rate = 1 / (1 - sine**2)
    square, product = -(h * h + k * k) / 2, h * k
    total = np.zeros_like(product)
    term = np.empty_like(product)
    for one, s, r in zip(weight, sine, rate, strict=True):
        np.multiply(product, s, out=term)
        term += square
        term *= r
        np.exp(term, out=term)
        term *= one
        total += term
    total *= angle / (2 * np.pi)
    return total


def _owen(h: Array, k: Array, rho: Array) -> Array:
    """The same by Owen's (1956) T, whose error does not grow when |rho| comes close to one."""
    h, k = np.where(h == 0, 1e-200, h), np.where(k == 0, 1e-200, k)
    spread = np.sqrt((1 - rho) * (1 + rho))
    near = np.where(rho > 0, 1 - rho, 1 + rho)
    sign = np.where(rho > 0, 1.0, -1.0)
    # k − rho h without losing digits where rho is almost ±1.
    first = ((k - sign * h) + sign * near * h) / (h * spread)
    second = ((h - sign * k) + sign * near * k) / (k * spread)
    half = np.where((h < 0) != (k < 0), 0.5, 0.0)
    quadrant = (ndtr(h) + ndtr(k)) / 2 - half - owens_t(h, first) - owens_t(k, second)
    return np.asarray(quadrant - ndtr(h) * ndtr(k))


def density(h: Array, k: Array, rho: Array) -> tuple[Array, Array]:
    """φ₂(h, k; rho), which is also ∂Φ₂/∂rho, and its own derivative to rho; shapes as `cdf`.

    ∂φ₂/∂rho = φ₂ [rho/(1−rho²) + (hk(1+rho²) − rho(h²+k²))/(1−rho²)²].
    """
    rest = (1 - rho) * (1 + rho)
    square, product = h * h + k * k, h * k
    value = np.exp((rho * product - square / 2) / rest) / (2 * np.pi * np.sqrt(rest))
    slope = value * (rho / rest + (product * (1 + rho * rho) - rho * square) / rest**2)
    return value, slope
