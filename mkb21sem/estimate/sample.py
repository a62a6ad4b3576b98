"""The sample as least squares sees it: statistics in one vector, and their asymptotic covariance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mkb21sem.estimate.casewise import deviations
from mkb21sem.estimate.moments import Moments
from mkb21sem.linalg import Array, vech, vech_index
from mkb21sem.specify.layout import Layout


def unbiased(sample: Moments) -> Moments:
    """Covariances with divisor n − 1, which least squares takes (lavaan's convention); polychorics as they are."""
    if sample.ordinal:
        return sample
    return replace(sample, cov=sample.cov * (sample.n / (sample.n - 1))[:, None, None])


def sample_statistics(layout: Layout, sample: Moments) -> Array:
    """What the implied `vector` is compared with, (g, m)."""
    if sample.ordinal:
        return np.array([group.statistics for group in sample.ordinal])
    cov = vech(unbiased(sample).cov)
    return np.concatenate([sample.mean, cov], axis=-1) if layout.meanstructure else cov


def asymptotic_covariance(layout: Layout, sample: Moments) -> list[Array]:
    """Γ of the statistics, g arrays (m, m).

    Of ordinal items by Muthén (1984); of means and covariances by the fourth-order moments of the rows (Browne 1984).
    """
    if sample.ordinal:
        return [group.gamma for group in sample.ordinal]
    row, col = vech_index(len(layout.observed))
    out = []
    for d, n in zip(deviations(unbiased(sample), layout.exogenous), sample.n, strict=True):
        x = d.z[:, row] * d.z[:, col] - d.h[:, row] * d.h[:, col]
        x = x - x.mean(axis=0)
        if layout.meanstructure:
            x = np.concatenate([d.e, x], axis=1)
        out.append(x.T @ x / n)
    return out
