"""Factor scores from ordinal answers: where the likelihood of a respondent's answers is highest.

Item j is answered with category k if its response u_j + ε_j, u = ν + Λη, lies between two thresholds:

    ℓ(η) = Σ_j log [Φ((τ_jk − u_j)/σ_j) − Φ((τ_j,k−1 − u_j)/σ_j)] + h'η − ½ η'Pη

The quadratic is normal: for ``regression`` the distribution of η given the continuous variables, so that the highest
point is the mode of the posterior (empirical Bayes); for ``bartlett`` the likelihood of the continuous indicators
alone, or nothing. Residual covariances between ordinal items are left out. ℓ is concave, and Newton steps find its top.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from mkb21sem.errors import FitError
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.factorscores.anatomy import Anatomy
from mkb21sem.linalg import Array

FAR = 20.0
"""Standard deviations of a construct beyond which a score is taken to run off: all answers at one end."""

STEPS = 60
"""Newton steps."""


@dataclass(frozen=True, slots=True)
class _Answers:
    """Rows of one group as the likelihood sees them.

    Attributes
    ----------
    low, high : (n, items)
        Thresholds around each answer less ν, in units of σ; −∞ and ∞ where there is no answer.
    L : (items, q)
        Λ in units of σ.
    P : (n, q, q), h : (n, q)
        The quadratic.
    """

    low: Array
    high: Array
    L: Array
    P: Array
    h: Array


def ordinal_scores(found: Fit, g: int, of: Anatomy, method: str) -> tuple[Array, Array]:
    """Scores and standard errors (n, q) of the rows of group g.

    NaN where the answers given set no limit to a score.

    Raises
    ------
    FitError
        An ordinal item has an arrow to another variable.
    """
    _check_leaves(found)
    answers = _answers(found, g, of, method)
    eta = np.zeros_like(answers.h)
    value, gradient, H = _likelihood(answers, eta)
    for _ in range(STEPS):
        step = np.linalg.solve(H + 1e-10 * np.eye(eta.shape[1]), gradient[..., None])[..., 0]
        if np.abs(step).max() < 1e-10:
            break
        eta, value = _search(answers, eta, value, step)
        _, gradient, H = _likelihood(answers, eta)
    variance = np.diagonal(np.linalg.pinv(H, hermitian=True), axis1=1, axis2=2)
    sd = np.sqrt(np.maximum(np.diagonal(of.Vee), 1e-300))
    limited = (np.abs(eta - of.latent_mean) < FAR * sd) & (variance < (FAR * sd) ** 2) & (variance > 0)
    return np.where(limited, eta, np.nan), np.where(limited, np.sqrt(np.maximum(variance, 0)), np.nan)


def _check_leaves(found: Fit) -> None:
    items = dict(found.layout.thresholds)
    for arrow in found.model.arrows:
        if arrow.heads == 1 and arrow.tail in items:
            raise FitError(
                f"the ordinal item {arrow.tail} predicts {arrow.head}: factor scores of such a model are not "
                "available. Fit the items as continuous (MLR)."
            )


def _answers(found: Fit, g: int, of: Anatomy, method: str) -> _Answers:
    where, y = found.layout, found.moments.rows[g]
    counts = dict(where.thresholds)
    ordinal = np.array([name in counts for name in where.observed])
    items = np.flatnonzero(ordinal & (of.Lambda != 0).any(axis=1)) if method == "bartlett" else np.flatnonzero(ordinal)
    sd = np.sqrt(np.diagonal(of.Theta)[items])
    # What continuous variables add to the response beside η; without them an answer says nothing.
    direct = (np.eye(len(ordinal)) - of.keep)[items]
    base = np.where(ordinal | ~np.isfinite(y), 0.0, y) @ direct.T + of.intercept[items]
    unknown = ~np.isfinite(y) @ (direct != 0).T
    low, high = _bounds(found, g, ordinal)
    low = np.where(unknown, -np.inf, low[:, items] - base) / sd
    high = np.where(unknown, np.inf, high[:, items] - base) / sd
    L = (of.Lambda if method == "bartlett" else of.arrows)[items] / sd[:, None]
    return _Answers(low, high, L, *_quadratic(of, y, ~ordinal, method))


def _quadratic(of: Anatomy, y: Array, continuous: npt.NDArray[np.bool_], method: str) -> tuple[Array, Array]:
    """P (n, q, q) and h (n, q) of each row, from the continuous variables that it answered."""
    q = len(of.latent_mean)
    P, h = np.empty((len(y), q, q)), np.empty((len(y), q))
    rule = _posterior if method == "regression" else _measured
    seen, of_row = np.unique(np.isfinite(y) & continuous, axis=0, return_inverse=True)
    for pattern, known in enumerate(seen):
        rows = of_row.reshape(-1) == pattern
        P[rows], h[rows] = rule(of, np.where(known, y[rows], 0.0), known)
    return P, h


def _bounds(found: Fit, g: int, ordinal: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """Thresholds below and above each answer, (n, p) each; ±∞ for continuous variables and missing answers."""
    where, rows = found.layout, found.moments.rows
    low, high = np.full(rows[g].shape, -np.inf), np.full(rows[g].shape, np.inf)
    for j in np.flatnonzero(ordinal):
        at = (where.matrix == 2) & (where.row == j)
        tau = found.cells[g, at][np.argsort(where.col[at])]
        edges = np.concatenate([[-np.inf], tau, [np.inf]])
        codes = np.unique(np.concatenate([y[:, j][np.isfinite(y[:, j])] for y in rows]))
        given = np.isfinite(rows[g][:, j])
        category = np.searchsorted(codes, rows[g][given, j])
        low[given, j], high[given, j] = edges[category], edges[category + 1]
    return low, high


def _posterior(of: Anatomy, y: Array, known: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """P and h of η given the known continuous variables."""
    weight = np.linalg.solve(of.Vyy[np.ix_(known, known)], of.Vey[:, known].T).T
    mean = of.latent_mean + (y - of.mean)[:, known] @ weight.T
    P = np.linalg.inv(of.Vee - weight @ of.Vey[:, known].T)
    return P, mean @ P


def _measured(of: Anatomy, y: Array, known: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """P and h of the likelihood of the known continuous indicators."""
    usable = known & (of.Lambda != 0).any(axis=1) & ~((of.keep != 0) & ~known).any(axis=1)
    weighted = np.linalg.solve(of.Theta[np.ix_(usable, usable)], of.Lambda[usable])
    return of.Lambda[usable].T @ weighted, (y @ of.keep.T - of.intercept)[:, usable] @ weighted


def _likelihood(of: _Answers, eta: Array) -> tuple[Array, Array, Array]:
    """ℓ (n,), its gradient (n, q) and minus its Hessian (n, q, q)."""
    u = eta @ of.L.T
    a, b = of.low - u, of.high - u
    # Where both lie above 0 the tails on the other side are the exact ones.
    flip = a > 0
    p = np.maximum(np.where(flip, ndtr(-a) - ndtr(-b), ndtr(b) - ndtr(a)), 1e-300)
    at_a, at_b = (np.exp(-np.minimum(x**2, 1400.0) / 2) / np.sqrt(2 * np.pi) for x in (a, b))
    slope = (at_a - at_b) / p
    finite_a, finite_b = (np.where(np.isfinite(x), x, 0.0) for x in (a, b))
    weight = np.maximum(slope**2 - (finite_a * at_a - finite_b * at_b) / p, 0.0)
    value = np.log(p).sum(axis=1) + (of.h * eta).sum(axis=1) - np.einsum("nq,nqr,nr->n", eta, of.P, eta) / 2
    gradient = slope @ of.L + of.h - np.einsum("nqr,nr->nq", of.P, eta)
    return value, gradient, np.einsum("nj,jq,jr->nqr", weight, of.L, of.L, optimize=True) + of.P


def _search(of: _Answers, eta: Array, value: Array, step: Array) -> tuple[Array, Array]:
    """Halve each row's step until ℓ doesn't fall."""
    length = np.ones(len(eta))
    for _ in range(30):
        trial = eta + length[:, None] * step
        reached = _likelihood(of, trial)[0]
        worse = ~(reached >= value - 1e-12 * np.abs(value))
        if not worse.any():
            return trial, reached
        length = np.where(worse, length / 2, length)
    return np.where(worse[:, None], eta, trial), np.where(worse, value, reached)
