"""Missing answers: rows grouped by which items they answered, and the saturated moments under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.linalg import Array, Index, symmetric


@dataclass(frozen=True, slots=True)
class Patterns:
    """The rows of one group by missing pattern.

    Attributes
    ----------
    seen : (r, p + 1)
        1 where the pattern has an answer, 0 where not; the last column is the constant and always 1.
    n : (r,)
        Rows (or their summed weights) of each pattern.
    square : (r, p + 1, p + 1)
        Mean of yy' over the rows of the pattern, y with the constant behind it and 0 for a missing answer.
    of_row : (n,)
        Pattern of each row.
    """

    seen: Array
    n: Array
    square: Array
    of_row: Index


def patterns(rows: Array, weights: Array | None = None) -> Patterns:
    """Group rows (n, p) with NaN for a missing answer."""
    answered = np.isfinite(rows)
    seen, of_row = np.unique(answered, axis=0, return_inverse=True)
    of_row = of_row.reshape(-1)
    y = np.column_stack([np.where(answered, rows, 0.0), np.ones(len(rows))])
    w = np.ones(len(rows)) if weights is None else weights
    n = np.bincount(of_row, w, len(seen))
    order = np.argsort(of_row, kind="stable")
    begin = np.searchsorted(of_row[order], np.arange(len(seen)))
    square = np.add.reduceat(np.einsum("n,ni,nj->nij", w[order], y[order], y[order], optimize=True), begin, axis=0)
    return Patterns(np.column_stack([seen, np.ones(len(seen))]).astype(float), n, square / n[:, None, None], of_row)


def restricted_inverse(Sigma: Array, seen: Array) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Inverse of the observed block of Σ for every pattern, zero elsewhere, and its log-determinant.

    Parameters
    ----------
    Sigma : (..., p, p)
    seen : (r, p)

    Returns
    -------
    P : (..., r, p, p)
    logdet : (..., r)
    fine : (..., r)
        Whether the block is positive definite; P is zero and logdet NaN where it isn't.
    """
    both = seen[:, :, None] * seen[:, None, :]
    eye = np.eye(Sigma.shape[-1])
    block = Sigma[..., None, :, :] * both + eye * (1 - seen)[:, :, None]
    finite = np.isfinite(block).all(axis=(-1, -2))
    block = np.where(finite[..., None, None], block, eye)
    try:
        L = np.linalg.cholesky(block)
        fine = finite
    except np.linalg.LinAlgError:
        fine = finite & (np.linalg.eigvalsh(block)[..., 0] > 0)
        block = np.where(fine[..., None, None], block, eye)
        L = np.linalg.cholesky(block)
    logdet = 2 * np.log(np.diagonal(L, axis1=-2, axis2=-1)).sum(axis=-1)
    P = np.linalg.inv(block) * both
    return np.where(fine[..., None, None], P, 0.0), np.where(fine, logdet, np.nan), fine


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
    Dempster, Laird & Rubin (1977); Orchard & Woodbury (1972). With the augmented moment matrix M and P the
    restricted inverse of a pattern, the expected yy' is G S G' + (M − G M), G = M P, in one formula for means and
    covariances. Steps are lengthened by squared extrapolation (Varadhan & Roland 2008, scheme S3), which keeps EM's
    limit and is dropped where it would lower the likelihood.
    """
    means, covs, converged = [], [], []
    for g, y in enumerate(rows):
        # In standard scores, so that a large mean doesn't drown the variance in rounding.
        centre, scale = np.nanmean(y, axis=0), np.nanstd(y, axis=0)
        group = patterns((y - centre) / scale, weights[g] if weights else None)
        moment, arrived = _expectation_maximisation(group, tolerance, max_iterations)
        mean = moment[:-1, -1]
        means.append(centre + scale * mean)
        covs.append(symmetric(moment[:-1, :-1] - np.outer(mean, mean)) * np.outer(scale, scale))
        converged.append(arrived)
    return np.array(means), np.array(covs), np.array(converged)


def _expectation_maximisation(group: Patterns, tolerance: float, max_iterations: int) -> tuple[Array, bool]:
    share = group.n / group.n.sum()
    answered = share @ group.seen[:, :-1]
    total = np.einsum("r,rij->ij", share, group.square)
    mean = total[:-1, -1] / answered
    variance = np.diagonal(total)[:-1] / answered - mean**2
    moment = np.ones((len(mean) + 1, len(mean) + 1))
    moment[:-1, :-1] = np.diag(variance) + np.outer(mean, mean)
    moment[:-1, -1] = moment[-1, :-1] = mean
    for _ in range(max_iterations // 3):
        one, here = _em_step(group, share, moment)
        two, _ = _em_step(group, share, one)
        r, v = one - moment, two - 2 * one + moment
        if np.abs(r).max() < tolerance:
            return one, True
        length = max(1.0, float(np.sqrt((r**2).sum() / max((v**2).sum(), 1e-300))))
        leap = moment + 2 * length * r + length**2 * v
        moment, there = _em_step(group, share, leap)
        if not np.isfinite(there) or there < here - 1e-12 * abs(here):
            moment = two
    return moment, False


def _em_step(group: Patterns, share: Array, moment: Array) -> tuple[Array, float]:
    """One EM step from a moment matrix (p+1, p+1), and the log-likelihood per row (up to a constant) before it."""
    P, logdet, fine = restricted_inverse(moment, group.seen)
    if not fine.all():
        return moment, float("nan")
    G = moment @ P
    ratio = np.einsum("rij,rji->r", P, group.square)
    expected = G @ group.square @ np.swapaxes(G, -1, -2) + moment - G @ moment
    step = np.tensordot(share, expected, axes=1)
    return symmetric(step), float(-(share @ (logdet + ratio)) / 2)
