"""Size of the residuals: RMR, SRMR, CRMR and Mplus's SRMR, each a root mean square over the moments of a group.

Covariances and correlations count once a pair and once a variance; CRMR has no variances, which correlations don't
have. Where there are means, their residuals count as well, in the units of the index; the ``_nomean`` versions leave
them out. Several groups: the groups' values weighted by n_g/N (lavaan's convention).
"""

from __future__ import annotations

import math

import numpy as np

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import Implied, centred
from mkb21sem.estimate.ordered.ordinal import layout_order, ordinal_vector
from mkb21sem.estimate.sample import unbiased
from mkb21sem.linalg import Array, vech

NONE = np.zeros(0)


def rmr(S: Array, Sigma: Array, others: Array = NONE, extra: int = 0) -> float:
    """Root mean square of the raw residuals, in the units of the items (Jöreskog & Sörbom 1981).

    Parameters
    ----------
    S, Sigma : (p, p)
        Sample and implied covariances.
    others : (t,)
        Residuals of means or thresholds, in the units of the index.
    extra
        By how much the divisor is larger than the number of residuals.
    """
    return _root_mean_square(vech(S - Sigma), others, extra)


def srmr(S: Array, Sigma: Array, others: Array = NONE, extra: int = 0) -> float:
    """RMR with every residual divided by the sample SDs (Bentler 1995); parameters as in `rmr`."""
    return _root_mean_square(vech((S - Sigma) / _by(S)), others, extra)


def crmr(S: Array, Sigma: Array, others: Array = NONE) -> float:
    """Root mean square difference of sample and implied correlations (Bollen 1989); parameters as in `rmr`."""
    return _root_mean_square(vech(S / _by(S) - Sigma / _by(Sigma), diagonal=False), others)


def srmr_mplus(S: Array, Sigma: Array, others: Array = NONE) -> float:
    """CRMR with the variances' residuals in sample variances beside the correlations' (Asparouhov & Muthén 2018)."""
    gap = S / _by(S) - Sigma / _by(Sigma)
    np.fill_diagonal(gap, 1 - np.diagonal(Sigma) / np.diagonal(S))
    return _root_mean_square(vech(gap), others)


def _by(S: Array) -> Array:
    sd = np.sqrt(np.diagonal(S))
    return np.outer(sd, sd)


def _root_mean_square(gap: Array, others: Array, extra: int = 0) -> float:
    count = len(gap) + len(others) + extra
    # A single variable has no correlation to miss.
    return math.sqrt(float(gap @ gap + others @ others) / count) if count else math.nan


def residual_sizes(found: Fit, model: Implied) -> dict[str, float]:
    """All of them for a fit, from its implied moments.

    Notes
    -----
    Ordinal items: residuals of the polychoric correlations, and for the versions "with means" of the thresholds as
    they are. Variances count as fitted. SRMR is the version without thresholds. The items' means given observed
    causes don't count, and the divisor of RMR and SRMR is larger by the number of causes (lavaan's convention).
    """
    each = _ordinal(found, model) if found.layout.thresholds else _continuous(found, model)
    return {name: float(found.moments.share @ [group[name] for group in each]) for name in each[0]}


def _continuous(found: Fit, model: Implied) -> list[dict[str, float]]:
    mu, Sigma, _, _ = centred(found.layout, model)
    sample = found.moments if found.estimator.loss == "normal" else unbiased(found.moments)
    out = []
    for g, S in enumerate(sample.cov):
        gap = sample.mean[g] - mu[g] if found.layout.meanstructure else NONE
        sd, own = np.sqrt(np.diagonal(S)), np.sqrt(np.diagonal(Sigma[g]))
        scaled = gap / sd if len(gap) else NONE
        each = sample.mean[g] / sd - mu[g] / own if len(gap) else NONE
        bentler = srmr(S, Sigma[g], scaled)
        out.append(
            {
                "rmr": rmr(S, Sigma[g], gap),
                "rmr_nomean": rmr(S, Sigma[g]),
                "srmr": bentler,
                "srmr_bentler": bentler,
                "srmr_bentler_nomean": srmr(S, Sigma[g]),
                "crmr": crmr(S, Sigma[g], scaled),
                "crmr_nomean": crmr(S, Sigma[g]),
                "srmr_mplus": srmr_mplus(S, Sigma[g], each),
                "srmr_mplus_nomean": srmr_mplus(S, Sigma[g]),
            }
        )
    return out


def _ordinal(found: Fit, model: Implied) -> list[dict[str, float]]:
    stack, causes = layout_order(found.layout), len(found.layout.exogenous)
    statistics = ordinal_vector(found.layout, found.cells, model)
    out = []
    for group, implied_ones in zip(found.moments.ordinal, statistics, strict=True):
        R, fitted = group.cov, stack.square(implied_ones[stack.pair])
        own = fitted.copy()
        own[~stack.ordinal, ~stack.ordinal] = implied_ones[stack.variance]
        np.fill_diagonal(fitted, np.diagonal(R))
        tau = (group.statistics - implied_ones)[stack.threshold]
        without = srmr(R, fitted, extra=causes)
        out.append(
            {
                "rmr": rmr(R, fitted, tau, causes),
                "srmr": without,
                "srmr_bentler": srmr(R, fitted, tau, causes),
                "crmr": crmr(R, own, tau),
                "rmr_nomean": rmr(R, fitted, extra=causes),
                "srmr_bentler_nomean": without,
                "crmr_nomean": crmr(R, own),
            }
        )
    return out
