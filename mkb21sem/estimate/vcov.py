"""Covariance of the estimates, and which parameters the moments can't tell apart."""

from __future__ import annotations

import numpy as np

from mkb21sem.linalg import Array, symmetric

SINGULAR = 1e-9
"""Eigenvalue of the information, scaled to unit diagonal, below which a direction counts as undetermined."""


def expected(information: Array, n: int) -> Array:
    """(n I)⁻¹ for the information of one observation (k, k): the inverse of the expected Hessian of n·f.

    NaN where the information is singular.
    """
    if undetermined(information) is not None:
        return np.full_like(information, np.nan)
    scale = _scale(information)
    inverse: Array = np.linalg.inv(information / scale)
    return np.asarray(symmetric(inverse) / scale / n)


def undetermined(information: Array) -> Array | None:
    """A direction (k,) in parameter space along which the implied moments don't change, or None.

    Entries are relative to each parameter's own scale, the largest is 1.
    """
    if information.size == 0:
        return None
    if not np.isfinite(information).all():
        return np.ones(len(information))
    with np.errstate(over="ignore"):
        scaled = information / _scale(information)
    if not np.isfinite(scaled).all():
        return np.ones(len(information))
    values, vectors = np.linalg.eigh(scaled)
    if values[0] > SINGULAR:
        return None
    direction = np.abs(vectors[:, 0])
    return np.asarray(direction / direction.max())


def _scale(information: Array) -> Array:
    root = np.sqrt(np.maximum(np.diagonal(information), 1e-300))
    return np.asarray(np.outer(root, root))
