"""What χ² would be if the saturated moments of incomplete rows were those of complete ones (Zhang & Savalei 2022).

Missing answers lower the χ² of a misfitting model, and CFI and RMSEA with it. At the saturated moments (m, S) and the
implied ones (μ, Σ) of the same estimates, the normal discrepancy F of complete data does not know of missing answers.
Its mean under the model, times n, is

    k = tr(M'WM Γ),  M = I − Δ(Δ'AΔ)⁻¹Δ'A

with A the observed information of the incomplete rows about the moments, W that of complete rows, both at the
saturated moments, Δ the derivatives of the implied moments and Γ the covariance of the saturated ones, times n: A⁻¹, or
A⁻¹BA⁻¹ where the estimator doubts normality, B the mean product of the rows' scores.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import Implied, centred, implied, moment_derivative
from mkb21sem.estimate.incomplete.patterns import saturated_moments
from mkb21sem.estimate.incomplete.saturated import Saturated
from mkb21sem.estimate.scaling import satorra_bentler
from mkb21sem.infer.globalfit.discrepancy import normal_discrepancy
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import Layout, independence


def complete_data_tests(found: Fit, model: Implied, groups: Sequence[Saturated]) -> tuple[Test, Test]:
    """n F of complete data and its mean k, of the model and of the baseline."""
    sample, robust = found.moments, found.estimator.vcov == "huber.white"
    tests = []
    for where, implied_ones in ((found.layout, model), _baseline(found)):
        mu, Sigma, _, _ = centred(where, implied_ones)
        F = float(sample.share @ normal_discrepancy(sample.cov, Sigma, sample.mean, mu))
        Delta = moment_derivative(where, implied_ones)
        slopes = [one[group.counted] for one, group in zip(Delta, groups, strict=True)]
        k = expected_misfit(slopes, groups, sample.share, sandwich=robust)
        tests.append(satorra_bentler(Test("complete data", sample.total * F, where.df), k))
    return tests[0], tests[1]


def _baseline(found: Fit) -> tuple[Layout, Implied]:
    """The baseline at its maximum: each variable by itself, the exogenous ones together."""
    where, sample = independence(found.layout), found.moments
    together = [where.observed.index(name) for name in found.layout.model.exogenous]
    cells = np.empty((len(sample.groups), len(where.row)))
    for g, y in enumerate(sample.rows):
        w = sample.weights[g] if sample.weights else np.ones(len(y))
        size = w @ np.isfinite(y)
        mean = np.nansum(w[:, None] * y, axis=0) / size
        cov = np.diag(np.nansum(w[:, None] * (y - mean) ** 2, axis=0) / size)
        if together:
            m, S, _ = saturated_moments([y[:, together]], [w])
            mean[together], cov[np.ix_(together, together)] = m[0], S[0]
        cells[g] = np.where(where.matrix == 1, cov[where.row % len(mean), where.col % len(mean)], mean[where.row])
    return where, implied(where, cells)


def expected_misfit(Delta: Sequence[Array], groups: Sequence[Saturated], share: Array, sandwich: bool) -> float:
    """k = tr(M'WM Γ) over all groups.

    Parameters
    ----------
    Delta
        g arrays (m, k): derivatives of the implied moments that vary.
    groups, share
        The saturated model, and n_g/N.
    sandwich
        Whether Γ is A⁻¹BA⁻¹, or A⁻¹.
    """
    each = list(zip(Delta, groups, share, strict=True))
    J = sum(size * (D.T @ one.A @ D) for D, one, size in each)
    K = np.asarray(sum(size * (D.T @ one.W @ D) for D, one, size in each))
    if not sandwich:
        lost = float(np.trace(np.linalg.solve(J, K)))
        return sum(float((one.W * one.inverse).sum()) for one in groups) - lost
    total = 0.0
    for D, one, size in each:
        a, b = one.score @ one.inverse, np.linalg.solve(J, D.T @ one.score.T).T
        weighed = a @ one.W
        total += float((weighed * a).sum()) / size - 2 * float(((weighed @ D) * b).sum()) + float(((b @ K) * b).sum())
    return total / sum(len(one.score) for one in groups)
