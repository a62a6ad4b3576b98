"""How far a false null hypothesis is from the population, per respondent (Satorra & Saris 1985).

The analysis model with the path fixed at zero is fitted to the population's moments; n times the minimum discrepancy
is the noncentrality of the likelihood-ratio test in a sample of n. A path of several arrows is no single restriction:
there the squared ratio of the product to its delta-method standard error per respondent stands in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mkb21sem.errors import FitError, OptionError
from mkb21sem.estimate.loss import NormalLoss
from mkb21sem.estimate.scoring import minimise
from mkb21sem.estimate.starts import start
from mkb21sem.infer.planning.population import Population
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.layout import Layout, layout
from mkb21sem.specify.model import Model

NO_ARROW = "the model has no arrow {arrow}"


@dataclass(frozen=True, slots=True)
class AtPopulation:
    """The analysis model fitted to the population's correlations.

    Attributes
    ----------
    layout
        Of the analysis model, without means.
    Sigma : (p, p)
        The population's correlations in the layout's order.
    theta : (k,)
        The model's parameters there.
    misfit
        2f: 0 if the model is true of the population.
    """

    layout: Layout
    Sigma: Array
    theta: Array
    misfit: float

    @property
    def vcov(self) -> Array:
        """Covariance of the estimates of one respondent under normality, (k, k)."""
        loss = NormalLoss.of(self.layout, self.Sigma[None, None], np.ones(1))
        return np.asarray(np.linalg.inv(loss.derivatives(self.theta[None])[1][0]))


def at_population(model: Model, population: Population, begin: Array | None = None) -> AtPopulation:
    """Fit the analysis model to a population.

    Raises
    ------
    OptionError
        The population lacks a variable of the model, or contradicts itself.
    FitError
        The model has no minimum there.
    """
    where = layout(model)
    Sigma = population.among(where.observed)
    with one_thread():
        theta, misfit = _minimum(where, Sigma, begin)
    if not np.isfinite(misfit):
        raise FitError(f"{model.name} has no minimum at the population's correlations.")
    return AtPopulation(where, Sigma, theta, misfit)


def _minimum(where: Layout, Sigma: Array, begin: Array | None) -> tuple[Array, float]:
    loss = NormalLoss.of(where, Sigma[None, None], np.ones(1))
    own = start(where, Sigma[None], np.zeros((1, len(Sigma))), [[np.empty(0)] * len(Sigma)])
    for theta in (own,) if begin is None else (begin, own):
        found = minimise(loss, theta[None])
        if found.converged[0]:
            return found.theta[0], max(2 * float(found.value[0]), 0.0)
    return own, float("nan")


def noncentrality(at: AtPopulation, hypothesis: Hypothesis) -> float:
    """Noncentrality per respondent of the test of one hypothesis.

    Raises
    ------
    OptionError
        The model lacks an arrow of the path.
    FitError
        Without the path the model has no minimum.
    """
    places = arrow_parameters(at.layout, hypothesis)
    with one_thread():
        return _of_arrow(at, places[0]) if len(places) == 1 else _of_product(at, places)


def arrow_parameters(where: Layout, hypothesis: Hypothesis) -> tuple[int, ...]:
    """Number of the free parameter of each arrow of a hypothesis.

    Raises
    ------
    OptionError
        The model lacks the arrow, or has it fixed.
    """
    known = {
        (row.arrow.tail, row.arrow.head): i for i, row in enumerate(where.rows) if row.arrow.op == "~" and row.free
    }
    places = []
    for tail, head in hypothesis.steps:
        if (tail, head) not in known:
            raise OptionError(NO_ARROW.format(arrow=f"{tail} → {head}"))
        line = where.K.reshape(-1, where.k)[known[tail, head]]
        if np.count_nonzero(line) != 1:
            raise OptionError(f"{tail} → {head} is tied to other parameters; its power can't be planned alone.")
        places.append(int(np.flatnonzero(line)[0]))
    return tuple(places)


def _of_arrow(at: AtPopulation, place: int) -> float:
    where = at.layout
    kept = np.arange(where.k) != place
    without = replace(
        where,
        K=where.K[..., kept],
        names=tuple(name for name, on in zip(where.names, kept, strict=True) if on),
        lower=where.lower[kept],
        upper=where.upper[kept],
        start=where.start[kept],
    )
    _, misfit = _minimum(without, at.Sigma, at.theta[kept])
    if not np.isfinite(misfit):
        raise FitError(f"without {where.names[place]} the model has no minimum at the population's correlations.")
    return max(misfit - at.misfit, 0.0)


def _of_product(at: AtPopulation, places: Sequence[int]) -> float:
    values = at.theta[list(places)]
    gradient = np.array([np.prod(np.delete(values, i)) for i in range(len(values))])
    variance = gradient @ at.vcov[np.ix_(places, places)] @ gradient
    return float(np.prod(values) ** 2 / variance) if variance > 0 else 0.0
