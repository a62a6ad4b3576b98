"""Bivariate normal probabilities against an integral of another kind, and their derivatives."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from mkb21sem.estimate.ordered.bivariate import LIMIT, cdf, density, excess

RHO = (-0.9999, -0.97, -0.8, -0.4, 0.0, 0.3, 0.5, 0.6, 0.75, 0.9, 0.925, 0.9251, 0.99, 0.9999)


def by_conditioning(h: float, k: float, rho: float) -> float:
    """∫ φ(x) Φ((k − rho x)/√(1−rho²)) dx up to h, piece by piece around the place where Φ turns."""
    spread = np.sqrt((1 - rho) * (1 + rho))

    def inner(x: float) -> float:
        return np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * ndtr((k - rho * x) / spread)

    turn = [] if rho == 0 else [k / rho + step * spread for step in (-9, -6, -3, -1, 0, 1, 3, 6, 9)]
    edges = sorted({-12.0, *(x for x in turn if -12 < x < h), *np.arange(-11, h), h})
    pieces = [quad(inner, a, b, epsabs=1e-17, epsrel=1e-13)[0] for a, b in pairwise(edges)]
    return float(np.sum(pieces))


@pytest.mark.parametrize("rho", RHO)
def test_the_probability_of_a_quadrant_is_right_to_1e14(rho: float) -> None:
    points = [
        (-2.1, -0.4),
        (0.0, 0.0),
        (0.0, 1.3),
        (0.7, 0.7),
        (1.2, -1.2),
        (1.9, 2.4),
        (-3.0, 2.5),
        (0.3, 0.3001),
    ]
    h, k = np.array(points).T
    found = cdf(h[:, None], k[:, None], np.array([rho]))[:, 0]
    expected = [by_conditioning(a, b, rho) for a, b in points]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


def test_at_the_centre_it_is_a_quarter_and_an_angle() -> None:
    rho = np.linspace(-0.9999, 0.9999, 801)
    found = cdf(np.zeros(801), np.zeros(801), rho)
    np.testing.assert_allclose(found, 0.25 + np.arcsin(rho) / (2 * np.pi), rtol=0, atol=2e-15)


def test_quadrants_add_up() -> None:
    rng = np.random.default_rng(1)
    h, k = rng.normal(size=(2, 4000)) * 1.5
    rho = rng.uniform(-1, 1, 4000)
    total = cdf(h, k, rho) + cdf(h, -k, -rho) + cdf(-h, k, -rho) + cdf(-h, -k, rho)
    np.testing.assert_allclose(total, 1.0, rtol=0, atol=2e-15)
    np.testing.assert_allclose(excess(h, k, rho), -excess(h, -k, -rho), rtol=0, atol=1e-15)


def test_beyond_the_limit_only_the_other_variable_counts() -> None:
    k, rho = np.array([-1.3, 0.2, 0.9]), np.array([-0.7, 0.3, 0.98])
    np.testing.assert_allclose(cdf(np.full(3, np.inf), k, rho), ndtr(k), rtol=0, atol=1e-16)
    np.testing.assert_allclose(cdf(np.full(3, -np.inf), k, rho), 0.0, rtol=0, atol=1e-16)
    np.testing.assert_allclose(cdf(np.full(3, LIMIT), np.full(3, LIMIT), rho), 1.0, rtol=0, atol=1e-16)


def test_small_probabilities_of_dependence_keep_their_digits() -> None:
    h, k, rho = np.array([4.0]), np.array([4.5]), np.array([1e-3])
    first_order = np.exp(-(h**2 + k**2) / 2) / (2 * np.pi) * (rho + h * k * rho**2 / 2)
    second = excess(h, k, rho)
    np.testing.assert_allclose(second, first_order, rtol=1e-3)
    assert 0 < second[0] < 1e-10


def test_density_and_its_slope_are_derivatives_to_the_correlation() -> None:
    rng = np.random.default_rng(2)
    h, k = rng.normal(size=(2, 200))
    rho, step = rng.uniform(-0.9, 0.9, 200), 1e-5
    value, slope = density(h, k, rho)
    np.testing.assert_allclose(value, (cdf(h, k, rho + step) - cdf(h, k, rho - step)) / (2 * step), atol=2e-8)
    above, below = density(h, k, rho + step)[0], density(h, k, rho - step)[0]
    np.testing.assert_allclose(slope, (above - below) / (2 * step), rtol=1e-6, atol=1e-7)
