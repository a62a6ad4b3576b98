"""The test of fit: the model against the saturated one, and the baseline that indices compare it with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from mkb21sem.estimate.moments import Moments
from mkb21sem.linalg import Array, logdet
from mkb21sem.specify.layout import Layout


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
    """

    __test__ = False  # not a test case: pytest collects classes of this name

    name: str
    chisq: float
    df: int
    reason: str = ""

    @property
    def pvalue(self) -> float:
        """P(χ²_df ≥ chisq); NaN without degrees of freedom or without a test."""
        return float(chi2.sf(self.chisq, self.df)) if self.df > 0 else float("nan")


def standard(loss: float, df: int, n: int) -> Test:
    """The likelihood-ratio test n·2f of the minimum f with divisor n (lavaan's likelihood="normal")."""
    if not np.isfinite(loss):
        return Test("standard", float("nan"), df, "the model did not converge")
    return Test("standard", 2 * n * loss, df)


def baseline(moments: Moments, layout: Layout) -> Test:
    """The independence model: variances free, and the moments of exogenous variables as in the sample.

    Covariances of exogenous variables stay free also where they are not held at the sample's (lavaan's rule).
    Closed form: n Σ_g share_g (Σ log s_ii + log|S_xx| − log|S|), i over the variables that are not exogenous.
    """
    free = [i for i, name in enumerate(moments.names) if name not in layout.model.exogenous]
    held = [i for i, name in enumerate(moments.names) if name in layout.model.exogenous]
    S = moments.cov
    independent = np.log(np.diagonal(S, axis1=1, axis2=2)[:, free]).sum(axis=1) + _logdet(S, held)
    discrepancy = independent - logdet(S)
    p, x = len(moments.names), len(held)
    df = len(moments.groups) * (p * (p + 1) // 2 - x * (x + 1) // 2 - len(free))
    return Test("standard", float(moments.n @ discrepancy), df)


def _logdet(S: Array, subset: list[int]) -> Array:
    return logdet(S[:, subset][:, :, subset]) if subset else np.zeros(len(S))
