"""The normal-theory discrepancy as a function of matrices."""

from __future__ import annotations

import numpy as np

from mkb21sem.linalg import Array, logdet


def normal_discrepancy(S: Array, Sigma: Array, mean: Array | None = None, mu: Array | None = None) -> Array:
    """F = log|Σ| − log|S| + tr SΣ⁻¹ − p, + (m − μ)'Σ⁻¹(m − μ) with means, for (..., p, p)."""
    P = np.linalg.inv(Sigma)
    F = logdet(Sigma) - logdet(S) + np.einsum("...ij,...ji->...", S, P) - S.shape[-1]
    if mean is not None and mu is not None:
        d = mean - mu
        F = F + (d * (P @ d[..., None])[..., 0]).sum(-1)
    return np.asarray(F)
