"""Sums over missing patterns of tr(P_r d T_r d'), as a quadratic form in the moments.

With d = Σ δ_ij (e_i e_j' + e_j e_i') m_ij (m = ½ on the diagonal) and Z[ab, cd] = Σ_r w_r P_r[a,b] T_r[c,d],

    Σ_r w_r tr(P_r d T_r d') = δ'Xδ',  X[ij, kl] = m_ij m_kl (Z[ik,jl] + Z[il,jk] + Z[jk,il] + Z[jl,ik])

so that one matrix product over the patterns serves all pairs of parameters.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mkb21sem.linalg import Array, Index, vech_index

ROWS = 128
"""Rows of X that are made at a time, so that memory stays small with many variables."""


@lru_cache(maxsize=16)
def _place(p: int) -> Index:
    """Position of (i, j) in vech, (p, p)."""
    row, col = vech_index(p)
    place = np.empty((p, p), dtype=np.intp)
    place[row, col] = place[col, row] = np.arange(len(row))
    return place


def pair_sum(P: Array, T: Array, weight: Array, Delta: Array) -> Array:
    """Δ'XΔ for pattern matrices P and T (r, p, p), weights (r,) and Delta (p(p+1)/2, c): (c, c).

    P and T may be the same array; that saves half the work.
    """
    p = P.shape[-1]
    place = _place(p)
    row, col = vech_index(p)
    half = np.where(row == col, 0.5, 1.0)
    same = P is T
    Z = (P[:, row, col] * weight[:, None]).T @ T[:, row, col]
    scaled = half[:, None] * Delta
    out = np.zeros((Delta.shape[1], Delta.shape[1]))
    k, m = row, col
    size = len(row)
    flat = Z.ravel()
    for begin in range(0, size, ROWS):
        i, j = row[begin : begin + ROWS, None], col[begin : begin + ROWS, None]
        ik, jm, im, jk = place[i, k], place[j, m], place[i, m], place[j, k]
        X = flat.take(ik * size + jm) + flat.take(im * size + jk)
        X = 2 * X if same else X + flat.take(jk * size + im) + flat.take(jm * size + ik)
        out += scaled[begin : begin + ROWS].T @ (X @ scaled)
    return out
