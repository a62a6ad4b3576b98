"""One variable on observed causes: the ordered probit of an ordered one, the regression of a continuous one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from mkb21sem.errors import FitError
from mkb21sem.estimate.ordered.bivariate import LIMIT
from mkb21sem.estimate.ordered.ordinal_gamma import outer_product_influence
from mkb21sem.estimate.ordered.polyserial import TINY, interval, normal
from mkb21sem.linalg import Array, Index


@dataclass(frozen=True, slots=True)
class Probit:
    """An answer in category a where τ_{a−1} < x'β + e ≤ τ_a, e standard normal.

    Attributes
    ----------
    tau : (K − 1,)
        Thresholds; infinite as ±`LIMIT` beside a category without answers at the end, equal around one inside.
    place : (K − 1,)
        Which of the thresholds that were estimated each one is; −1 for an infinite one.
    slope : (q,)
        β.
    lower, upper : (n,)
        Limits of e at each row; everything where the row does not count.
    """

    tau: Array
    place: Index
    slope: Array
    lower: Array
    upper: Array


@dataclass(frozen=True, slots=True)
class Regression:
    """Least squares: y = mean + x'slope + sd z.

    Attributes
    ----------
    mean
        Intercept.
    slope : (q,)
        Slopes.
    variance
        Of the residuals, divisor n.
    z : (n,)
        Standardised residuals; NaN where the answer is missing.
    """

    mean: float
    slope: Array
    variance: float
    z: Array


def ordered_probit(codes: Index, size: int, x: Array, weights: Array, name: str = "y") -> Probit:
    """Maximum likelihood of thresholds and slopes by Newton's method; the likelihood is concave (Pratt 1981).

    Parameters
    ----------
    codes : (n,)
        0 to `size` − 1.
    size
        Number of categories, K.
    x : (n, q)
        Observed causes, without a constant.
    weights : (n,)
        How many times each row counts; 0 where the answer is missing.
    name
        For messages.

    Raises
    ------
    FitError
        The causes tell answers apart without error, so that slopes grow without end.
    """
    counts = weights > 0
    used = np.bincount(codes[counts], weights[counts], minlength=size)[:size] > 0
    rank = np.cumsum(used) - 1
    rows, answer, weight = x[counts], rank[codes[counts]], weights[counts]
    centre, scale = _standard(rows, weight)
    inner, slope = _fitted(answer, int(used.sum()), (rows - centre) / scale, weight, name)
    slope = slope / scale
    inner = inner + centre @ slope
    ends = np.concatenate([[-LIMIT], inner, [LIMIT]])
    place = np.where(rank[:-1] < len(inner), rank[:-1], -1)
    tau = ends[rank[:-1] + 1]
    lower, upper = np.full(len(x), -LIMIT), np.full(len(x), LIMIT)
    shift = rows @ slope
    # An infinite end stays where it is, however far out a cause lies.
    lower[counts] = np.where(answer == 0, -LIMIT, ends[answer] - shift)
    upper[counts] = np.where(answer + 1 == len(ends) - 1, LIMIT, ends[answer + 1] - shift)
    return Probit(tau, place, slope, lower, upper)


def _standard(x: Array, weights: Array) -> tuple[Array, Array]:
    """Means and standard deviations of the causes: what Newton's steps are taken in."""
    share = weights / weights.sum()
    centre = share @ x
    scale = np.sqrt(share @ (x - centre) ** 2)
    return centre, np.where(scale > 0, scale, 1.0)


def _fitted(answer: Index, size: int, x: Array, weights: Array, name: str) -> tuple[Array, Array]:
    """Thresholds (K − 1,) and slopes (q,) for causes of about unit variance."""
    total = weights.sum()
    share = np.cumsum(np.bincount(answer, weights, minlength=size))[:-1] / total
    theta = np.concatenate([ndtri(share), np.zeros(x.shape[1])])
    to_upper, to_lower = _designs(answer, size, x)
    value, score, information = _likelihood(theta, to_upper, to_lower, answer, size, weights)
    for _ in range(100):
        if np.abs(score).max(initial=0.0) <= 1e-13 * total:
            break
        step = np.linalg.lstsq(information, score, rcond=None)[0]
        for _ in range(40):
            new = theta + step
            if (np.diff(new[: size - 1]) > 0).all():
                trial = _likelihood(new, to_upper, to_lower, answer, size, weights)
                if trial[0] >= value - 1e-12 * abs(value):
                    break
            step = step / 2
        else:
            break
        theta, (value, score, information) = new, trial
        if np.abs(step).max() <= 1e-14 * max(1.0, np.abs(theta).max()):
            break
    if not np.abs(score).max(initial=0.0) <= 1e-8 * total or np.abs(theta[size - 1 :]).max(initial=0.0) > 8:
        raise FitError(
            f"`{name}`: the observed causes tell its answers apart (almost) without error, so that its regression on "
            "them has no finite slopes. Join its categories, or leave out the cause that decides the answer."
        )
    return theta[: size - 1], theta[size - 1 :]


