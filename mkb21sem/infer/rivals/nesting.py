"""Is one model nested in another? Fit the larger one to what the smaller one implies (Bentler & Satorra 2010).

If the larger model reproduces the moments that the smaller one implies exactly, the smaller is nested in it; with as
many degrees of freedom the two are equivalent. Nothing is taken from the names of parameters, so that models drawn
and scaled differently are compared by what they claim of the data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mkb21sem.errors import FitError, OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import cell_values, implied
from mkb21sem.estimate.loss import Loss, NormalLoss
from mkb21sem.estimate.moments import Moments
from mkb21sem.estimate.quadratic import QuadraticLoss, vector
from mkb21sem.estimate.scoring import minimise
from mkb21sem.estimate.solve import loss_of
from mkb21sem.linalg import Array, vech_index
from mkb21sem.parallel import one_thread
from mkb21sem.specify.layout import Layout

REPRODUCED = 1e-8
"""Discrepancy 2f of the larger model from the smaller one's implied moments, up to which it reproduces them."""
SHAKES = 4
"""Further starts of the larger model before it is said not to reproduce what the smaller one implies."""


@dataclass(frozen=True, slots=True)
class Nesting:
    """What the check of nesting found.

    Attributes
    ----------
    nested
        The smaller model is nested in the larger one, or equivalent to it.
    equivalent
        They imply the same moments with as many degrees of freedom.
    discrepancy
        2f of the larger model fitted to what the smaller one implies; 0 if it reproduces that.
    df
        Degrees of freedom of the smaller model less those of the larger one.
    theta : (k,)
        The larger model's parameters at the smaller one's implied moments.
    """

    nested: bool
    equivalent: bool
    discrepancy: float
    df: int
    theta: Array


def nesting(smaller: Fit, larger: Fit) -> Nesting:
    """Check whether `smaller` is nested in `larger`, two fits of the same variables in the same sample.

    Parameters
    ----------
    smaller
        The model with more degrees of freedom.
    larger
        The model that should be able to do all that the smaller one can.

    Raises
    ------
    OptionError
        The fits are not of the same variables, sample or estimator.
    FitError
        One of them did not converge.

    Notes
    -----
    Bentler & Satorra (2010). The check is made at the smaller model's estimates; at other values of its parameters it
    could only come out otherwise if these happened to lie where both models meet.
    """
    comparable(smaller, larger)
    df = smaller.layout.df - larger.layout.df
    with one_thread():
        loss = _implied_by(smaller, larger)
        theta, value = _closest(loss, larger, _begin(smaller, larger))
    reproduced = bool(2 * value < REPRODUCED)
    return Nesting(reproduced and df >= 0, reproduced and df == 0, 2 * value, df, theta)


def comparable(one: Fit, other: Fit) -> None:
    """Raise unless two fits are of the same variables, sample and estimator, and both converged."""
    for found in (one, other):
        if not isinstance(found, Fit):
            raise OptionError(f"fits are compared, as fit() returns them; got {type(found).__name__}.")
        if not found.converged:
            raise FitError(f"{found.model.name} did not converge, so it can't be compared: {found.cause}")
    if set(one.moments.names) != set(other.moments.names):
        only = sorted(set(one.moments.names) ^ set(other.moments.names))
        raise OptionError(
            f"{one.model.name} and {other.model.name} are not about the same variables ({', '.join(only[:6])} only in "
            "one of them), so their χ² can't be compared. Give both the same variables: a model that says nothing of "
            "one can hold its covariances at zero or leave them free."
        )
    if one.estimator.name != other.estimator.name:
        raise OptionError(f"compare fits by one estimator; got {one.estimator.name} and {other.estimator.name}.")
    if not _same_sample(one.moments, other.moments):
        raise OptionError(
            f"{one.model.name} and {other.model.name} were not fitted to the same rows "
            f"(N = {one.moments.total} and {other.moments.total}). Fit both to one table, with the same missing=."
        )
    if one.layout.meanstructure != other.layout.meanstructure:
        raise OptionError("one of the models has means and the other has none; set meanstructure= alike.")


