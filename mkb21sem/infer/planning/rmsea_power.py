"""Power of tests of fit by RMSEA, and the sample they need (MacCallum, Browne & Sugawara 1996)."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.stats import ncx2

from mkb21sem.errors import OptionError

TESTS = {"exact": (0.0, 0.05), "close": (0.05, 0.08), "not close": (0.08, 0.05)}
"""RMSEA under the null and under the alternative. Exact and close fit are rejected when fit is worse; not close fit is
rejected, and good fit shown, when it is better. Close and not close are the pairs of MacCallum et al. (1996)."""
MOST = 10_000_000


def rmsea_power(null: float, alternative: float, df: float, n: float, alpha: float = 0.05, groups: int = 1) -> float:
    """Chance to reject RMSEA = null when RMSEA = alternative.

    Parameters
    ----------
    null, alternative
        RMSEA; an alternative above the null is a test of worse fit, one below it of better fit.
    df
        Degrees of freedom of the model.
    n
        Respondents; noncentrality is (n − 1) df RMSEA² / groups.
    alpha
        Level.
    groups
        Groups that are fitted together.

    Raises
    ------
    OptionError
        An RMSEA below 0, two equal ones, or no degrees of freedom.
    """
    _check(null, alternative, df, n, alpha)
    at_null, at_other = ((n - 1) * df * each**2 / groups for each in (null, alternative))
    if alternative > null:
        return float(ncx2.sf(ncx2.isf(alpha, df, at_null), df, at_other))
    return float(ncx2.cdf(ncx2.ppf(alpha, df, at_null), df, at_other))


def rmsea_n(
    null: float, alternative: float, df: float, power: float = 0.80, alpha: float = 0.05, groups: int = 1
) -> int:
    """Smallest number of respondents with which `rmsea_power` reaches the power.

    Raises
    ------
    OptionError
        As in `rmsea_power`; or no sample below ten million reaches it.
    """
    if not alpha < power < 1:
        raise OptionError(f"power must lie between alpha ({alpha}) and 1; got {power}.")

    def short(n: float) -> float:
        return rmsea_power(null, alternative, df, n, alpha, groups) - power

    high = 2.0
    while short(high) < 0:
        high *= 2
        if high > MOST:
            raise OptionError(f"no sample below {MOST:,} tells RMSEA {alternative} from {null} with {df} df.")
    if high == 2.0:
        return 2
    n = math.floor(brentq(short, high / 2, high, xtol=1e-6))
    return n if short(n) >= 0 else n + 1


def _check(null: float, alternative: float, df: float, n: float, alpha: float) -> None:
    if min(null, alternative) < 0 or null == alternative:
        raise OptionError(f"two different RMSEA of 0 or more are needed; got {null} and {alternative}.")
    if not df > 0:
        raise OptionError("a model without degrees of freedom has no test of fit.")
    if not (n > 1 and 0 < alpha < 1):
        raise OptionError(f"n must be above 1 and alpha between 0 and 1; got n = {n}, alpha = {alpha}.")
