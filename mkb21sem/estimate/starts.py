"""Where the minimiser begins: closed-form loadings, then least squares along the arrows.

Loadings are ratios of covariances with the other indicators (Hägglund 1982, FABIN2); a construct's covariance
with everything else follows from Bartlett weights of its own block; regressions are least squares in that
extended covariance matrix. Constructs measured by constructs are built after those they are measured by.
"""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np

from mkb21sem.linalg import Array
from mkb21sem.specify.layout import Layout
from mkb21sem.specify.model import INTERCEPT


def start(layout: Layout, cov: Array, mean: Array, thresholds: Sequence[Sequence[Array]] = ()) -> Array:
    """Starting values (k,) from sample covariances (g, p, p) and means (g, p).

    START values of the spec take precedence; equal parameters start at the mean of their cells. With ordinal items
    cov holds polychorics and `thresholds` each group's, an array an observed variable.
    """
    cells = np.stack([_cells(layout, S, m) for S, m in zip(cov, mean, strict=True)])
    if layout.thresholds:
        at = layout.matrix == 2
        for g, group in enumerate(thresholds):
            cells[g, at] = [group[j][k] for j, k in zip(layout.row[at], layout.col[at], strict=True)]
        cells[:, layout.matrix == 3] = 1.0
        if layout.parameterization == "theta":
            cells = np.stack([_residual_scale(layout, group) for group in cells])
    K = layout.K.reshape(len(layout.rows), layout.k)
    target = (cells - layout.offset).ravel()
    used = (K != 0).any(axis=1) & ~np.tile(layout.sample, len(layout.groups))
    theta = np.linalg.lstsq(K[used], target[used], rcond=None)[0] if used.any() else np.zeros(layout.k)
    theta = np.where(np.isnan(layout.start), theta, layout.start)
    return np.asarray(np.clip(theta, layout.lower, layout.upper))


def _cells(layout: Layout, S: Array, mean: Array) -> Array:
    """Starting value of every cell (c,) in one group."""
    names = [n for n in layout.variables if n != INTERCEPT]
    place = {name: i for i, name in enumerate(names)}
    p = len(layout.observed)
    G = np.zeros((len(names), len(names)))
    G[:p, :p] = S
    loadings = _measure(layout, G, place)
    slopes, explained = _regress(layout, G, place)
    for (_, item), part in _explained_by_constructs(layout, G, loadings, place).items():
        explained[item] = explained.get(item, 0.0) + part
    values = np.zeros(len(layout.row))
    for c, row in enumerate(layout.rows[: len(layout.row)]):
        arrow = row.arrow
        if arrow.op in ("|", "~*~"):
            continue
        if arrow.op == "=~":
            values[c] = loadings[arrow.lhs, arrow.rhs]
        elif arrow.op == "~" and arrow.rhs == INTERCEPT:
            values[c] = mean[place[arrow.lhs]] if arrow.lhs in layout.observed else 0.0
        elif arrow.op == "~":
            values[c] = slopes.get((arrow.lhs, arrow.rhs), 0.0)
        elif arrow.lhs == arrow.rhs:
            total = G[place[arrow.lhs], place[arrow.lhs]]
            values[c] = np.clip(total - explained.get(arrow.lhs, 0.0), 0.1 * total, total)
        elif arrow.lhs not in explained and arrow.rhs not in explained:
            values[c] = 0.9 * G[place[arrow.lhs], place[arrow.rhs]]
    return _intercepts(layout, values, mean, place)


def _residual_scale(layout: Layout, cells: Array) -> Array:
    """Loadings and thresholds of ordinal items in units of their residual, not total, standard deviation."""
    ordinal = {layout.observed.index(name) for name, _ in layout.thresholds}
    residual = {int(layout.row[c]): cells[c] for c in np.flatnonzero((layout.matrix == 1) & (layout.row == layout.col))}
    out = cells.copy()
    for c in np.flatnonzero((layout.matrix == 0) | (layout.matrix == 2)):
        item = int(layout.row[c])
        if item in ordinal:
            out[c] /= np.sqrt(residual[item])
    return out


