"""Answers, flags and weights as they are given: checked before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mkb21sem.errors import FitError, OptionError, one_of
from mkb21sem.estimate.ordered.ordinal_order import Order, order
from mkb21sem.estimate.ordered.thresholds import categories
from mkb21sem.estimate.ordered.twostep import Sample
from mkb21sem.linalg import Array

Flags = npt.NDArray[np.bool_]


def arrays(
    y: Array, ordinal: Sequence[bool] | Flags, names: Sequence[str] | None
) -> tuple[Array, Flags, tuple[str, ...]]:
    """The answers as numbers, one flag and one name a variable."""
    y, flags = np.asarray(y, dtype=float), np.asarray(ordinal, dtype=bool)
    if y.ndim != 2 or flags.shape != y.shape[1:]:
        raise OptionError(
            f"y must be rows by variables and ordinal one flag a variable; got shapes {y.shape} and {flags.shape}."
        )
    labels = tuple(names) if names is not None else tuple(f"y{j + 1}" for j in range(y.shape[1]))
    if len(labels) != y.shape[1]:
        raise OptionError(f"names must name each of the {y.shape[1]} variables; got {len(labels)} names.")
    infinite = np.isinf(y).any(axis=0)
    if infinite.any():
        which = ", ".join(f"`{labels[j]}`" for j in np.flatnonzero(infinite))
        raise FitError(f"{which} holds infinite values. Correct them, or set them to missing.")
    return y, flags, labels


def causes_given(x: Array, causes: Sequence[str] | None, n: int) -> tuple[Array, tuple[str, ...]]:
    """The causes as numbers (n, q), and their names."""
    x = np.asarray(x, dtype=float)
    if x.ndim != 2 or len(x) != n:
        raise OptionError(f"x must have one row for each of the {n} rows of y; got shape {x.shape}.")
    labels = tuple(causes) if causes is not None else tuple(f"x{j + 1}" for j in range(x.shape[1]))
    if len(labels) != x.shape[1]:
        raise OptionError(f"causes must name each of the {x.shape[1]} columns of x; got {len(labels)} names.")
    return x, labels


def check_causes(x: Array, names: tuple[str, ...]) -> None:
    """Refuse causes that are constant, or sums of others."""
    spread = x.std(axis=0)
    flat = [name for name, one, top in zip(names, spread, np.abs(x).max(axis=0), strict=True) if one <= 1e-12 * top]
    if flat:
        raise FitError(f"constant: {', '.join(flat)}. A cause that does not vary explains nothing; leave it out.")
    if not names:
        return
    _, size, direction = np.linalg.svd((x - x.mean(axis=0)) / spread / np.sqrt(len(x)), full_matrices=False)
    if len(size) < len(names) or size[-1] < 1e-7:
        part = np.abs(direction[-1])
        involved = ", ".join(name for name, one in zip(names, part, strict=True) if one > 0.1 * part.max())
        raise FitError(f"collinear: {involved} determine each other exactly. Leave one of them out.")


def case_weights(weights: Array | None, n: int) -> Array:
    """One row of weights a draw, (b, n)."""
    if weights is None:
        return np.ones((1, n))
    draws = np.atleast_2d(np.asarray(weights, dtype=float))
    if draws.ndim != 2 or draws.shape[1] != n or not len(draws):
        raise OptionError(f"weights must have one number for each of the {n} rows; got shape {draws.shape}.")
    if not np.isfinite(draws).all() or (draws < 0).any() or not (draws.sum(axis=1) > 0).all():
        raise OptionError("weights must be finite, none below zero, and not all zero.")
    return draws


def usable_rows(y: Array, missing: str) -> Flags:
    """Rows with all answers, or, pairwise, with any, (n,)."""
    there = np.isfinite(y)
    one_of("missing", missing, ("listwise", "pairwise"))
    usable = there.all(axis=1) if missing == "listwise" else there.any(axis=1)
    if not usable.any():
        raise FitError('no row has an answer on every variable; use missing="pairwise", or fewer variables.')
    return np.asarray(usable)


def ordinal_sample(y: Array, ordinal: Flags, names: tuple[str, ...], causes: tuple[str, ...] = ()) -> Sample:
    """Rank the ordered answers, refuse variables that do not vary, and stack the statistics."""
    answers = categories(y[:, ordinal], [name for name, o in zip(names, ordinal, strict=True) if o])
    continuous = np.flatnonzero(~ordinal)
    flat = [names[j] for j in continuous if np.nanmax(y[:, j], initial=-np.inf) <= np.nanmin(y[:, j], initial=np.inf)]
    if flat:
        raise FitError(f"constant: {', '.join(flat)}. Everyone gave the same answer; leave it out.")
    # Given causes the residuals take more than two values.
    two = [] if causes else [names[j] for j in continuous if _has_two_values(y[:, j])]
    if two:
        raise FitError(
            f"two values only: {', '.join(two)}. Taken as continuous, mean and variance of such a variable determine "
            "each other, so that the moments' covariance is singular. Name it in `ordered`."
        )
    return Sample(y, answers, order(names, ordinal, answers.size, causes))


def _has_two_values(column: Array) -> bool:
    seen = column[np.isfinite(column)]
    return bool(((seen == seen.min()) | (seen == seen.max())).all())


def check_pairs(rho: Array, stack: Order, names: Sequence[str]) -> None:
    """Refuse pairs that no row has both answers of."""
    lost = np.flatnonzero(~np.isfinite(rho))
    if not lost.size:
        return
    pairs = ", ".join(f"`{names[stack.first[m]]}` with `{names[stack.second[m]]}`" for m in lost[:5])
    more = f" and {lost.size - 5} more pairs" if lost.size > 5 else ""
    raise FitError(
        f"no correlation can be computed for {pairs}{more}: no rows, or no variation, in the rows that have both "
        "answers. Leave one of them out."
    )
