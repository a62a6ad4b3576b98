"""Which of many draws have estimates that can't be: negative variances, impossible covariance matrices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mkb21sem.estimate.implied import implied, matrices
from mkb21sem.estimate.standard import variable_covariance
from mkb21sem.infer.certificates.admissibility import NEGLIGIBLE
from mkb21sem.linalg import Array, is_positive_definite
from mkb21sem.specify.layout import Layout

Flags = npt.NDArray[np.bool_]


def improper(layout: Layout, cells: Array) -> tuple[tuple[str, ...], Flags]:
    """What can be wrong with estimates of this layout, r reasons, and with which of the draws it is, (b, r).

    Parameters
    ----------
    layout
        Where each parameter stands.
    cells : (b, g, c)
        Finite cell values.

    Notes
    -----
    The same rules as those by which `admissibility` judges one fit.
    """
    model = implied(layout, cells)
    V = variable_covariance(layout, model)
    names, flags = _variances(layout, cells, V)
    p, observed = layout.p, len(layout.observed)
    if layout.latent:
        names.append("the covariance matrix of the constructs is not positive definite")
        flags.append(_indefinite(V[..., p:, p:]))
    names.append("the residual covariance matrix of the items is not positive definite")
    flags.append(_indefinite(matrices(layout, cells)[1][..., :observed, :observed]))
    return tuple(names), np.stack(flags, axis=-1)


def _variances(layout: Layout, cells: Array, V: Array) -> tuple[list[str], list[Flags]]:
    explained = {a.head for a in layout.model.arrows if a.heads == 1}
    names: list[str] = []
    flags: list[Flags] = []
    for cell in np.flatnonzero((layout.matrix == 1) & (layout.row == layout.col) & ~layout.sample):
        place = int(layout.row[cell])
        name = layout.variables[place]
        names.append(f"the {'residual ' if name in explained else ''}variance of {name} is negative")
        negative = cells[..., cell] < -NEGLIGIBLE * np.abs(V[..., place, place])
        flags.append(np.asarray(negative.any(axis=-1)))
    return names, flags


def _indefinite(M: Array) -> Flags:
    """Whether the smallest eigenvalue of any group, with the diagonal scaled to ±1 or 0, is negative: (b,)."""
    scale = np.sqrt(np.abs(np.diagonal(M, axis1=-2, axis2=-1)))
    scale = np.where(scale > 0, scale, 1.0)
    scaled = M / (scale[..., :, None] * scale[..., None, :])
    # An eigenvalue of a singular matrix is a little below 0 by rounding; a factorisation tells as much as eigenvalues.
    return np.asarray(~is_positive_definite(scaled + 2 * NEGLIGIBLE * np.eye(M.shape[-1])).all(axis=-1))
