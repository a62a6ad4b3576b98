"""Full-information maximum likelihood: every row counts with what it answered (Arbuckle 1996).

Each missing pattern has its own P, the inverse of the observed block of Σ with zeros elsewhere. Gradient and Hessian
are those of complete data with P, summed over patterns; the curvature of Σ needs only the sum of W.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mkb21sem.estimate.casewise import meat
from mkb21sem.estimate.implied import Implied, cell_values, implied, offset, pairs
from mkb21sem.estimate.loss import cell_gradient, cross, curvature, gather, information
from mkb21sem.estimate.moments import Moments
from mkb21sem.estimate.patterns import Patterns, restricted_inverse
from mkb21sem.linalg import Array, Index, transpose
from mkb21sem.specify.layout import Layout, saturated


@dataclass(frozen=True)
class FimlLoss:
    """Minus the log-likelihood per row less that of the saturated model, for one sample with missing answers.

    Attributes
    ----------
    layout
        With a mean structure.
    groups
        Missing patterns of each group.
    share : (g,)
        n_g / N.
    fixed : (g, c)
        Cell values that are not estimated.
    saturated
        The same quantity at the saturated moments; n·2f is then χ².
    """

    layout: Layout
    groups: tuple[Patterns, ...]
    share: Array
    fixed: Array
    saturated: float = 0.0

    @classmethod
    def of(cls, layout: Layout, groups: Sequence[Patterns], share: Array, moments: Array) -> Self:
        """The loss for patterns of each group; `moments` (g, p, p) are the saturated ones, with the constant."""
        loss = cls(layout, tuple(groups), share, offset(layout, moments))
        return replace(loss, saturated=float(loss._deviance(moments[None])[0]))

    def take(self, replicates: Index) -> Self:
        """The same loss: there is one replicate."""
        return self

    def implied(self, theta: Array) -> Implied:
        """Implied moments at theta (b, k)."""
        return implied(self.layout, cell_values(self.layout, theta, self.fixed))

    def value(self, theta: Array) -> Array:
        """f at theta (b, k): (b,)."""
        return self._deviance(self.implied(theta).Sigma) - self.saturated

    def _deviance(self, Sigma: Array) -> Array:
        """½ Σ share (log|Σ_oo| + tr(S Σ_oo⁻¹)) for Sigma (b, g, p, p)."""
        total = np.zeros(len(Sigma))
        for g, group in enumerate(self.groups):
            P, logdet, _ = restricted_inverse(Sigma[:, g], group.seen)
            ratio = np.einsum("brij,rji->br", P, group.square, optimize=True)
            total = total + self.share[g] * ((logdet + ratio) @ (group.n / group.n.sum())) / 2
        return total

    def derivatives(self, theta: Array, observed: bool = False) -> tuple[Array, Array]:
        """Gradient (b, k) and Hessian (b, k, k) at theta (b, k).

        Both Hessians are sums over the patterns that occurred; "expected" takes the moments within a pattern as
        implied and is used for steps only.
        """
        model = self.implied(theta)
        b, g, c = len(theta), len(self.groups), len(self.layout.row)
        gradient, Hessian = np.empty((b, g, c)), np.empty((b, g, c, c))
        for at, group in enumerate(self.groups):
            weight = group.n / group.n.sum()
            P, _, _ = restricted_inverse(model.Sigma[:, at], group.seen)
            U = model.U[:, at]
            T = P @ group.square @ P
            H = transpose(U) @ np.einsum("r,brij->bij", weight, P - T, optimize=True) @ U
            gradient[:, at] = cell_gradient(self.layout, H)
            part = Implied(model.B[:, at], model.C[:, at], U, model.Sigma[:, at])
            Hessian[:, at] = self._hessian(part, P, T, H, weight, observed)
        return gather(self.layout, self.share, gradient, Hessian)

    def _hessian(self, model: Implied, P: Array, T: Array, H: Array, weight: Array, observed: bool) -> Array:
        U = model.U[:, None]
        out = np.zeros((*H.shape[:-2], len(self.layout.row), len(self.layout.row)))
        for begin in range(0, P.shape[1], 64):
            some = slice(begin, begin + 64)
            Q = transpose(U) @ P[:, some] @ U
            block = information(self.layout, Q)
            if observed:
                block = cross(self.layout, Q, transpose(U) @ T[:, some] @ U) - block
            out += np.einsum("r,brij->bij", weight[some], block, optimize=True)
        return out + curvature(self.layout, model, H) if observed else out


def fiml_scores(layout: Layout, model: Implied, groups: Sequence[Patterns], rows: Sequence[Array]) -> list[Array]:
    """Derivative of each row's log-likelihood by theta, g arrays (n_g, k).

    Parameters
    ----------
    layout
        Where each parameter stands.
    model
        Implied moments without replicate axes: Sigma (g, p, p).
    groups
        Missing patterns of each group.
    rows
        g arrays (n_g, p) with NaN for missing answers.
    """
    a, b, s = pairs(layout)
    out = []
    for g, (group, y) in enumerate(zip(groups, rows, strict=True)):
        P, _, _ = restricted_inverse(model.Sigma[g], group.seen)
        full = np.column_stack([np.where(np.isfinite(y), y, 0.0), np.ones(len(y))])
        U = model.U[g]
        v = np.einsum("ni,nij->nj", full, P[group.of_row], optimize=True) @ U
        Q = transpose(U) @ P @ U
        out.append((s * (v[:, a] * v[:, b] - Q[:, a, b][group.of_row])) @ layout.K[g])
    return out


def fiml_saturated_trace(where: Layout, sample: Moments) -> float:
    """tr A⁻¹B of the saturated model under missing answers: observed and first-order information at its moments.

    Parameters
    ----------
    where
        Of the model, for its variables and the exogenous ones, whose own moments don't count.
    sample
        With patterns, and cov and mean the saturated ones.
    """
    whole = saturated(where)
    loss = FimlLoss.of(whole, sample.patterns, sample.share, sample.augmented(True))
    theta = _sample_values(whole, sample)
    A = loss.derivatives(theta[None], observed=True)[1][0]
    cells = cell_values(whole, theta, loss.fixed)
    B = meat(fiml_scores(whole, implied(whole, cells), sample.patterns, sample.rows), sample.weights)
    return float(np.trace(np.linalg.solve(A, B)))


def _sample_values(whole: Layout, sample: Moments) -> Array:
    """The saturated layout's parameters (k,) at the saturated moments."""
    covariance = whole.matrix == 1
    cells = np.empty((len(whole.groups), len(whole.row)))
    cells[:, covariance] = sample.cov[:, whole.row[covariance], whole.col[covariance]]
    cells[:, ~covariance] = sample.mean[:, whole.row[~covariance]]
    return np.einsum("gck,gc->k", whole.K, cells)