def _measure(layout: Layout, G: Array, place: dict[str, int]) -> dict[tuple[str, str], float]:
    """Loadings of all constructs; fills the constructs' rows of G on the way."""
    measures = nx.DiGraph((a.lhs, a.rhs) for a in layout.model.arrows if a.op == "=~")
    fixed = {(r.arrow.lhs, r.arrow.rhs): r.arrow.value for r in layout.rows if r.arrow.op == "=~" and r.group == 1}
    unit = {r.arrow.lhs for r in layout.rows if r.arrow.op == "~~" and r.arrow.value == 1.0 and r.group == 1}
    loadings: dict[tuple[str, str], float] = {}
    known = list(range(len(layout.observed)))
    for construct in reversed(list(nx.topological_sort(measures))):
        if construct not in layout.latent:
            continue
        items = layout.model.indicators[construct]
        block = [place[item] for item in items]
        ratio, variance = _one_factor(G, block, known)
        held = [fixed[construct, item] for item in items]
        anchor = next((j for j, value in enumerate(held) if value), None)
        if anchor is not None and abs(ratio[anchor]) > 1e-8:
            scale = float(held[anchor] or 1.0) / ratio[anchor]
        else:
            scale = np.sqrt(variance) if construct in unit else 1.0
        ratio, variance = ratio * scale, variance / scale**2
        loadings |= {(construct, item): float(value) for item, value in zip(items, ratio, strict=True)}
        _extend(G, place[construct], block, known, ratio, variance)
        known.append(place[construct])
    return loadings


def _one_factor(G: Array, block: list[int], known: list[int]) -> tuple[Array, float]:
    """Loadings relative to the first indicator and the variance of the construct on that scale."""
    first, own = block[0], G[block[0], block[0]]
    ratio = np.ones(len(block))
    for j, item in enumerate(block[1:], start=1):
        pool = block if len(block) > 2 else known
        others = [k for k in pool if k not in (first, item)]
        below = float(G[first, others] @ G[first, others])
        above = float(G[first, others] @ G[item, others])
        ratio[j] = above / below if below > 1e-12 * own**2 else G[item, first] / own
    spread = np.sqrt(np.diagonal(G)[block] / own)
    ratio = np.clip(ratio, -3 * spread, 3 * spread)
    one, other = np.triu_indices(len(block), 1)
    products = ratio[one] * ratio[other]
    covariances = G[np.array(block)[one], np.array(block)[other]]
    variance = float(covariances @ products / (products @ products)) if np.any(products) else own
    return ratio, float(np.clip(variance, 0.1 * own, own if len(block) == 1 else 0.95 * own))


def _extend(G: Array, f: int, block: list[int], known: list[int], ratio: Array, variance: float) -> None:
    """Covariances of a construct with everything known so far, by Bartlett weights of its indicators."""
    unique = np.maximum(np.diagonal(G)[block] - ratio**2 * variance, 0.1 * np.diagonal(G)[block])
    weights = ratio / unique / np.sum(ratio**2 / unique)
    G[f, known] = G[known, f] = weights @ G[np.ix_(block, known)]
    G[f, block] = G[block, f] = ratio * variance
    G[f, f] = variance


def _regress(layout: Layout, G: Array, place: dict[str, int]) -> tuple[dict[tuple[str, str], float], dict[str, float]]:
    """Least-squares slopes of every regression and the variance that they explain."""
    slopes: dict[tuple[str, str], float] = {}
    explained: dict[str, float] = {}
    for outcome in layout.model.endogenous:
        sources = [a.rhs for a in layout.model.arrows if a.op == "~" and a.lhs == outcome and a.rhs != INTERCEPT]
        x, y = [place[s] for s in sources], place[outcome]
        among = G[np.ix_(x, x)] + 0.02 * np.diag(np.diagonal(G)[x])
        slope = np.linalg.solve(among, G[x, y])
        slopes |= {(outcome, source): float(b) for source, b in zip(sources, slope, strict=True)}
        explained[outcome] = float(slope @ G[x, y])
    return slopes, explained


def _explained_by_constructs(
    layout: Layout, G: Array, loadings: dict[tuple[str, str], float], place: dict[str, int]
) -> dict[tuple[str, str], float]:
    return {pair: value**2 * G[place[pair[0]], place[pair[0]]] for pair, value in loadings.items()}


def _intercepts(layout: Layout, values: Array, mean: Array, place: dict[str, int]) -> Array:
    """Intercepts of observed outcomes: what their observed predictors leave of the mean."""
    p = len(layout.observed)
    for c, row in enumerate(layout.rows[: len(layout.row)]):
        arrow = row.arrow
        if arrow.rhs == INTERCEPT and arrow.lhs in layout.observed:
            for d, other in enumerate(layout.rows[: len(layout.row)]):
                if other.arrow.op == "~" and other.arrow.lhs == arrow.lhs and place.get(other.arrow.rhs, p) < p:
                    values[c] -= values[d] * mean[place[other.arrow.rhs]]
    return values
