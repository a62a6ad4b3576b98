"""What a fit's residuals are made of: statistics of the sample, what the model makes of them, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import centred, implied
from mkb21sem.estimate.incomplete.fiml import FimlLoss
from mkb21sem.estimate.ordered.ordinal import layout_order
from mkb21sem.estimate.quadratic import QuadraticLoss, derivative, vector
from mkb21sem.estimate.sample import asymptotic_covariance, sample_statistics, unbiased
from mkb21sem.estimate.solve import loss_of
from mkb21sem.infer.globalfit.saturated import Whole
from mkb21sem.linalg import Array, Index, vech, vech_index
from mkb21sem.specify.layout import Layout


@dataclass(frozen=True, slots=True)
class Statistics:
    """Which m statistics of the observed variables there are.

    Attributes
    ----------
    variables : (p,)
    op : (m,)
        ``~~``, ``~1``, ``|`` or ``~``.
    first : (m,)
        The variable a statistic is about; of a covariance the earlier one.
    rhs : (m,)
        Right side, for print.
    second : (m,)
        The other variable of a covariance; that of ``first`` for all others.
    """

    variables: tuple[str, ...]
    op: npt.NDArray[np.str_]
    first: Index
    rhs: npt.NDArray[np.str_]
    second: Index

    def of(self, op: str) -> npt.NDArray[np.bool_]:
        """Which statistics have that operator, (m,)."""
        return np.asarray(self.op == op)

    @property
    def variance(self) -> Index:
        """Place of each variable's variance among the statistics, (p,); −1 for an ordinal one, whose variance is 1."""
        out = np.full(len(self.variables), -1)
        own = np.flatnonzero(self.of("~~") & (self.first == self.second))
        out[self.first[own]] = own
        return out


@dataclass(frozen=True)
class Weighing:
    """Statistics of a sample as the estimator sees them.

    Attributes
    ----------
    statistics
        Which they are.
    sample, implied : (g, m)
        Their values, and those that the model implies.
    Delta : (g, m, k)
        Derivatives of the implied ones.
    covariance : (g, m, m)
        Of the sample ones; zero for moments of exogenous variables held at the sample's.
    weight : (g, m, m)
        What the estimator weighs them with, times n_g/N.
    """

    statistics: Statistics
    sample: Array
    implied: Array
    Delta: Array
    covariance: Array
    weight: Array

    @property
    def residual(self) -> Array:
        """Sample less implied, (g, m)."""
        return self.sample - self.implied

    @cached_property
    def scale(self) -> Array:
        """By what statistics are multiplied to be in units of the sample SDs, (g, m); thresholds and slopes stay."""
        which = self.statistics
        sd = np.where(which.variance >= 0, np.sqrt(np.abs(self.sample[:, which.variance])), 1.0)
        covariance = 1 / (sd[:, which.first] * sd[:, which.second])
        return np.select([which.of("~~"), which.of("~1")], [covariance, 1 / sd[:, which.first]], 1.0)


def weighing(found: Fit) -> Weighing:
    """Statistics of a fit with their covariance and weights, by its estimator.

    Notes
    -----
    ML: inverse information at the sample moments, weights from expected information at the implied ones. MLM and its
    kin: the sandwich at the sample moments. MLR and FIML: weights from observed information. Least squares: their
    own weights; normal theory for GLS and ULS of continuous items, Γ otherwise.
    """
    own = loss_of(found.estimator, found.layout, found.moments)
    if isinstance(own, QuadraticLoss):
        return _least_squares(found, own)
    where, sample = found.layout, found.moments
    model = implied(where, found.cells)
    whole = Whole.of(where, sample)
    mu, Sigma, _, _ = centred(where, model)
    moments, at = _vector(where, sample.mean, sample.cov), _vector(where, mu, Sigma)
    observed = found.estimator.vcov == "huber.white" or isinstance(own, FimlLoss)
    return Weighing(
        _moments(where),
        moments,
        at,
        derivative(where, found.cells, model),
        whole.covariance(moments, found.estimator.vcov != "expected"),
        whole.information(at, observed),
    )


def _least_squares(found: Fit, own: QuadraticLoss) -> Weighing:
    where, sample = found.layout, found.moments
    model = implied(where, found.cells)
    values, Delta = vector(where, found.cells, model), derivative(where, found.cells, model)
    W = own.W[0] if own.W.ndim == 4 else own.W[0][..., None] * np.eye(own.W.shape[-1])
    weight = W * sample.share[:, None, None]
    statistics = sample_statistics(where, sample)
    if where.thresholds or found.estimator.loss == "WLS":
        V = np.array([gamma / n for gamma, n in zip(asymptotic_covariance(where, sample), sample.n, strict=True)])
    else:
        V = Whole.of(where, unbiased(sample)).covariance(statistics, sandwich=False)
    if not where.thresholds:
        return Weighing(_moments(where), statistics, values, Delta, V, weight)
    stack = layout_order(where)
    sign, both = stack.sign, np.outer(stack.sign, stack.sign)
    return Weighing(_ordinal(where), sign * statistics, sign * values, sign[:, None] * Delta, both * V, both * weight)


def _vector(where: Layout, mean: Array, cov: Array) -> Array:
    return np.concatenate([mean, vech(cov)], axis=-1) if where.meanstructure else vech(cov)


def _moments(where: Layout) -> Statistics:
    """Means (with a mean structure) and vech of the covariances."""
    names = where.observed
    p = len(names)
    row, col = vech_index(p)
    ops, first, second = np.full(len(row), "~~"), col, row
    rhs = np.array(names)[row]
    if where.meanstructure:
        each = np.arange(p)
        ops, rhs = np.append(np.full(p, "~1"), ops), np.append(np.full(p, ""), rhs)
        first, second = np.append(each, first), np.append(each, second)
    return Statistics(names, ops, first, rhs, second)


def _ordinal(where: Layout) -> Statistics:
    """Thresholds, means, slopes, variances and covariances in the order of `layout_order`."""
    stack = layout_order(where)
    continuous = np.flatnonzero(~stack.ordinal)
    op, rhs = np.full(stack.size, "~~"), np.array([name.split("~")[-1] for name in stack.names])
    op[stack.threshold], op[stack.mean], op[stack.slope] = "|", "~1", "~"
    rhs[stack.threshold] = [name.split("|")[1] for name in np.array(stack.names)[stack.threshold]]
    rhs[stack.mean] = ""
    first = np.zeros(stack.size, dtype=np.intp)
    first[stack.threshold], first[stack.pair] = stack.threshold_of, stack.first
    first[stack.mean] = first[stack.variance] = continuous
    first[stack.slope] = np.arange(len(stack.ordinal))[:, None]
    second = first.copy()
    second[stack.pair] = stack.second
    begins = np.append(stack.threshold, stack.mean)
    names = {int(first[i]): stack.names[i].replace("|", "~").split("~")[0] for i in begins}
    return Statistics(tuple(names[j] for j in range(len(names))), op, first, rhs, second)
