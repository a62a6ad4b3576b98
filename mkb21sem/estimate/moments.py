"""The sample's side: its moments, made from rows or taken from print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mkb21sem.errors import FitError, WaveError, closest
from mkb21sem.estimate.incomplete.patterns import Patterns
from mkb21sem.estimate.ordered.conditional import ConditionalMoments
from mkb21sem.estimate.ordered.polychoric import OrdinalMoments
from mkb21sem.linalg import Array, is_positive_definite


@dataclass(frozen=True)
class Moments:
    """Sample moments of one or more groups.

    A published covariance or correlation matrix is fitted by ``fit(model, Moments(cov=frame, n=344))``: cov a
    DataFrame with names (or one for each group in a list), n the sample size, mean a Series.

    Attributes
    ----------
    cov : (g, p, p)
        Covariances (of the saturated model where answers are missing).
    n : (g,)
        Rows used.
    mean : (g, p)
        Means; None where only covariances were given.
    names : (p,)
        Observed variables.
    groups : (g,)
        Group names; one empty name for a single sample.
    unbiased
        True if the divisor of cov is n − 1, as most programs print it; the moments of a fit have divisor n.
    rows : g times (n, p)
        The values themselves; empty where only moments were given.
    left_out
        Rows that were not used, by reason.
    weights : g times (n,)
        Sampling weights with mean 1; empty without.
    patterns : g
        Rows by missing pattern; empty unless missing answers are modelled (fiml).
    ordinal : g
        Thresholds and polychoric correlations; empty unless some items are ordinal. cov and mean are theirs then.
    causes
        Exogenous variables that the ordinal statistics are conditional on; cov and mean are then of all variables.
    remarks
        Sentences on what was done to the answers, such as categories that were joined.
    """

    cov: Any
    n: Any
    mean: Any = None
    names: tuple[str, ...] = ()
    groups: tuple[str, ...] = ("",)
    unbiased: bool = True
    rows: tuple[Array, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()
    weights: tuple[Array, ...] = ()
    patterns: tuple[Patterns, ...] = ()
    ordinal: tuple[OrdinalMoments | ConditionalMoments, ...] = ()
    causes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Rows of all groups together."""
        return int(self.n.sum())

    @property
    def share(self) -> Array:
        """n_g / N, or the groups' shares of the weights, (g,)."""
        size = np.array([w.sum() for w in self.weights]) if self.weights else self.n
        return np.asarray(size / size.sum())

    @property
    def threshold_counts(self) -> dict[str, int]:
        """Number of thresholds of each ordinal item."""
        return {name: len(tau) for name, tau in zip(self.names, self.thresholds[0], strict=True) if len(tau)}

    @property
    def thresholds(self) -> list[list[Array]]:
        """Thresholds of each group, an array an observed variable; empty for those that are not ordinal."""
        return [
            [dict(zip(self.outcomes, group.thresholds, strict=True)).get(name, np.empty(0)) for name in self.names]
            for group in self.ordinal
        ] or [[np.empty(0)] * len(self.names)]

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Variables that are not conditioned upon."""
        return tuple(name for name in self.names if name not in self.causes)

    def augmented(self, meanstructure: bool) -> Array:
        """The moment matrix that the layout speaks of: cov, or [[cov + mm', m], [m', 1]], (g, p, p)."""
        if not meanstructure:
            return self.cov
        p = len(self.names)
        out = np.ones((len(self.groups), p + 1, p + 1))
        out[:, :p, :p] = self.cov + self.mean[:, :, None] * self.mean[:, None, :]
        out[:, :p, p] = out[:, p, :p] = self.mean
        return out


def given(summary: Moments, names: Sequence[str]) -> Moments:
    """Printed moments in the order of the model's variables, with divisor n.

    Parameters
    ----------
    summary
        As the user wrote it: cov a DataFrame (or arrays with ``names``), n a number, one each for several groups.
    names
        Variables of the model.

    Raises
    ------
    WaveError
        A variable is absent, a matrix is not square, symmetric and positive definite, or n is no sample size.
    """
    covs = [summary.cov] if isinstance(summary.cov, pd.DataFrame) or np.ndim(summary.cov) == 2 else list(summary.cov)
    sizes = np.atleast_1d(_numbers(summary.n, "n"))
    if len(sizes) != len(covs) or not (np.isfinite(sizes) & (sizes > len(names))).all():
        raise WaveError(
            f"n must be a sample size larger than the {len(names)} variables for each of the {len(covs)} matrices; "
            f"got {summary.n!r}."
        )
    frames = [_named(cov, summary.names, names) for cov in covs]
    matrix = np.array([_numbers(frame.loc[list(names), list(names)], "cov") for frame in frames])
    _check_matrix(matrix)
    divisor = (sizes - 1) / sizes if summary.unbiased else np.ones_like(sizes)
    mean = None if summary.mean is None else _means(summary, frames, names)
    groups = summary.groups if len(summary.groups) == len(covs) else tuple(str(g + 1) for g in range(len(covs)))
    return Moments(matrix * divisor[:, None, None], sizes.astype(np.int64), mean, tuple(names), groups, False)


def _numbers(values: Any, what: str) -> Array:
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise WaveError(f"{what} holds something that is not a number ({error}).") from error


def _named(cov: Any, given_names: Sequence[str], wanted: Sequence[str]) -> pd.DataFrame:
    if isinstance(cov, pd.DataFrame):
        if cov.shape[0] != cov.shape[1]:
            raise WaveError(f"cov has {cov.shape[0]} rows and {cov.shape[1]} columns; a square matrix is expected.")
        frame = cov.set_axis(cov.columns, axis=0)
    elif np.ndim(cov) == 2 and len(given_names) == len(cov) == len(np.transpose(cov)):
        frame = pd.DataFrame(_numbers(cov, "cov"), index=list(given_names), columns=list(given_names))
    else:
        raise WaveError("cov must be a square DataFrame with the names of the variables, or an array with names=[…].")
    for name in wanted:
        if name not in frame.columns:
            raise WaveError(f"the model asks for `{name}`; cov has no such variable.{closest(name, frame.columns)}")
    if not frame.columns.is_unique:
        raise WaveError(f"cov has more than one variable `{frame.columns[frame.columns.duplicated()][0]}`; keep one.")
    return frame


def _means(summary: Moments, frames: Sequence[pd.DataFrame], names: Sequence[str]) -> Array:
    mean = summary.mean
    if isinstance(mean, pd.Series) or np.ndim(mean) == 0 or all(np.isscalar(value) for value in mean):
        mean = [mean]
    if len(mean) != len(frames):
        raise WaveError(f"mean must be given for each of the {len(frames)} matrices; got {len(mean)}.")
    return np.array([_mean(own, frame, names) for own, frame in zip(mean, frames, strict=True)])


def _mean(own: Any, frame: pd.DataFrame, names: Sequence[str]) -> Array:
    if not isinstance(own, pd.Series):
        values = _numbers(own, "mean")
        if values.shape != frame.columns.shape:
            raise WaveError(
                f"mean must be a Series with the names of the variables, or {len(frame)} numbers in the order of cov."
            )
        own = pd.Series(values, index=frame.columns)
    for name in names:
        if name not in own.index:
            raise WaveError(f"the model asks for `{name}`; mean has no such variable.{closest(name, own.index)}")
    found = _numbers(own.loc[list(names)], "mean")
    if not np.isfinite(found).all():
        raise WaveError("mean holds a missing value.")
    return found


def _check_matrix(matrix: Array) -> None:
    above, below = (np.abs(part).max(axis=(1, 2)) for part in (np.triu(matrix, 1), np.tril(matrix, -1)))
    if ((above == 0) & (below > 0)).any():
        raise WaveError("cov holds zeros above the diagonal: give the whole symmetric matrix, not one triangle.")
    if not np.isfinite(matrix).all() or not np.allclose(matrix, np.swapaxes(matrix, 1, 2), rtol=1e-6, atol=1e-10):
        raise WaveError("cov is not symmetric, or holds a missing value.")
    if not is_positive_definite(matrix).all():
        raise FitError(
            "cov is not positive definite: a typing error, rounding, or pairwise deletion. Check the largest entries."
        )
