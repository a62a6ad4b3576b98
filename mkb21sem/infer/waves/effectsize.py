"""Whether a difference in measurement matters: in units of the item, of the scale, and standardised.

What item j is expected to answer at the same standing η of the construct, by the first wave's parameters and by the
wave's own, averaged over the wave's distribution of η:

    dMACS = √E[(E₁(x|η) − E_g(x|η))²] / s     s the pooled SD of the item     Nye & Drasgow (2011)
    item difference = E[E_g(x|η) − E₁(x|η)]   in answer categories, or the unit of a continuous item
    scale difference = the mean of the item differences over the construct's items

Of an ordinal item E(x|η) is the sum over thresholds of Φ((ν + λη − τ)/√θ), and the average is taken by Gauss–Hermite
quadrature.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.waves.rungs import Plan
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import kind
from mkb21sem.specify.model import INTERCEPT

NODES = 61


def differences(plan: Plan, found: Fit, released: set[tuple[str, int]] | None = None) -> pd.DataFrame:
    """Effect size of every released item in every wave: construct item wave dmacs item_difference scale_difference.

    Parameters
    ----------
    plan, found
        A rung with released items, and its fit.
    released
        Items and wave numbers; None takes the plan's.

    Returns
    -------
    DataFrame
        ``reference`` names the wave compared with: the first one that has the item's common parameters, or for a
        release in the first wave the second.
    """
    pairs = sorted(plan.released if released is None else released)
    lines = []
    values = _Values(plan, found)
    for item, g in pairs:
        reference = next((h for h in range(len(plan.waves)) if h != g and (item, h) not in pairs), None)
        if reference is None:
            continue
        construct = next(f for f, items in plan.model.indicators.items() if item in items)
        gap, weight = values.gap(construct, item, g, reference)
        mean = float(weight @ gap)
        dmacs = float(np.sqrt(weight @ gap**2)) / values.pooled_sd(item, g, reference)
        count = len(plan.model.indicators[construct])
        lines.append((construct, item, plan.waves[g], plan.waves[reference], dmacs, mean, mean / count))
    columns = ["construct", "item", "wave", "reference", "dmacs", "item_difference", "scale_difference"]
    return pd.DataFrame(lines, columns=columns)


class _Values:
    """The parameters of a fit by item and wave."""

    def __init__(self, plan: Plan, found: Fit) -> None:
        self.plan, self.found = plan, found
        self.at = {
            (kind(row.arrow, plan.model), row.arrow.lhs, row.arrow.rhs): place
            for place, row in enumerate(found.layout.rows[: len(found.layout.row)])
        }

    def value(self, word: str, lhs: str, rhs: str, g: int) -> float:
        """One cell."""
        return float(self.found.cells[g, self.at[word, lhs, rhs]])

    def expected(self, construct: str, item: str, g: int, eta: Array) -> Array:
        """E(x | η) in wave g by its own parameters; ordinal answers count from 0."""
        line = self.value("intercepts", item, INTERCEPT, g) + self.value("loadings", construct, item, g) * eta
        count = self.plan.thresholds.get(item, 0)
        if not count:
            return np.asarray(line)
        spread = np.sqrt(max(self.value("residuals", item, item, g), 1e-12))
        taus = [self.value("thresholds", item, f"t{k + 1}", g) for k in range(count)]
        return np.asarray(sum(ndtr((line - tau) / spread) for tau in taus))

    def gap(self, construct: str, item: str, g: int, reference: int) -> tuple[Array, Array]:
        """E_g − E_reference at nodes of wave g's distribution of the construct, and their weights."""
        nodes, weight = np.polynomial.hermite_e.hermegauss(NODES)
        mean = self.value("means", construct, INTERCEPT, g)
        variance = max(self.value("latent_variances", construct, construct, g), 0.0)
        eta = mean + np.sqrt(variance) * nodes
        own, other = self.expected(construct, item, g, eta), self.expected(construct, item, reference, eta)
        return own - other, weight / weight.sum()

    def pooled_sd(self, item: str, g: int, reference: int) -> float:
        """SD of the observed answers within the two waves; ordinal ones counted from 0."""
        sample = self.found.moments
        j = sample.names.index(item)
        columns = [sample.rows[h][:, j] for h in (g, reference)]
        columns = [x[np.isfinite(x)] for x in columns]
        if self.plan.thresholds.get(item):
            used = np.unique(np.concatenate(columns))
            columns = [np.searchsorted(used, x).astype(float) for x in columns]
        within = sum(((x - x.mean()) ** 2).sum() for x in columns)
        return float(np.sqrt(within / (sum(len(x) for x in columns) - 2)))
