"""Vuong's tests of two models by what each respondent's answers say (Vuong 1989; Merkle, You & Preacher 2016).

With m_i the difference of the log-likelihoods that two fitted models give to row i:

    can they be told apart?   n var(m) is a sum of χ²₁ weighted by the squared eigenvalues of W under "no"
    which is nearer?          z = Σ m_i / √(n var(m)), normal under "equally near"; only if they can be told apart
    nested models             2 Σ m_i is a sum of χ²₁ weighted by the eigenvalues of W, also if both are wrong

    W = [[−B₁A₁⁻¹, −B₁₂A₂⁻¹], [B₂₁A₁⁻¹, B₂A₂⁻¹]],  A observed information, B mean outer products of casewise scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.integrate import quad
from scipy.stats import chi2, norm

from mkb21sem.errors import FitError, OptionError
from mkb21sem.estimate.casewise import centred_rows, scores
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import Implied
from mkb21sem.estimate.incomplete.fiml import FimlLoss, fiml_scores
from mkb21sem.estimate.incomplete.patterns import restricted_inverse, weighted_rows
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.solve import loss_of, solve
from mkb21sem.infer.rivals.nesting import comparable
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread
from mkb21sem.specify.layout import layout

SMALL = 1e-10


@dataclass(frozen=True, slots=True)
class Vuong:
    """Outcome of Vuong's tests.

    Attributes
    ----------
    variance
        ω², of the differences of the casewise log-likelihoods.
    p_distinguishable
        Of "the models can't be told apart in this population".
    lr
        Σ m_i, log-likelihood of the first model less that of the second.
    z, p_first, p_second
        One-sided p of "equally near" against "the first is nearer" and "the second is nearer".
    p_nested
        Of the robust likelihood-ratio test if one is nested in the other: that the larger one is no nearer.
    bic_difference, bic_low, bic_high
        BIC of the first less that of the second, with its 95% interval for models that are not nested.
    n
        Rows.
    """

    variance: float
    p_distinguishable: float
    lr: float
    z: float
    p_first: float
    p_second: float
    p_nested: float
    bic_difference: float
    bic_low: float
    bic_high: float
    n: int


def vuong(first: Fit, second: Fit) -> Vuong:
    """Compare two fits of the same variables in the same rows, nested or not.

    Parameters
    ----------
    first, second
        Converged fits of one group to rows by a normal likelihood (ML, MLM, MLR …), also with missing answers.

    Raises
    ------
    OptionError
        Ordinal items, several groups, sampling weights, no rows, or fits that can't be compared.
    FitError
        A fit did not converge.
    """
    comparable(first, second)
    _check(first)
    _check(second)
    with one_thread():
        one, other = _casewise(first), _casewise(second)
    m = one.likelihood - other.likelihood
    n = len(m)
    variance, total = float(m.var()), float(m.sum())
    weights = _weights(one, other)
    z = total / np.sqrt(n * variance) if variance > SMALL else np.nan
    penalty = (first.layout.k - second.layout.k) * np.log(n)
    half = norm.isf(0.025) * np.sqrt(4 * n * variance)
    difference = -2 * total + penalty
    larger = 1.0 if first.layout.df <= second.layout.df else -1.0
    return Vuong(
        variance,
        weighted_chisq_sf(n * variance, weights**2),
        total,
        float(z),
        float(norm.sf(z)),
        float(norm.cdf(z)),
        weighted_chisq_sf(2 * larger * total, -larger * weights),
        float(difference),
        float(difference - half),
        float(difference + half),
        n,
    )


def _check(found: Fit) -> None:
    if found.estimator.loss != "normal" or found.layout.thresholds:
        raise OptionError(
            f"Vuong's tests need the likelihood of each row, which {found.estimator.name} has not; fit by ML or MLR."
        )
    if len(found.moments.groups) > 1 or not found.moments.rows or found.moments.weights:
        raise OptionError("Vuong's tests need a fit of one group to unweighted rows.")


@dataclass(frozen=True, slots=True)
class _Casewise:
    """Log-likelihood (n,) and scores (n, k) of each row, and A⁻¹ (k, k) of one observation."""

    likelihood: Array
    score: Array
    inverse: Array


def _casewise(found: Fit) -> _Casewise:
    """Log-likelihoods and scores with means in the model: without them those are parameters all the same."""
    at = _with_means(found)
    model = at.model
    if isinstance(at.loss, FimlLoss):
        group = at.sample.patterns[0]
        score = fiml_scores(at.layout, model, at.sample.patterns)[0]
        P, logdet = restricted_inverse(model.Sigma[0], group)
        # P is that of the moment matrix with the constant, whose square distance is larger by 1.
        distance = np.einsum("ij,ij->i", weighted_rows(P, group), _filled(at, found)) - 1
        seen = np.isfinite(at.sample.rows[0]).sum(axis=1)
        likelihood = -(logdet[group.of_row] + distance + seen * np.log(2 * np.pi)) / 2
    else:
        rows = centred_rows(at.sample, True)
        score = scores(at.layout, model, rows)[0]
        likelihood = _normal(model, rows[0])
    return _Casewise(likelihood, score, np.linalg.inv(at.observed))


def _filled(at: Inference, found: Fit) -> Array:
    y = at.sample.rows[0]
    return np.column_stack([np.where(np.isfinite(y), y, 0.0), np.ones(len(y))])


def _normal(model: Implied, rows: Array) -> Array:
    Sigma = model.Sigma[0]
    p = len(Sigma) - 1
    mu = Sigma[:p, p]
    cov = Sigma[:p, :p] - np.outer(mu, mu)
    z = rows[:, :p] - mu
    distance = np.einsum("ij,ij->i", z, np.linalg.solve(cov, z.T).T)
    return np.asarray(-(distance + np.linalg.slogdet(cov)[1] + p * np.log(2 * np.pi)) / 2)


def _with_means(found: Fit) -> Inference:
    if found.layout.meanstructure:
        loss = loss_of(found.estimator, found.layout, found.moments)
        return Inference(found.estimator, found.layout, loss, found.moments, found.theta, found.cells, found.loss)
    where = layout(
        found.model,
        found.moments.groups,
        std_lv=_standardised(found),
        fixed_x=bool(found.layout.exogenous) or not found.model.exogenous,
        meanstructure=True,
    )
    known = dict(zip(found.layout.names, found.theta, strict=True))
    mean = dict(zip(found.moments.names, found.moments.mean[0], strict=True))
    begin = np.array([known.get(name, mean.get(name.split("~1")[0], 0.0)) for name in where.names])
    arrived, at = solve(found.estimator, where, found.moments, begin)
    if not arrived.converged[0]:
        raise FitError(f"{found.model.name} with means has no minimum, so casewise likelihoods can't be given.")
    return at


def _standardised(found: Fit) -> bool:
    """Whether the fit scaled its constructs by variance 1."""
    plain = set(layout(found.model).names)
    return set(found.layout.names) != plain and set(layout(found.model, std_lv=True).names) == set(found.layout.names)


def _weights(one: _Casewise, other: _Casewise) -> Array:
    """Eigenvalues of W."""
    n = len(one.likelihood)
    B1, B2, B12 = (
        a.T @ b / n for a, b in ((one.score, one.score), (other.score, other.score), (one.score, other.score))
    )
    W = np.block([[-B1 @ one.inverse, -B12 @ other.inverse], [B12.T @ one.inverse, B2 @ other.inverse]])
    values = np.linalg.eigvals(W)
    return np.asarray(values.real)


def weighted_chisq_sf(x: float, weights: Array) -> float:
    """P(Σ w_j χ²₁ > x) by numerical inversion of the characteristic function (Imhof 1961).

    Parameters
    ----------
    x
        Any number.
    weights : (m,)
        Positive or negative; those near 0 are left out.
    """
    w = np.asarray(weights, dtype=float)
    scale = np.abs(w).max(initial=0.0)
    if not scale > 0:
        return float(x < 0)
    w, x = w[np.abs(w) > SMALL * scale] / scale, x / scale
    if np.allclose(w, w[0], rtol=1e-12):
        return float(chi2.sf(x * w[0], len(w)) if w[0] > 0 else chi2.cdf(-x, len(w)))

    def integrand(u: float) -> float:
        angle = 0.5 * np.arctan(w * u).sum() - 0.5 * x * u
        return float(np.sin(angle) / (u * np.exp(0.25 * np.log1p((w * u) ** 2).sum())))

    # The integrand falls like u^(−1 − m/2); beyond the last knot it is below rounding.
    knots = np.concatenate([[0.0], np.geomspace(0.05, 2000.0, 60)])
    parts = [quad(integrand, low, high, limit=200, epsabs=1e-12)[0] for low, high in pairwise(knots)]
    return float(np.clip(0.5 + sum(parts) / np.pi, 0.0, 1.0))
