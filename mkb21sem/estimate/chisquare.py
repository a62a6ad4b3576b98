"""The test of fit: a statistic with its degrees of freedom, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

NOT_CONVERGED = "the model did not converge"


@dataclass(frozen=True, slots=True)
class Test:
    """A χ² test, or the reason why there is none.

    Attributes
    ----------
    name
        standard, …
    chisq, df
        Statistic and degrees of freedom; chisq is NaN where there is no test.
    reason
        Why not; empty where there is a test.
    scaling, shift
        A scaled statistic is the standard one / scaling + shift.
    trace, trace2
        tr UΓ and tr (UΓ)², of which scaling and shift are made; NaN for the standard test.
    """

    __test__ = False  # not a test case: pytest collects classes of this name

    name: str
    chisq: float
    df: float
    reason: str = ""
    scaling: float = 1.0
    shift: float = 0.0
    trace: float = float("nan")
    trace2: float = float("nan")

    @property
    def pvalue(self) -> float:
        """P(χ²_df ≥ chisq); NaN without degrees of freedom or without a test."""
        return float(chi2.sf(self.chisq, self.df)) if self.df > 0 else float("nan")


def standard(loss: float, df: int, n: int) -> Test:
    """The likelihood-ratio test n·2f of the minimum f with divisor n (lavaan's likelihood="normal")."""
    if not np.isfinite(loss):
        return Test("standard", float("nan"), df, NOT_CONVERGED)
    return Test("standard", 2 * n * loss, df)
