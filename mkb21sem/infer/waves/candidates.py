"""Which item differs in which wave: robust score tests of what a rung holds equal, one item and wave at a time.

To release an item in a wave is to let its parameters of the rung's kind go there. At the estimates of the constrained
model, with g and I the gradient and information of its parameters θ and of the released ones x, and B the covariance of
the casewise scores,

    e = g_x − I_xθ I_θθ⁻¹ g_θ,   A = (−I_xθ I_θθ⁻¹, 1)
    χ² = n e'(A B A')⁺ e,   EPC = −(A I A')⁺ e          Boos (1992); Satorra (1989)

on as many degrees of freedom as A B A' has directions: of an ordinal item's thresholds two are lost, since its origin
and unit are free already.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import chi2
from statsmodels.stats.multitest import multipletests

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.solve import loss_of
from mkb21sem.infer.localfit.modification import meat, require_minimum
from mkb21sem.infer.waves.rungs import Plan, rung_cells
from mkb21sem.linalg import Array, Index
from mkb21sem.parallel import one_thread
from mkb21sem.specify.layout import Layout

SAME = 1e-7
"""Eigenvalue, relative to the largest, below which a direction can't be told from what is free already."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item in a wave, and the cells that its release would let go.

    Attributes
    ----------
    item, wave
        The wave by its number from 0.
    cells : (m,)
        Places among the cells of all waves.
    """

    item: str
    wave: int
    cells: Index


def candidates(plan: Plan, rung: int) -> tuple[Candidate, ...]:
    """Every item and wave that this rung holds equal; of two waves only the second, since both would say the same."""
    where = plan.layout(rung)
    c, found = len(where.row), []
    for item in plan.model.observed:
        words = released_kinds(plan, item, rung)
        places = np.concatenate([rung_cells(where, item, word) for word in words]) if words else np.zeros(0, np.intp)
        for g in range(len(plan.waves)):
            alone = sum(plan.level(item, h, rung) >= rung for h in range(len(plan.waves))) <= 2
            first = plan.origin(item, rung) == g
            if places.size and plan.level(item, g, rung) >= rung and not (alone and first):
                found.append(Candidate(item, g, places + g * c))
    return tuple(found)


def released_kinds(plan: Plan, item: str, rung: int) -> tuple[str, ...]:
    """Kinds of the item's parameters that this rung makes equal."""
    kinds = ("thresholds", "loadings", "intercepts", "residuals")
    known = [word for word in kinds if word != "thresholds" or item in plan.thresholds]
    # A binary item has no intercept: on that rung its threshold and loading become equal.
    known = [word for word in known if word != "intercepts" or plan.thresholds.get(item) != 1]
    return tuple(word for word in known if plan.needed(item, word) == rung)


def score_table(plan: Plan, rung: int, found: Fit, fdr: float) -> pd.DataFrame:
    """Score test of every candidate, the largest first: item wave df chisq p q epc.

    Parameters
    ----------
    plan, rung
        What was fitted.
    found
        The fit.
    fdr
        Level of the false discovery rate, for the column ``found``.

    Returns
    -------
    DataFrame
        ``wave`` is the number from 0; ``q`` the p-value adjusted by Benjamini & Hochberg (1995) over all candidates of
        the rung; ``epc`` the change to expect of the parameter that would change most.
    """
    require_minimum(found, "score tests of equality over waves")
    named = candidates(plan, rung)
    columns = ["item", "wave", "df", "chisq", "p", "q", "found", "epc"]
    if not named:
        return pd.DataFrame(columns=columns)
    with one_thread():
        lines = _tests(found, named)
    table = pd.DataFrame(lines, columns=["item", "wave", "df", "chisq", "epc"])
    table = table[table["df"] > 0].assign(p=lambda t: chi2.sf(t["chisq"], t["df"]))
    if table.empty:
        return pd.DataFrame(columns=columns)
    rejected, q, *_ = multipletests(table["p"], fdr, "fdr_bh")
    table = table.assign(q=q, found=rejected)[columns]
    return table.sort_values(["p", "chisq"], ascending=[True, False], kind="stable").reset_index(drop=True)


def _tests(found: Fit, named: tuple[Candidate, ...]) -> list[tuple[str, int, int, float, float]]:
    where = found.layout
    cells, places = np.unique(np.concatenate([each.cells for each in named]), return_inverse=True)
    at = _wider(found, cells)
    gradient = at.loss.derivatives(at.theta[None])[0][0]
    information, spread = at.expected, meat(at)
    spread = information if spread is None else spread
    k, n = where.k, found.moments.total
    slope = np.linalg.solve(information[:k, :k], information[:k, k:])
    A = np.hstack([-slope.T, np.eye(len(cells))])
    e, V, J = A @ gradient, A @ spread @ A.T, A @ information @ A.T
    out, begin = [], 0
    for each in named:
        own = places[begin : begin + len(each.cells)]
        begin += len(each.cells)
        chisq, df = _quadratic(e[own], V[np.ix_(own, own)], n, np.diagonal(spread)[k + own])
        epc = -np.linalg.pinv(J[np.ix_(own, own)], rcond=SAME, hermitian=True) @ e[own]
        out.append((each.item, each.wave, df, chisq, float(epc[np.abs(epc).argmax()])))
    return out


def _wider(found: Fit, cells: Index) -> Inference:
    """The fit as a point in a layout in which these cells have a parameter more of their own, which is 0."""
    where: Layout = found.layout
    g, c, k = where.K.shape
    extra = np.zeros((g * c, len(cells)))
    extra[cells, np.arange(len(cells))] = 1.0
    K = np.concatenate([where.K.reshape(g * c, k), extra], axis=1).reshape(g, c, -1)
    none = np.full(k + len(cells), np.nan)
    names = (*where.names, *(f"released{i}" for i in range(len(cells))))
    wider = replace(where, K=K, names=names, lower=none, upper=none, start=none)
    loss = loss_of(found.estimator, wider, found.moments)
    theta = np.append(found.theta, np.zeros(len(cells)))
    return Inference(found.estimator, wider, loss, found.moments, theta, found.cells, found.loss)


def _quadratic(e: Array, V: Array, n: int, own: Array) -> tuple[float, int]:
    """n e'V⁺e over the directions in which V is not zero beside what the cells vary by alone, and their number."""
    scale = np.sqrt(np.maximum(own, 1e-300))
    values, vectors = np.linalg.eigh(V / np.outer(scale, scale))
    kept = values > SAME
    along = vectors[:, kept].T @ (e / scale)
    return float(n * (along**2 / values[kept]).sum()), int(kept.sum())
