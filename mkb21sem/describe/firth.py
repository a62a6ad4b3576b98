"""Logistic regression with Firth's penalty, for outcomes of which there are few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit

from mkb21sem.errors import WaveError

Array = NDArray[np.float64]

STEPS, CLOSE, NO_GAIN, FARTHEST = 500, 1e-9, 1e-13, 5.0
LEVEL = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Penalised:
    """A penalised fit.

    Parameters
    ----------
    beta : (k,)
        Coefficients.
    cov : (k, k)
        Inverse expected information X'WX at the estimates.
    loglik
        Penalised log-likelihood.
    """

    beta: Array
    cov: Array
    loglik: float


def firth(x: Array, y: Array, held: int | None = None, at: float = 0.0, start: Array | None = None) -> Penalised:
    """Maximise ℓ(β) + ½ log det X'WX, which takes away the first-order bias and stays finite under separation.

    The score is X'(y − π + h(½ − π)) with h the leverages of W^½X (Firth 1993; Heinze & Schemper 2002).

    Parameters
    ----------
    x : (n, k)
        Predictors with a column of ones.
    y : (n,)
        0 or 1.
    held, at
        Coefficient held at a value, for its profile. The penalty is that of all k coefficients.
    start : (k,)
        Where to begin; zeros by default.

    Raises
    ------
    WaveError
        The columns depend on each other, or no maximum was found.
    """
    if start is None and np.linalg.matrix_rank(x) < x.shape[1]:
        raise WaveError("a predictor follows from the others; leave one of them out.")
    free = np.array([j for j in range(x.shape[1]) if j != held])
    beta = np.zeros(x.shape[1]) if start is None else start.copy()
    if held is not None:
        beta[held] = at
    value = penalised_loglik(x, y, beta)
    for _ in range(STEPS):
        pi = expit(x @ beta)
        root = x * np.sqrt(pi * (1 - pi))[:, None]
        information = root.T @ root
        leverage = np.einsum("ij,ji->i", root, np.linalg.solve(information, root.T))
        score = x.T @ (y - pi + leverage * (0.5 - pi))
        step = np.linalg.solve(information[np.ix_(free, free)], score[free])
        gain = float(score[free] @ step)
        step *= min(1.0, FARTHEST / np.abs(step).max()) if np.abs(step).max() > 0 else 1.0
        beta, value, moved = _uphill(x, y, beta, free, step, value)
        if moved < CLOSE or gain < NO_GAIN:
            return Penalised(beta, np.linalg.inv(information), value)
    raise WaveError("the penalised logistic regression found no maximum.")


def penalised_loglik(x: Array, y: Array, beta: Array) -> float:
    """ℓ(β) + ½ log det X'WX."""
    eta = x @ beta
    pi = expit(eta)
    root = x * np.sqrt(pi * (1 - pi))[:, None]
    sign, logdet = np.linalg.slogdet(root.T @ root)
    if sign <= 0:
        return -np.inf
    return float(y @ eta - np.logaddexp(0.0, eta).sum() + 0.5 * logdet)


def profile(x: Array, y: Array, best: Penalised, j: int) -> tuple[float, float, float]:
    """Limits and p of one coefficient from the penalised likelihood ratio, χ² with one degree of freedom."""
    se = float(np.sqrt(best.cov[j, j]))
    reach = float(stats.chi2.isf(1 - LEVEL, 1))

    def above(value: float) -> float:
        return 2 * (best.loglik - firth(x, y, j, value, best.beta).loglik) - reach

    centre, sides = float(best.beta[j]), []
    for way in (-1.0, 1.0):
        far = centre + way * 2 * se
        while above(far) < 0:
            far += way * se
        near, distant = sorted((centre, far))
        sides.append(float(brentq(above, near, distant, xtol=1e-7)))
    p = float(stats.chi2.sf(max(2 * (best.loglik - firth(x, y, j, 0.0, best.beta).loglik), 0.0), 1))
    return sides[0], sides[1], p


def _uphill(
    x: Array, y: Array, beta: Array, free: NDArray[np.intp], step: Array, value: float
) -> tuple[Array, float, float]:
    """Take the step, halved until the likelihood doesn't fall; where none helps, stay."""
    length = 1.0
    while length > 1e-6:
        moved = beta.copy()
        moved[free] += length * step
        reached = penalised_loglik(x, y, moved)
        if reached >= value - 1e-12:
            return moved, reached, float(np.abs(length * step).max())
        length /= 2
    return beta, value, 0.0
