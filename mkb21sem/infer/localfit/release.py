"""What the test of fit would lose if an equality were let go: score tests of constraints, without refitting.

Unconstrained, every free arrow has a parameter of its own, x = Kθ + Dδ. The constraints R x = q hold at δ = 0, and
column j of D = R'(RR')⁻¹ breaks constraint j alone. To release a constraint is then to free one entry of δ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import chi2

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.solve import loss_of
from mkb21sem.infer.localfit.modification import meat, require_minimum, score_tests
from mkb21sem.linalg import Array
from mkb21sem.parallel import one_thread
from mkb21sem.specify.constraint import linear
from mkb21sem.specify.layout import Layout, Row

RANK = 1e-9
"""Eigenvalue, relative to the largest, below which a direction in which constraints could give is none."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One equation between free arrows.

    Attributes
    ----------
    lhs, rhs
        As text.
    coefficients : (m,)
        Of the free rows, in the order of the layout.
    """

    lhs: str
    rhs: str
    coefficients: Array


def release(found: Fit) -> pd.DataFrame:
    """Score test of each equality constraint, and of all together: lhs op rhs chisq df p robust p_robust.

    Parameters
    ----------
    found
        A converged fit.

    Returns
    -------
    DataFrame
        A row for each constraint (from labels, ``equal`` or CONSTRAINT lines), and a last one, ``total``. ``robust``
        is the generalised score test, for estimators with robust standard errors. ``df`` of the total is the number
        of constraints less those whose release together could not be told from a change of scale or origin. Empty
        without constraints.

    Raises
    ------
    FitError
        The fit did not converge, or the sample doesn't determine its parameters.
    """
    require_minimum(found, "score tests of constraints")
    limits = constraints(found.layout)
    columns = ["lhs", "op", "rhs", "chisq", "df", "p", "robust", "p_robust"]
    if not limits:
        return pd.DataFrame(columns=columns)
    with one_thread():
        chisq, robust, df = _statistics(found, np.array([limit.coefficients for limit in limits]))
    table = pd.DataFrame(
        {
            "lhs": [limit.lhs for limit in limits] + ["total"],
            "op": "==",
            "rhs": [limit.rhs for limit in limits] + [""],
            "chisq": chisq,
            "df": df,
            "robust": robust,
        }
    )
    return table.assign(p=chi2.sf(chisq, df), p_robust=chi2.sf(robust, df))[columns]


def constraints(where: Layout) -> tuple[Constraint, ...]:
    """The equations among the free rows of a layout."""
    free = [row for row in where.rows if row.free]
    first: dict[str, int] = {}
    found = []
    for place, row in enumerate(free):
        label = row.arrow.label
        earlier = first.setdefault(label, place) if label else place
        if earlier != place:
            coefficients = np.zeros(len(free))
            coefficients[[earlier, place]] = 1.0, -1.0
            found.append(Constraint(_name(free[earlier]), _name(row), coefficients))
    for operation in where.model.operations:
        if operation.name == "CONSTRAINT":
            text = ", ".join(operation.arguments)
            coefficients = np.zeros(len(free))
            for label, value in linear(text)[0].items():
                coefficients[first[label]] += value
            left, right = text.replace("==", "=").split("=")
            found.append(Constraint(left.strip(), right.strip(), coefficients))
    return tuple(found)


def _name(row: Row) -> str:
    arrow = row.arrow
    return f"{arrow.lhs}{arrow.op}{arrow.rhs}" + (f".g{row.group}" if row.group > 1 else "")


def _statistics(found: Fit, R: Array) -> tuple[Array, Array, Array]:
    """χ², its robust version and df of each constraint and of all together, each (r + 1,)."""
    where = found.layout
    at = _unconstrained(found)
    free = np.array([row.free for row in where.rows])
    T = np.hstack([where.K.reshape(-1, where.k)[free], np.linalg.pinv(R)])
    gradient = T.T @ at.loss.derivatives(at.theta[None])[0][0]
    information = T.T @ at.expected @ T
    spread = meat(at)
    spread = None if spread is None else T.T @ spread @ T
    k, n = where.k, found.moments.total
    single = score_tests(gradient, information, k, n, spread)
    slope = np.linalg.solve(information[:k, :k], information[:k, k:])
    A = np.hstack([-slope.T, np.eye(len(R))])
    e = gradient[k:] - slope.T @ gradient[:k]
    total, df = _quadratic(e, A @ information @ A.T, n)
    robust = np.nan if spread is None else _quadratic(e, A @ spread @ A.T, n)[0]
    alone = np.where(np.isnan(single.mi), 0, 1)
    return np.append(single.mi, total), np.append(single.robust, robust), np.append(alone, df)


def _quadratic(e: Array, V: Array, n: int) -> tuple[float, int]:
    """N e'V⁻¹e over the directions in which V is not zero, and their number."""
    scale = np.sqrt(np.maximum(np.diagonal(V), 1e-300))
    values, vectors = np.linalg.eigh(V / np.outer(scale, scale))
    kept = values > RANK * values[-1]
    along = vectors[:, kept].T @ (e / scale)
    return float(n * (along**2 / values[kept]).sum()), int(kept.sum())


def _unconstrained(found: Fit) -> Inference:
    """The fit as a point in the layout in which every free row is a parameter of its own."""
    where = found.layout
    free = np.flatnonzero([row.free for row in where.rows])
    K = np.zeros((len(where.rows), len(free)))
    K[free, np.arange(len(free))] = 1.0
    none = np.full(len(free), np.nan)
    wider = replace(
        where,
        K=K.reshape(len(where.groups), -1, len(free)),
        offset=np.where(K.any(axis=1).reshape(where.offset.shape), 0.0, where.offset),
        names=tuple(_name(where.rows[i]) for i in free),
        lower=none,
        upper=none,
        start=none,
    )
    loss = loss_of(found.estimator, wider, found.moments)
    return Inference(found.estimator, wider, loss, found.moments, found.cells.ravel()[free], found.cells, found.loss)
