"""The last steps to the least squares of an exploratory factor analysis, where factor_analyzer stops early.

With the loadings concentrated out, minres minimises f(ψ) = Σ_{j>m} λ_j², where λ_j and v_j are the falling eigenvalues
and the eigenvectors of R − Ψ (Harman & Jones 1966; Jöreskog 1977):

    ∂f/∂ψ_i       −2 Σ_{j>m} λ_j v_ij²
    ∂²f/∂ψ_i∂ψ_k   2 P_ik² + 4 Σ_{l≤m} v_il v_kl Σ_{j>m} v_ij v_kj λ_j / (λ_j − λ_l),  P = Σ_{j>m} v_j v_j'
"""

from __future__ import annotations

import numpy as np

from mkb21sem.linalg import Array

STEPS, SMALL, LARGEST = 8, 1e-11, 0.05
"""Newton steps at most; gradient at which to stop; largest change of a uniqueness that is a last step."""


def eigen(R: Array, psi: Array) -> tuple[Array, Array]:
    """Eigenvalues, falling, and eigenvectors of R − Ψ."""
    values, vectors = np.linalg.eigh(R - np.diag(psi))
    return values[::-1], vectors[:, ::-1]


def gradient(values: Array, vectors: Array, m: int) -> Array:
    """∂f/∂ψ (p,)."""
    return np.asarray(-2 * vectors[:, m:] ** 2 @ values[m:])


def hessian(values: Array, vectors: Array, m: int) -> Array:
    """∂²f/∂ψ∂ψ' (p, p)."""
    rest = vectors[:, m:]
    out = 2 * (rest @ rest.T) ** 2
    for at in range(m):
        weighted = (rest * (values[m:] / (values[m:] - values[at]))) @ rest.T
        out += 4 * np.outer(vectors[:, at], vectors[:, at]) * weighted
    return np.asarray(out)


def polished(R: Array, loading: Array, bound: float) -> Array:
    """Loadings (p, m) at the minimum near the given ones.

    Those given are returned where a uniqueness lies on its bound, or where the minimum is not near.

    Parameters
    ----------
    R : (p, p)
        Correlations.
    loading : (p, m)
        Unrotated minres loadings.
    bound
        Smallest uniqueness that is allowed.
    """
    m = loading.shape[1]
    begin = psi = np.diag(R) - (loading**2).sum(axis=1)
    for _ in range(STEPS):
        if (psi <= bound + 1e-6).any() or (psi >= 1 - 1e-6).any() or np.abs(psi - begin).max() > LARGEST:
            return loading
        values, vectors = eigen(R, psi)
        slope = gradient(values, vectors, m)
        if values[m - 1] <= 0:
            return loading
        if np.abs(slope).max() < SMALL:
            found = vectors[:, :m] * np.sqrt(values[:m])
            return np.asarray(found * np.where((found * loading).sum(axis=0) < 0, -1.0, 1.0))
        try:
            psi = psi - np.linalg.solve(hessian(values, vectors, m), slope)
        except np.linalg.LinAlgError:
            return loading
    return loading
