"""Missing answers: rows grouped by which items they answered, and the saturated moments under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mkb21sem.linalg import Array, Index, is_positive_definite, symmetric


@dataclass(frozen=True, slots=True)
class Patterns:
    """The rows of one group by missing pattern.

    Attributes
    ----------
    n : (r,)
        Rows (or their summed weights) of each pattern.
    square : (r, p + 1, p + 1)
        Mean of yy' over the rows of the pattern, y with the constant behind it and 0 for a missing answer.
    of_row : (n,)
        Pattern of each row.
    rows : (n, p + 1)
        y of each row.
    weights : (n,)
        Of the rows, 1 without sampling weights.
    missing
        Patterns with the same number of missing answers together: which patterns (m,), and which answers are
        missing in each (m, number).
    """

    n: Array
    square: Array
    of_row: Index
    rows: Array
    weights: Array
    missing: tuple[tuple[Index, Index], ...]


def patterns(rows: Array, weights: Array | None = None) -> Patterns:
    """Group rows (n, p) with NaN for a missing answer."""
    answered = np.isfinite(rows)
    seen, of_row = np.unique(answered, axis=0, return_inverse=True)
    of_row = of_row.reshape(-1)
    y = np.column_stack([np.where(answered, rows, 0.0), np.ones(len(rows))])
    w = np.ones(len(rows)) if weights is None else weights
    n = np.bincount(of_row, w, len(seen))
    order = np.argsort(of_row, kind="stable")
    begin = np.append(np.searchsorted(of_row[order], np.arange(len(seen))), len(rows))
    square = np.empty((len(seen), y.shape[1], y.shape[1]))
    for r, (first, last) in enumerate(pairwise(begin)):
        some = order[first:last]
        square[r] = (y[some] * w[some, None]).T @ y[some] / n[r]
    return Patterns(n, square, of_row, y, w, _by_number(~seen))


def _by_number(missing: npt.NDArray[np.bool_]) -> tuple[tuple[Index, Index], ...]:
    number = missing.sum(axis=1)
    groups = []
    for m in np.unique(number):
        which = np.flatnonzero(number == m)
        groups.append((which, np.nonzero(missing[which])[1].reshape(len(which), int(m))))
    return tuple(groups)


def restricted_inverse(Sigma: Array, group: Patterns) -> tuple[Array, Array]:
    """Inverse of the observed block of Σ for every pattern, zero elsewhere, and its log-determinant.

    Parameters
    ----------
    Sigma : (p, p)
    group
        The patterns.

    Returns
    -------
    P : (r, p, p)
    logdet : (r,)
        NaN, and P zero, where Σ is not positive definite.

    Notes
    -----
    With P = Σ⁻¹ and m the missing variables, Σ_oo⁻¹ = P_oo − P_om P_mm⁻¹ P_mo, which is zero in the rows of m by
    itself, and log|Σ_oo| = log|Σ| + log|P_mm|: no inverse larger than the number of missing answers.
    """
    r = len(group.n)
    if not is_positive_definite(Sigma):
        return np.zeros((r, *Sigma.shape)), np.full(r, np.nan)
    whole = np.linalg.inv(Sigma)
    whole = (whole + whole.T) / 2
    P = np.broadcast_to(whole, (r, *whole.shape)).copy()
    logdet = np.full(r, np.linalg.slogdet(Sigma)[1])
    for which, missing in group.missing:
        if missing.shape[1]:
            columns = whole[missing]
            block = whole[missing[:, :, None], missing[:, None, :]]
            P[which] -= np.swapaxes(columns, 1, 2) @ np.linalg.solve(block, columns)
            logdet[which] += np.linalg.slogdet(block)[1]
    return P, logdet


def weighted_rows(P: Array, group: Patterns) -> Array:
    """Py of each row with the P of its pattern, (n, p)."""
    return np.asarray((P[group.of_row] @ group.rows[..., None])[..., 0])


def mean_square(P: Array, group: Patterns) -> tuple[Array, float]:
    """Weighted means over the rows of Py y'P, (p, p), and of y'Py, for P (r, p, p) by pattern."""
    total = group.n.sum()
    if len(group.rows) <= P.shape[-1] * len(P):
        v = weighted_rows(P, group)
        w = group.weights / total
        return (v * w[:, None]).T @ v, float(w @ (v * group.rows).sum(axis=1))
    share = group.n / total
    ratio = np.einsum("rij,rji->r", P, group.square)
    return np.tensordot(share, P @ group.square @ P, axes=1), float(share @ ratio)


def saturated_moments(
    rows: Sequence[Array], weights: Sequence[Array] = (), tolerance: float = 1e-13, max_iterations: int = 5000
) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Means and covariances (divisor n) that maximise the normal likelihood of incomplete rows, by EM.

    Parameters
    ----------
    rows
        g arrays (n_g, p) with NaN for a missing answer; every variable has answers.
    weights
        Sampling weights of the rows, g arrays (n_g,).
    tolerance
        Largest change in a moment, in standard deviations, at which EM stops.

    Returns
    -------
    mean : (g, p), cov : (g, p, p), converged : (g,)

    Notes
    -----
    Dempster, Laird & Rubin (1977); Orchard & Woodbury (1972). With M the moments about zero of the variables and the
    constant, P the restricted inverse of a pattern and S its mean yy', a step is M + M (mean of PSP − P) M: one
    formula for means and covariances. Steps are lengthened by squared extrapolation (Varadhan & Roland 2008, scheme
    S3), which keeps EM's limit and is dropped where it would lower the likelihood.
    """
    means, covs, converged = [], [], []
    for g, y in enumerate(rows):
        # In standard scores, so that a large mean doesn't drown the variance in rounding.
        centre, scale = np.nanmean(y, axis=0), np.nanstd(y, axis=0)
        group = patterns((y - centre) / scale, weights[g] if weights else None)
        if len(group.n) == 1:
            # Nothing is missing: no iteration, which a nearly singular matrix would not survive.
            moment, arrived = group.square[0], True
        else:
            moment, arrived = _expectation_maximisation(group, tolerance, max_iterations)
        mean = moment[:-1, -1]
        means.append(centre + scale * mean)
        covs.append(symmetric(moment[:-1, :-1] - np.outer(mean, mean)) * np.outer(scale, scale))
        converged.append(arrived)
    return np.array(means), np.array(covs), np.array(converged)


