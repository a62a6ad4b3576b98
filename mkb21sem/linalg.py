"""Matrix pieces that several steps share. The last two axes are the matrix, the leading ones replicates."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Index = npt.NDArray[np.intp]


def transpose(M: Array) -> Array:
    """M' over the last two axes."""
    return np.swapaxes(M, -1, -2)


def symmetric(M: Array) -> Array:
    """(M + M')/2."""
    return (M + transpose(M)) / 2


@lru_cache(maxsize=64)
def vech_index(p: int, diagonal: bool = True) -> tuple[Index, Index]:
    """Rows and columns of the lower triangle, column by column (Magnus & Neudecker's vech)."""
    col, row = np.triu_indices(p, 0 if diagonal else 1)
    return row, col


def vech(M: Array, diagonal: bool = True) -> Array:
    """The lower triangle of a symmetric (…, p, p) as (…, p(p+1)/2), column by column."""
    row, col = vech_index(M.shape[-1], diagonal)
    return M[..., row, col]


def logdet(M: Array) -> Array:
    """log|M| for (…, p, p); NaN where M isn't positive definite."""
    sign, value = np.linalg.slogdet(M)
    return np.where(sign > 0, value, np.nan)


def is_positive_definite(M: Array) -> Array:
    """Whether each (…, p, p) is positive definite: finite, and with a Cholesky root."""
    return cholesky(M)[1]


def cholesky(M: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """L of M = LL' for each (…, p, p), and whether there is one; L is the identity where there is none."""
    try:
        root = np.asarray(np.linalg.cholesky(M))
    except np.linalg.LinAlgError:
        # Eigenvalues above zero don't promise a root to working precision, so that each is tried.
        root = _one_by_one(np.linalg.cholesky, M)
    good = np.asarray(np.isfinite(root).all(axis=(-1, -2)))
    if not good.all():
        root = np.where(good[..., None, None], root, np.eye(M.shape[-1]))
    return root, good


def inverse(M: Array) -> Array:
    """M⁻¹ for each (…, p, p), NaN where there is none: a root to working precision promises no inverse."""
    try:
        return np.asarray(np.linalg.inv(M))
    except np.linalg.LinAlgError:
        return _one_by_one(np.linalg.inv, M)


def _one_by_one(of: Callable[[Array], Array], M: Array) -> Array:
    """What numpy makes of each matrix by itself, NaN where it makes nothing: in a batch one would stop all."""
    made = np.full(M.shape, np.nan)
    for at in np.ndindex(M.shape[:-2]):
        with suppress(np.linalg.LinAlgError):
            made[at] = of(M[at])
    return made


def row_order(rows: Array) -> npt.NDArray[np.intp]:
    """The order (n,) in which rows (n, p) are drawn from: by their content, so that a file's order changes no number.

    Ties are between equal rows, of which it doesn't matter which one is drawn. NaN comes last.
    """
    return np.asarray(np.lexsort(rows.T[::-1]))
