"""Full-information maximum likelihood: every row counts with what it answered (Arbuckle 1996).

Each missing pattern has its own P, the inverse of the observed block of Σ with zeros elsewhere. Gradient and Hessian
are those of complete data with P, summed over patterns; the curvature of Σ needs only the sum of W.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mkb21sem.estimate.implied import Implied, augmented_derivative, cell_values, implied, offset, pairs
from mkb21sem.estimate.incomplete.pairsums import pair_sum
from mkb21sem.estimate.incomplete.patterns import Patterns, mean_square, restricted_inverse, weighted_rows
from mkb21sem.estimate.loss import cell_gradient, curvature, gather, gather_gradient
from mkb21sem.linalg import Array, Index, transpose
from mkb21sem.specify.layout import Layout


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
        for i, g in np.ndindex(Sigma.shape[:2]):
            group = self.groups[g]
            P, logdet = restricted_inverse(Sigma[i, g], group)
            total[i] += self.share[g] * (group.n @ logdet / group.n.sum() + mean_square(P, group)[1]) / 2
        return total

    def gradient(self, theta: Array) -> Array:
        """Gradient alone (b, k) at theta (b, k)."""
        model = self.implied(theta)
        gradient = np.empty((len(theta), len(self.groups), len(self.layout.row)))
        for i, at in np.ndindex(gradient.shape[:2]):
            _, H = self._deviation(model.Sigma[i, at], model.U[i, at], self.groups[at])
            gradient[i, at] = cell_gradient(self.layout, H)
        return gather_gradient(self.layout, self.share, gradient)

    def _deviation(self, Sigma: Array, U: Array, group: Patterns) -> tuple[Array, Array]:
        """P of every pattern, and H = U'WU with W summed over the patterns."""
        P, _ = restricted_inverse(Sigma, group)
        weight = group.n / group.n.sum()
        return P, U.T @ (np.tensordot(weight, P, axes=1) - mean_square(P, group)[0]) @ U

    def derivatives(self, theta: Array, observed: bool = False) -> tuple[Array, Array]:
        """Gradient (b, k) and Hessian (b, k, k) at theta (b, k).

        Both Hessians are sums over the patterns that occurred; "expected" takes the moments within a pattern as
        implied and is used for steps only.
        """
        model = self.implied(theta)
        b, g, c = len(theta), len(self.groups), len(self.layout.row)
        gradient, Hessian = np.empty((b, g, c)), np.empty((b, g, c, c))
        for i, at in np.ndindex(b, g):
            group = self.groups[at]
            part = Implied(model.B[i, at], model.C[i, at], model.U[i, at], model.Sigma[i, at])
            P, H = self._deviation(part.Sigma, part.U, group)
            gradient[i, at] = cell_gradient(self.layout, H)
            Hessian[i, at] = self._hessian(part, P, group, H, observed)
        return gather(self.layout, self.share, gradient, Hessian)

    def _hessian(self, model: Implied, P: Array, group: Patterns, H: Array, observed: bool) -> Array:
        """Hessian of one replicate and group in the cells, (c, c)."""
        Delta, weight = augmented_derivative(self.layout, model), group.n / group.n.sum()
        information = pair_sum(P, P, weight, Delta) / 2
        if not observed:
            return information
        return pair_sum(P, P @ group.square @ P, weight, Delta) - information + curvature(self.layout, model, H)


def fiml_scores(layout: Layout, model: Implied, groups: Sequence[Patterns]) -> list[Array]:
    """Derivative of each row's log-likelihood by theta, g arrays (n_g, k).

    Parameters
    ----------
    layout
        Where each parameter stands.
    model
        Implied moments without replicate axes: Sigma (g, p, p).
    groups
        Missing patterns of each group.
    """
    a, b, s = pairs(layout)
    out = []
    for g, group in enumerate(groups):
        P, _ = restricted_inverse(model.Sigma[g], group)
        U = model.U[g]
        v = weighted_rows(P, group) @ U
        Q = transpose(U) @ P @ U
        out.append((s * (v[:, a] * v[:, b] - Q[:, a, b][group.of_row])) @ layout.K[g])
    return out
