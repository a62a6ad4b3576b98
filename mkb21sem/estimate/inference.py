"""Standard errors and tests of a fitted model, by the columns `vcov` and `test` of its estimator.

Conventions: the χ² of a likelihood is n times the minimum with divisor n; least-squares statistics have divisor
n_g − 1, and their standard errors N − groups (lavaan's). Expected information everywhere but under MLR and FIML,
which take the observed one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mkb21sem.estimate import scaling
from mkb21sem.estimate.casewise import centred_rows, deviations, meat, moment_scores, scores
from mkb21sem.estimate.chisquare import Test, standard
from mkb21sem.estimate.estimators import Estimator
from mkb21sem.estimate.implied import Implied, centred, implied
from mkb21sem.estimate.incomplete.fiml import FimlLoss, fiml_scores
from mkb21sem.estimate.incomplete.saturated import saturated, saturated_trace
from mkb21sem.estimate.loss import Loss
from mkb21sem.estimate.moments import Moments
from mkb21sem.estimate.quadratic import Quadratic, QuadraticLoss, derivative
from mkb21sem.estimate.sample import asymptotic_covariance
from mkb21sem.estimate.vcov import expected
from mkb21sem.linalg import Array, symmetric
from mkb21sem.specify.layout import Layout


@dataclass(frozen=True)
class Inference:
    """A model at its estimates, with the matrices of which standard errors and tests are made.

    Attributes
    ----------
    row
        The estimator.
    layout, loss, sample
        What was minimised, over what.
    theta : (k,)
    cells : (g, c)
    minimum
        f at theta.
    """

    row: Estimator
    layout: Layout
    loss: Loss
    sample: Moments
    theta: Array
    cells: Array
    minimum: float

    @cached_property
    def model(self) -> Implied:
        """Implied moments, without replicate axes."""
        return implied(self.layout, self.cells)

    @cached_property
    def expected(self) -> Array:
        """Expected information of one observation (k, k)."""
        return np.asarray(self.loss.derivatives(self.theta[None])[1][0])

    @cached_property
    def observed(self) -> Array:
        """Observed information of one observation (k, k)."""
        return np.asarray(self.loss.derivatives(self.theta[None], observed=True)[1][0])

    @cached_property
    def first_order(self) -> Array:
        """Mean outer product of the casewise scores (k, k)."""
        if isinstance(self.loss, FimlLoss):
            each = fiml_scores(self.layout, self.model, self.sample.patterns)
        else:
            each = scores(self.layout, self.model, centred_rows(self.sample, self.layout.meanstructure))
        return meat(each, self.sample.weights)

    @cached_property
    def quadratic(self) -> Quadratic:
        """Δ, W and Γ of a least-squares loss."""
        loss = self.loss
        assert isinstance(loss, QuadraticLoss)
        Delta = derivative(self.layout, self.cells, self.model)
        return Quadratic(Delta, loss.W[0], asymptotic_covariance(self.layout, self.sample), self.sample.share)

    @cached_property
    def moment_meat(self) -> Array:
        """Δ'WΓWΔ (k, k), W being the loss's, or for a likelihood the normal-theory weight at the implied moments."""
        if isinstance(self.loss, QuadraticLoss):
            return self.quadratic.meat()
        return meat(moment_scores(self.layout, self.model, deviations(self.sample, self.layout.exogenous)))

    @property
    def information(self) -> Array:
        """The information that the estimator's standard errors rest on."""
        takes_observed = self.row.vcov == "huber.white" or isinstance(self.loss, FimlLoss)
        return self.observed if takes_observed else self.expected

    def vcov(self) -> Array:
        """Covariance of the estimates (k, k); NaN where the information is singular."""
        n = self.sample.total
        if isinstance(self.loss, QuadraticLoss):
            n -= len(self.sample.groups)
        bread = expected(self.information, 1)
        if self.row.vcov == "sandwich":
            return symmetric(bread @ self.moment_meat @ bread) / n
        if self.row.vcov == "huber.white":
            return symmetric(bread @ self.first_order @ bread) / n
        return bread / n

    def standard(self) -> Test:
        """The unscaled test."""
        test = standard(self.minimum, self.layout.df, self.sample.total)
        if self.row.name == "ULS":
            return replace(test, reason="n times the ULS minimum has no χ² distribution; use ULSMV")
        return test

    def scaled(self) -> Test | None:
        """The estimator's scaled test; None where the standard one is the estimator's own."""
        test = self.standard()
        match self.row.test:
            case "satorra.bentler":
                return scaling.satorra_bentler(test, self.traces[0])
            case "scaled.shifted":
                return scaling.scaled_shifted(test, *self.traces)
            case "mean.var.adjusted":
                return scaling.mean_var_adjusted(test, *self.traces)
            case "yuan.bentler.mplus":
                return scaling.yuan_bentler(test, self.saturated_trace - self.own_trace)
        return None

    @cached_property
    def traces(self) -> tuple[float, float]:
        """tr UΓ and tr (UΓ)², with W as in `moment_meat`."""
        if isinstance(self.loss, QuadraticLoss):
            return self.quadratic.traces(self.expected)
        rows = deviations(self.sample, self.layout.exogenous)
        _, Sigma, _, _ = centred(self.layout, self.model)
        X = [scaling.whitened(d, np.linalg.inv(S), self.layout.meanstructure) for d, S in zip(rows, Sigma, strict=True)]
        return scaling.traces(X, moment_scores(self.layout, self.model, rows), self.expected)

    @cached_property
    def own_trace(self) -> float:
        """tr A⁻¹B of the model: observed and first-order information."""
        return float(np.trace(np.linalg.solve(self.observed, self.first_order)))

    @cached_property
    def saturated_trace(self) -> float:
        """tr A⁻¹B of the saturated model."""
        if isinstance(self.loss, FimlLoss):
            groups = [saturated(self.layout, self.sample, g) for g in range(len(self.sample.groups))]
            return saturated_trace(groups, self.sample.share)
        return scaling.saturated_trace(self.sample, self.layout.meanstructure, self.layout.exogenous)
