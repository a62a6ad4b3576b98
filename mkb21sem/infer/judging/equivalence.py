"""Whether an effect is small enough not to matter, and how small an effect a sample could have shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from mkb21sem.errors import OptionError
from mkb21sem.infer.effects.measured import Measured

POWER = 0.80
"""Of a minimum detectable effect, by convention."""


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Two one-sided tests against −sesoi and +sesoi.

    Attributes
    ----------
    p_low, p_high
        Of H₀: not above −sesoi, and of H₀: not below +sesoi.
    p
        The larger of the two: that of H₀: at least as large as the SESOI, of either sign.
    """

    p_low: float
    p_high: float
    p: float


def equivalence(effect: Measured, sesoi: float) -> Equivalence:
    """TOST: two one-sided tests of an effect against its smallest size of interest, on the same scale.

    Parameters
    ----------
    effect
        With its standard error or draws.
    sesoi
        Positive.

    Raises
    ------
    OptionError
        The SESOI is not positive.

    Notes
    -----
    Schuirmann (1987); Lakens (2017). At level α its verdict is that of the 1 − 2α interval: practically zero if the
    interval lies within ±sesoi.
    """
    if not sesoi > 0:
        raise OptionError(f"sesoi must be positive; got {sesoi}.")
    low, high = effect.above(-sesoi), effect.below(sesoi)
    return Equivalence(low, high, float(np.maximum(low, high)))


def minimum_detectable(se: float, alpha: float = 0.05, power: float = POWER, sides: int = 2) -> float:
    """Smallest true size that a z test finds with the given probability: (z_{1−α/sides} + z_{power}) se.

    Parameters
    ----------
    se
        Standard error of the effect, on the scale of the answer.
    alpha, power, sides
        Of the test, 1 or 2 sides; unadjusted for other tests.
    """
    return float((norm.isf(alpha / sides) + norm.ppf(power)) * se)


def equivalence_power(se: float, sesoi: float, alpha: float = 0.05) -> float:
    """Probability that TOST calls a true zero practically zero: 2Φ(sesoi/se − z_{1−α}) − 1, or 0 where negative."""
    return float(max(2 * norm.cdf(sesoi / se - norm.isf(alpha)) - 1, 0.0))
