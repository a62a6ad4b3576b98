"""One number and how sure it is: by its standard error, or by its distribution over bootstrap draws."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from mkb21sem.linalg import Array

NAN = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """An estimate with everything that tests and intervals of it need.

    Attributes
    ----------
    value, se
        The estimate and its standard error.
    draws : (b,)
        The same number in every usable draw; None for normal theory.
    acceleration
        Of BCa: how fast the standard error moves with the value. 0 gives the bias-corrected interval.
    corrected
        Whether the median of the draws is brought to the value; False gives the percentile interval.
    """

    value: float
    se: float
    draws: Array | None = None
    acceleration: float = 0.0
    corrected: bool = True

    def above(self, limit: float) -> float:
        """One-sided p-value of H₀: not above ``limit``.

        Normal theory: P(Z > (value − limit)/se). With draws the BCa interval turned round (Efron & Tibshirani 1993,
        ch. 14): the level at which its lower end would be the limit. With Ĝ the share of draws below the limit,
        z₀ = Φ⁻¹(Ĝ(value)) and u = Φ⁻¹(Ĝ(limit)) − z₀, the end Φ(z₀ + (z₀ + z)/(1 − a(z₀ + z))) is at the limit for
        z = u/(1 + a u) − z₀, and p = Φ(z).
        """
        if self.draws is None:
            return float(norm.sf((self.value - limit) / self.se)) if self.se > 0 else NAN
        z0 = self._shift()
        u = self._score(limit) - z0
        scale = 1 + self.acceleration * u
        # Beyond the pole of BCa's transformation the limit lies outside every interval.
        z = u / scale - z0 if scale > 0 else math.copysign(math.inf, u)
        return float(norm.cdf(z))

    def below(self, limit: float) -> float:
        """One-sided p-value of H₀: not below ``limit``."""
        p = self.above(limit)
        return 1 - p if self.draws is not None else float(norm.cdf((self.value - limit) / self.se)) if p == p else NAN

    def apart(self) -> float:
        """Two-sided p-value of H₀: zero."""
        return min(2 * min(self.above(0.0), self.below(0.0)), 1.0) if self.se > 0 else NAN

    def interval(self, level: float) -> tuple[float, float]:
        """Its ends: normal theory, or over the draws."""
        if self.draws is None:
            half = float(norm.isf((1 - level) / 2)) * self.se
            return self.value - half, self.value + half
        z0 = self._shift()
        z = z0 + norm.ppf([(1 - level) / 2, (1 + level) / 2])
        ends = norm.cdf(z0 + z / (1 - self.acceleration * z))
        low, high = np.quantile(self.draws, ends)
        return float(low), float(high)

    def _shift(self) -> float:
        return self._score(self.value) if self.corrected else 0.0

    def _score(self, limit: float) -> float:
        """Normal score of the share of draws below a limit; ties count half, and no share is 0 or 1."""
        assert self.draws is not None
        b = len(self.draws)
        share = (np.sum(self.draws < limit) + 0.5 * np.sum(self.draws == limit)) / b
        return float(norm.ppf(np.clip(share, 0.5 / b, 1 - 0.5 / b)))
