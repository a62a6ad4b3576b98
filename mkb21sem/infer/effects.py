"""What follows from the estimates: the standardised solution and explained variance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import implied
from mkb21sem.estimate.standard import variable_covariance


def standardized(found: Fit) -> pd.DataFrame:
    """The standardised solution (std.all): lhs op rhs group label std.

    Returns
    -------
    DataFrame
        One row a parameter, in the order of ``found.table()``.
    """
    return found.table()[["lhs", "op", "rhs", "group", "label", "std"]]


def r_squared(found: Fit) -> pd.DataFrame:
    """R² = 1 − residual variance / total variance of every variable with an arrow pointing at it.

    Returns
    -------
    DataFrame
        group, variable, r2; constructs and observed outcomes first, indicators after them.
    """
    where = found.layout
    total = np.diagonal(variable_covariance(where, implied(where, found.cells)), axis1=1, axis2=2)
    c = len(where.row)
    residual = {
        (row.arrow.lhs, row.group - 1): found.cells[i // c, i % c]
        for i, row in enumerate(where.rows)
        if row.arrow.op == "~~" and row.arrow.lhs == row.arrow.rhs
    }
    outcomes = [*found.model.endogenous, *(a.rhs for a in found.model.arrows if a.op == "=~")]
    rows = [
        (group, name, 1 - residual[name, g] / total[g, where.variables.index(name)])
        for g, group in enumerate(found.moments.groups)
        for name in dict.fromkeys(outcomes)
    ]
    return pd.DataFrame(rows, columns=["group", "variable", "r2"])