def _expectation_maximisation(group: Patterns, tolerance: float, max_iterations: int) -> tuple[Array, bool]:
    # In standard scores of the answered rows: means 0 and variances 1 are the natural beginning. Where the likelihood
    # rises for ever, the steps end in a matrix that is no covariance matrix.
    moment = np.eye(group.rows.shape[1])
    for _ in range(max_iterations // 3):
        one, here = _em_step(group, moment)
        if not np.isfinite(here):
            break
        two, _ = _em_step(group, one)
        r, v = one - moment, two - 2 * one + moment
        if np.abs(r).max() < tolerance:
            return one, True
        length = max(1.0, float(np.sqrt((r**2).sum() / max((v**2).sum(), 1e-300))))
        leap = moment + 2 * length * r + length**2 * v
        moment, there = _em_step(group, leap)
        if not np.isfinite(there) or there < here - 1e-12 * abs(here):
            moment = two
    return moment, False


def _em_step(group: Patterns, moment: Array) -> tuple[Array, float]:
    """One EM step from a moment matrix (p+1, p+1), and the log-likelihood per row (up to a constant) before it."""
    P, logdet = restricted_inverse(moment, group)
    if not np.isfinite(logdet).all():
        return moment, float("nan")
    share = group.n / group.n.sum()
    T, ratio = mean_square(P, group)
    step = moment + moment @ (T - np.tensordot(share, P, axes=1)) @ moment
    return symmetric(step), float(-(share @ logdet + ratio) / 2)