def _same_sample(one: Moments, other: Moments) -> bool:
    if one.groups != other.groups or not np.array_equal(one.n, other.n):
        return False
    order = np.array([other.names.index(name) for name in one.names])
    return bool(np.allclose(one.cov, other.cov[:, order[:, None], order], rtol=1e-6, atol=1e-8))


def _implied_by(smaller: Fit, larger: Fit) -> Loss:
    """The larger model's loss with the smaller one's implied moments in the place of the sample's."""
    loss = loss_of(larger.estimator, larger.layout, larger.moments)
    model = implied(smaller.layout, smaller.cells)
    if isinstance(loss, QuadraticLoss):
        target = vector(smaller.layout, smaller.cells, model)[:, statistics_order(smaller, larger)]
        # The weight is taken without group sizes less one, so that f is 0 where and only where all is reproduced.
        return replace(loss, sample=target[None], correction=np.ones_like(loss.correction))
    Sigma = model.Sigma[:, (order := _order(smaller.layout, larger.layout))[:, None], order]
    return NormalLoss.of(larger.layout, Sigma[None], larger.moments.share)


def _order(smaller: Layout, larger: Layout) -> Array:
    """Where each row of the larger layout's moment matrix stands in the smaller one's."""
    return np.array([smaller.variables.index(name) for name in larger.variables[: larger.p]], dtype=np.intp)


def statistics_order(smaller: Fit, larger: Fit) -> Array:
    """Where each statistic (mean, covariance, threshold …) of the larger model stands among the smaller one's.

    Raises
    ------
    OptionError
        With ordinal items the models must name their variables in one order.
    """
    one, other = smaller.layout, larger.layout
    p = len(one.observed)
    if one.thresholds:
        if one.observed != other.observed:
            raise OptionError(
                f"{smaller.model.name} and {larger.model.name} name their variables in different orders; with ordinal "
                "items write them in one order."
            )
        return np.arange(len(smaller.moments.ordinal[0].statistics))
    order = np.array([one.observed.index(name) for name in other.observed], dtype=np.intp)
    row, col = vech_index(p)
    place = np.zeros((p, p), dtype=np.intp)
    place[row, col] = place[col, row] = np.arange(len(row))
    means = p if one.meanstructure else 0
    return np.concatenate([order[:means], means + place[order[row], order[col]]])


def _begin(smaller: Fit, larger: Fit) -> Array:
    """The smaller model's values where the larger one has the same arrows; else 0, or for a variance the own one."""
    known = {
        (row.arrow.cell, row.arrow.op, row.group): value
        for row, value in zip(smaller.layout.rows, smaller.cells.ravel(), strict=True)
    }
    rows, own = larger.layout.rows, larger.cells.ravel()
    absent = [0.0 if a.heads == 1 or a.lhs != a.rhs else own[i] for i, a in enumerate(row.arrow for row in rows)]
    target = np.array([known.get((r.arrow.cell, r.arrow.op, r.group), absent[i]) for i, r in enumerate(rows)])
    free = np.array([row.free for row in rows])
    K = larger.layout.K.reshape(len(rows), -1)[free]
    theta, *_ = np.linalg.lstsq(K, target[free] - larger.layout.offset.ravel()[free], rcond=None)
    return np.asarray(theta)


def _closest(loss: Loss, larger: Fit, begin: Array) -> tuple[Array, float]:
    """The best of a few minima of the loss: from the smaller model's values, the own ones, and shaken ones."""
    rng = np.random.default_rng(1)
    best, lowest = larger.theta, np.inf
    shaken = [larger.theta * (1 + 0.2 * rng.standard_normal(len(begin))) for _ in range(SHAKES)]
    for start in (begin, larger.theta, *shaken):
        found = minimise(loss, start[None], tolerance=1e-18)
        value = float(found.value[0])
        if np.isfinite(value) and value < lowest:
            best, lowest = found.theta[0], max(value, 0.0)
        if 2 * lowest < REPRODUCED:
            break
    return best, lowest


def implied_cells(larger: Fit, theta: Array) -> Array:
    """Cell values (g, c) of the larger model at theta (k,), exogenous moments at the sample's."""
    loss = loss_of(larger.estimator, larger.layout, larger.moments)
    return cell_values(larger.layout, theta, loss.fixed.reshape(len(larger.layout.groups), -1))
