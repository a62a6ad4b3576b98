"""Logistic regression by maximum likelihood, by statsmodels."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import PerfectSeparationError

Array = NDArray[np.float64]

CERTAIN = 30.0
"""Log-odds that no sample can show, of a chance below 1e-13: a predictor separates the answers."""


def logit(x: Array, y: Array) -> tuple[Array, Array] | None:
    """Coefficients (k,) and covariance (k, k); None where a predictor separates the classes, so that no maximum exists.

    Parameters
    ----------
    x : (n, k)
        Predictors with a column of ones.
    y : (n,)
        0 or 1.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            done = Logit(y, x).fit(disp=0, method="newton", maxiter=100, tol=1e-12)
        except (PerfectSeparationError, np.linalg.LinAlgError):
            return None
    cov = np.asarray(done.cov_params())
    if not done.mle_retvals["converged"] or not np.isfinite(cov).all() or np.abs(x @ done.params).max() > CERTAIN:
        return None
    return np.asarray(done.params), cov
