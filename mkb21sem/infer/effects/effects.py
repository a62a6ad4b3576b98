"""What follows from the estimates: effects along the arrows, the standardised solution and explained variance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.errors import one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import implied
from mkb21sem.estimate.standard import KINDS, variable_covariance
from mkb21sem.infer.effects.paths import paths, stability
from mkb21sem.infer.effects.standardization import scales, standardization
from mkb21sem.linalg import Array

LOOP = "more than the paths: it goes round a loop again and again"
UNSETTLED = "a loop that does not settle (stability index {:.2f}): there is no such effect"
ROUNDING = 1e-11
"""A derivative of a standardised effect that is this small beside it, is zero."""


def effects(
    found: Fit,
    kind: str = "all",
    level: float = 0.95,
    *,
    source: str | None = None,
    outcome: str | None = None,
    items: bool = False,
) -> pd.DataFrame:
    """Every direct, specific indirect, total indirect and total effect, with delta-method standard errors.

    Parameters
    ----------
    found
        A fit of any kind.
    kind
        What is standardised in the columns ``std…``: ``all``, ``lv`` or ``nox``, as in `standardized`.
    level
        Of the intervals (normal approximation).
    source, outcome
        Only effects of or on this variable.
    items
        Effects on items that only measure a construct as well.

    Returns
    -------
    DataFrame
        group source outcome effect path est se z p low high std std_se std_z std_p std_low std_high note; ``effect`` is
        direct, indirect (one path), total indirect or total. No se where every arrow on the way is fixed, or
        where the fit did not converge.

    Raises
    ------
    OptionError
        An unknown kind or variable, or a drawing with too many paths to list.

    Notes
    -----
    The graph of the model names the paths, so nobody writes a formula. A specific effect is the product of the arrows
    on a simple path, one that visits no variable twice; a total effect is an element of (I − A)⁻¹ (Bollen 1989, ch. 8).
    Without loops the paths add up to the total. Delta method: Sobel (1982), with analytic derivatives. An
    indirect effect is a product, and its distribution is skew in small samples: `bootstrap` and `monte_carlo` give
    intervals that show it.
    """
    one_of("kind", kind, KINDS)
    where = found.layout
    ways = paths(where, source, outcome, items)
    model = implied(where, found.cells)
    est, slope = ways.values(found.cells, model), ways.gradient(found.cells, model)
    sd, relative = scales(where, found.cells, kind)
    ratio = sd[:, ways.source] / sd[:, ways.outcome]
    std = est * ratio
    std_slope = ratio[..., None] * slope + std[..., None] * (relative[:, ways.source] - relative[:, ways.outcome])
    varies = (slope != 0).any(axis=2)
    std_varies = (np.abs(std_slope) > ROUNDING * (1 + np.abs(std[..., None]))).any(axis=2)
    g, q = est.shape
    names = np.array(where.variables)
    labels = {
        "group": np.repeat(found.moments.groups, q),
        "source": np.tile(names[ways.source], g),
        "outcome": np.tile(names[ways.outcome], g),
        "effect": np.tile(ways.kind, g),
        "path": list(ways.path) * g,
    }
    raw = _judged(est, _spread(slope, found.vcov, varies), level)
    unit = _judged(std, _spread(std_slope, found.vcov, std_varies), level)
    columns = {name if name == "std" else f"std_{name}": value for name, value in unit.items() if name != "est"}
    frame = pd.DataFrame({**labels, **raw, "std": std.ravel(), **columns})
    return frame.assign(note=_loops(ways.looped, ways.total, stability(where, found.cells)))


def _spread(slope: Array, vcov: Array, varies: Array) -> Array:
    variance = np.einsum("gqk,kl,gql->gq", slope, vcov, slope)
    return np.sqrt(np.where(varies & (variance > 0), variance, np.nan))


def _judged(est: Array, se: Array, level: float) -> dict[str, Array]:
    """Columns est se z p low high."""
    est, se = est.ravel(), se.ravel()
    z, half = est / se, norm.isf((1 - level) / 2) * se
    return {"est": est, "se": se, "z": z, "p": 2 * norm.sf(np.abs(z)), "low": est - half, "high": est + half}


def _loops(looped: Array, total: Array, index: Array) -> list[str]:
    """What to keep in mind of an effect on whose way there is a loop, group by group."""
    return [
        "" if not loop else UNSETTLED.format(value) if value >= 1 else LOOP
        for value in index
        for loop in looped & total
    ]


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
