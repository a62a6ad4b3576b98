"""Models that no data can tell from this one: same implied moments, other arrows (Stelzl 1986; Lee & Hershberger 1990).

The replacing rule: if every cause of X is a cause of Y as well, X → Y may become a covariance of their residuals, and
the other way round; if X and Y have the same causes otherwise, X → Y may be reversed. Rules like these name candidates;
whether a candidate is equivalent is decided by fitting it: to what the model implies, exactly, and to the sample, with
the same degrees of freedom and the same χ².
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd

from mkb21sem.errors import FitError, Mkb21Error, OptionError, SpecError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.estimate.implied import implied
from mkb21sem.estimate.moments import Moments
from mkb21sem.infer.rivals.edit import edited, structural
from mkb21sem.linalg import Array
from mkb21sem.specify.model import Model
from mkb21sem.specify.parse import Arrow

SAME = 1e-6
MOST = 50


@dataclass(frozen=True)
class Equivalents:
    """Models equivalent to one model in its structural part.

    Attributes
    ----------
    table
        model change steps df chisq: what has to be changed, in how many steps, and what the fit to the sample gave.
    models
        In the order of the table.
    tried
        Candidates that were fitted.
    complete
        False if the search ended at the number of models asked for.
    """

    table: pd.DataFrame
    models: tuple[Model, ...]
    tried: int
    complete: bool


@dataclass(frozen=True)
class _Step:
    model: Model
    change: str
    steps: int


def equivalents(found: Fit, most: int = MOST, steps: int = 2) -> Equivalents:
    """Models of the same constructs that fit exactly as well, with as many degrees of freedom.

    Parameters
    ----------
    found
        A converged fit of one group by a normal likelihood. Other estimators share the list: equivalence lies in the
        models.
    most
        Models after which the search ends.
    steps
        Changes of one arrow after each other.

    Raises
    ------
    FitError
        The fit did not converge.
    OptionError
        Ordinal items, or several groups.
    """
    if not found.converged:
        raise FitError(f"equivalent models need estimates, and {found.model.name} did not converge: {found.cause}")
    if found.layout.thresholds or len(found.moments.groups) > 1:
        raise OptionError("equivalent models are looked for in a fit of one group by ML, MLR or the like.")
    sample, target = _summary(found, found.moments.cov[0]), _summary(found, _implied(found))
    chisq = fit(found.model, sample).test.chisq
    first = edited(found.model)
    seen, tried = {_signature(first)}, 0
    queue, rows, models = [_Step(first, "", 0)], list[tuple[object, ...]](), list[Model]()
    while queue and len(rows) < most:
        here = queue.pop(0)
        if here.steps == steps:
            continue
        for model, change in _neighbours(here.model):
            if len(rows) >= most:
                break
            if _signature(model) in seen:
                continue
            seen.add(_signature(model))
            tried += 1
            value = _equivalent(model, found, sample, target, chisq)
            if value is None:
                continue
            said = f"{here.change}; {change}" if here.change else change
            rows.append((model.name, said, here.steps + 1, found.layout.df, value))
            models.append(model)
            queue.append(_Step(model, said, here.steps + 1))
    table = pd.DataFrame(rows, columns=["model", "change", "steps", "df", "chisq"])
    table["model"] = [f"E{i}" for i in range(1, len(table) + 1)]
    return Equivalents(table, tuple(models), tried, not (len(rows) >= most and queue))


def _summary(found: Fit, cov: Array) -> Moments:
    return Moments(cov, found.moments.total, names=found.layout.observed, unbiased=False)


def _implied(found: Fit) -> Array:
    p = len(found.layout.observed)
    moments = implied(found.layout, found.cells).Sigma[0]
    if not found.layout.meanstructure:
        return moments
    mean = moments[:p, p]
    return np.asarray(moments[:p, :p] - np.outer(mean, mean))


def _equivalent(model: Model, found: Fit, sample: Moments, target: Moments, chisq: float) -> float | None:
    """χ² of an equivalent model in the sample; None if it is not equivalent."""
    try:
        exact = fit(model, target)
        if exact.layout.df != found.layout.df or not exact.converged or exact.test.chisq > SAME:
            return None
        own = fit(model, sample)
    except Mkb21Error:
        return None
    same = own.converged and abs(own.test.chisq - chisq) < SAME * max(chisq, 1.0)
    return own.test.chisq if same else None


def _neighbours(model: Model) -> Iterator[tuple[Model, str]]:
    """Models that a rule makes of one, by a change of one arrow, and the change in words."""
    inside = set(structural(model))
    fixed = set(model.exogenous)
    for arrow in model.arrows:
        ends = {arrow.lhs, arrow.rhs}
        if not ends <= inside or len(ends) == 1 or arrow.value is not None or ends & fixed:
            continue
        if arrow.op == "~":
            yield from _of_arrow(model, arrow)
        else:
            yield from _of_covariance(model, arrow)


def _of_arrow(model: Model, arrow: Arrow) -> Iterator[tuple[Model, str]]:
    x, y = arrow.tail, arrow.head
    others = _causes(model, y) - {x}
    if _causes(model, x) <= others:
        yield from _made(model, arrow, Arrow(x, "~~", y), f"{x} → {y} becomes {x} ↔ {y}")
    if _causes(model, x) == others:
        yield from _made(model, arrow, Arrow(x, "~", y, evidence=arrow.evidence), f"{x} → {y} becomes {y} → {x}")


def _of_covariance(model: Model, arrow: Arrow) -> Iterator[tuple[Model, str]]:
    for x, y in ((arrow.lhs, arrow.rhs), (arrow.rhs, arrow.lhs)):
        if _causes(model, x) - {y} <= _causes(model, y):
            yield from _made(model, arrow, Arrow(y, "~", x), f"{x} ↔ {y} becomes {x} → {y}")


def _made(model: Model, old: Arrow, new: Arrow, change: str) -> Iterator[tuple[Model, str]]:
    try:
        made = edited(model, [old], [new])
    except SpecError:
        return
    if nx.is_directed_acyclic_graph(made.structure):
        yield made, change


def _causes(model: Model, name: str) -> set[str]:
    """Causes of a variable, and what its residual covaries with."""
    directed = {a.tail for a in model.arrows if a.op == "~" and a.head == name}
    joined = {
        ({a.lhs, a.rhs} - {name}).pop()
        for a in model.arrows
        if a.op == "~~" and name in (a.lhs, a.rhs) and a.lhs != a.rhs and a.value is None
    }
    return directed | (joined & set(structural(model)))


def _signature(model: Model) -> frozenset[tuple[str, str, str]]:
    return frozenset(a.cell for a in model.arrows if a.lhs != a.rhs and a.value != 0.0)
