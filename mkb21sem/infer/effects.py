"""What follows from the estimates: the standardised solution and explained variance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.errors import one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import implied
from mkb21sem.estimate.standard import KINDS, variable_covariance
from mkb21sem.infer.standardization import standardization


def standardized(found: Fit, kind: str = "all", level: float = 0.95) -> pd.DataFrame:
    """The standardised solution with delta-method standard errors: lhs op rhs group label std se z p low high.

    Parameters
    ----------
    found
        A fit.
    kind
        ``all``: every variable has variance 1; ``lv``: the constructs only; ``nox``: all but the observed
        exogenous variables, for predictors such as 0/1 whose own unit says more.
    level
        Of the interval low–high (normal approximation).

    Returns
    -------
    DataFrame
        One row a parameter, in the order of ``found.table()``. No se where the value is 1 or 0 by
        standardising or by being fixed, or where the fit did not converge.

    Raises
    ------
    OptionError
        An unknown kind.

    Notes
    -----
    With J = ∂std/∂θ the covariance of the standardised values is J V J' (Bollen 1989). A fixed marker loading
    has a standard error here, since the variances it is scaled by are estimated.
    """
    one_of("kind", kind, KINDS)
    std, J = standardization(found.layout, found.cells, kind)
    variance = np.einsum("gck,kl,gcl->gc", J, found.vcov, J).ravel()
    se = np.sqrt(np.where((J != 0).any(axis=2).ravel() & (variance > 0), variance, np.nan))
    table = found.table()[["lhs", "op", "rhs", "group", "label"]]
    z = std.ravel() / se
    half = norm.isf((1 - level) / 2) * se
    numbers = {"std": std.ravel(), "se": se, "z": z, "p": 2 * norm.sf(np.abs(z))}
    return table.assign(**numbers, low=std.ravel() - half, high=std.ravel() + half)


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