def _designs(answer: Index, size: int, x: Array) -> tuple[Array, Array]:
    """Derivatives of each row's upper and lower limit to thresholds and slopes, (n, K − 1 + q) each."""
    cut = np.arange(size - 1)
    upper = np.column_stack([(answer[:, None] == cut).astype(float), -x])
    lower = np.column_stack([(answer[:, None] - 1 == cut).astype(float), -x])
    return upper, lower


def _likelihood(
    theta: Array, to_upper: Array, to_lower: Array, answer: Index, size: int, weights: Array
) -> tuple[float, Array, Array]:
    """Log-likelihood, its slope and minus its curvature."""
    upper = np.where(answer == size - 1, LIMIT, to_upper @ theta)
    lower = np.where(answer == 0, -LIMIT, to_lower @ theta)
    pi = np.maximum(interval(lower, upper), TINY)
    above, below = normal(upper) / pi, -normal(lower) / pi
    score = to_upper.T @ (weights * above) + to_lower.T @ (weights * below)
    cross = (to_upper * (weights * above * below)[:, None]).T @ to_lower
    information = (
        (to_upper * (weights * above * (upper + above))[:, None]).T @ to_upper
        + (to_lower * (weights * below * (lower + below))[:, None]).T @ to_lower
        + cross
        + cross.T
    )
    return float(weights @ np.log(pi)), score, information


def probit_influence(found: Probit, codes: Index, x: Array, weights: Array, n: float) -> Array:
    """Influence of each row on thresholds and slopes, (n, K − 1 + q), as `outer_product_influence`.

    Thresholds around a category without answers move together; an infinite one does not move.
    """
    estimated = int(found.place.max(initial=-1)) + 1
    pi = np.maximum(interval(found.lower, found.upper), TINY)
    above, below = normal(found.upper) / pi, -normal(found.lower) / pi
    same = found.place[:, None] == np.arange(estimated)
    counts = (weights > 0)[:, None]
    cut = np.arange(len(found.tau))
    # The limits of a row are the thresholds at its answer and before it.
    upper = ((codes[:, None] == cut) & counts).astype(float) @ same
    lower = ((codes[:, None] - 1 == cut) & counts).astype(float) @ same
    to_thresholds = upper * above[:, None] + lower * below[:, None]
    scores = np.column_stack([to_thresholds, np.where(counts, -x * (above + below)[:, None], 0.0)])
    influence = outer_product_influence(scores, weights, n)
    thresholds = np.zeros((len(x), len(found.tau)))
    finite = found.place >= 0
    thresholds[:, finite] = influence[:, found.place[finite]]
    return np.column_stack([thresholds, influence[:, estimated:]])


def regression(y: Array, x: Array, weights: Array, name: str = "y") -> Regression:
    """Least squares of y (n,) on a constant and x (n, q), which is maximum likelihood.

    Parameters
    ----------
    weights : (n,)
        How many times each row counts; 0 where the answer is missing.

    Raises
    ------
    FitError
        The causes explain y without a residual.
    """
    counts = weights > 0
    rows, weight = x[counts], weights[counts]
    root = np.sqrt(weight)[:, None]
    centre, scale = _standard(rows, weight)
    design = np.column_stack([np.ones(len(rows)), (rows - centre) / scale])
    found = np.linalg.lstsq(root * design, root[:, 0] * y[counts], rcond=None)[0]
    slope = found[1:] / scale
    mean = float(found[0] - centre @ slope)
    residual = np.where(counts, y - mean - x @ slope, np.nan)
    variance = float(weight @ residual[counts] ** 2 / weight.sum())
    share = weight / weight.sum()
    if variance <= 1e-20 * max(float(share @ (y[counts] - share @ y[counts]) ** 2), 1e-300):
        raise FitError(f"`{name}` is a sum of the observed causes, without a residual. Leave it or one of them out.")
    return Regression(mean, slope, variance, residual / np.sqrt(variance))
