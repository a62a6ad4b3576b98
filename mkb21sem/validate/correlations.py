"""From answers to the correlations that every exploratory question starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mkb21sem.errors import OptionError, WaveError, closest, one_of
from mkb21sem.estimate.rows import moments, numeric
from mkb21sem.linalg import Array, is_positive_definite
from mkb21sem.survey.wave import Wave

KINDS = ("pearson",)
INDICES = ("GEB",)
"""Batteries whose mean is an index: using one medium is no symptom of the same cause as using another."""


@dataclass(frozen=True)
class Correlations:
    """Correlations of items, and how many answers they rest on.

    Attributes
    ----------
    items : (p,)
        Names.
    R : (p, p)
        Correlations, positive definite.
    n
        Respondents; 0 if unknown.
    left_out
        Respondents left out for a missing answer.
    kind
        "pearson", or what the caller says that the matrix holds.
    """

    items: tuple[str, ...]
    R: Array
    n: int
    left_out: int = 0
    kind: str = "pearson"

    @property
    def frame(self) -> pd.DataFrame:
        """The matrix with its names."""
        return pd.DataFrame(self.R, index=list(self.items), columns=list(self.items))


def answers(source: Wave | pd.DataFrame, items: Sequence[str] | None = None) -> pd.DataFrame:
    """The items as numbers, one row a respondent who was asked them; NaN is a missing answer.

    Parameters
    ----------
    source
        A wave, or any table.
    items
        Columns; None for all columns of a table. A wave has no such default.

    Raises
    ------
    WaveError
        A column is absent or holds text.
    OptionError
        Neither a wave nor a table, or a wave without items.
    """
    if isinstance(source, Wave):
        if items is None:
            raise OptionError("items must name columns of the wave; got None.")
        source = source.frame([*items])
    if not isinstance(source, pd.DataFrame):
        raise OptionError(f"answers must be a Wave or a pandas DataFrame; got {type(source).__name__}.")
    chosen = [*source.columns] if items is None else [*items]
    if not chosen:
        raise OptionError("items must name at least one column; got none.")
    return numeric(source, chosen)


def batteries(wave: Wave) -> dict[str, tuple[str, ...]]:
    """The wave's scales: every battery of three or more ordinal questions, but for the indices."""
    found: dict[str, list[str]] = {}
    for item in wave.codebook.items:
        if item.measure == "ordinal" and item.battery not in INDICES:
            found.setdefault(item.battery, []).append(item.id)
    return {name: tuple(items) for name, items in found.items() if len(items) > 2}


def scales(
    source: Wave | pd.DataFrame, constructs: Mapping[str, Sequence[str]] | None = None
) -> dict[str, tuple[str, ...]]:
    """Constructs and their items: as given, else the wave's batteries, else all columns as one scale.

    Raises
    ------
    OptionError
        A construct has no items.
    """
    if constructs is None:
        constructs = batteries(source) if isinstance(source, Wave) else {"all": [*answers(source).columns]}
    empty = [name for name, items in constructs.items() if isinstance(items, str) or not len(items)]
    if empty:
        raise OptionError(f"constructs must map each name to a list of items; {', '.join(empty)} does not.")
    return {name: tuple(items) for name, items in constructs.items()}


def correlations(
    source: Wave | pd.DataFrame | Correlations,
    items: Sequence[str] | None = None,
    kind: str = "pearson",
    n: int | None = None,
) -> Correlations:
    """Correlations of the items, from answers or from a matrix of correlations.

    Parameters
    ----------
    source
        A wave; a table of answers, of which the rows with an answer on every item count; or a square table
        of correlations (unit diagonal, same names on both sides), such as polychoric ones.
    items
        Which items, in which order; None for all of a table.
    kind
        How to correlate answers: "pearson".
    n
        Respondents behind a given matrix.

    Raises
    ------
    WaveError
        An item is absent, constant, or determined by others; fewer complete rows than items.
    OptionError
        An unknown kind.
    """
    if isinstance(source, Correlations):
        return _chosen(source.frame, source.items if items is None else items, source.n, source.kind)
    if isinstance(source, pd.DataFrame) and _is_correlation(source):
        return _chosen(source, [*source.columns] if items is None else items, n or 0, kind)
    one_of("correlation", kind, KINDS)
    given = answers(source, items)
    sample = moments(given, [*given.columns])
    sd = np.sqrt(np.diag(sample.cov[0]))
    return Correlations(
        tuple(given.columns), _unit(sample.cov[0] / np.outer(sd, sd)), sample.total, len(given) - sample.total
    )


def _is_correlation(table: pd.DataFrame) -> bool:
    if table.shape[0] != table.shape[1] or [*table.index] != [*table.columns]:
        return False
    try:
        R = table.to_numpy(float)
    except (TypeError, ValueError):
        return False
    return bool(np.allclose(np.diag(R), 1) and np.allclose(R, R.T) and np.abs(R).max() < 1 + 1e-8)


def _chosen(table: pd.DataFrame, items: Sequence[str], n: int, kind: str) -> Correlations:
    for name in items:
        if name not in table.columns:
            raise WaveError(f"the correlations hold no item `{name}`.{closest(name, map(str, table.columns))}")
    R = _unit(table.loc[[*items], [*items]].to_numpy(float))
    if not is_positive_definite(R):
        raise WaveError(
            f"the {kind} correlations of {', '.join(map(str, items))} are not positive definite: an item is determined "
            "by others, or pairs rest on too few answers. Leave one out, or smooth the matrix."
        )
    return Correlations(tuple(items), R, n, kind=kind)


def _unit(R: Array) -> Array:
    R = (R + R.T) / 2
    np.fill_diagonal(R, 1.0)
    return R


def correlation_of(cov: Array) -> Array:
    """Correlations of covariances (..., k, k)."""
    sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    return np.asarray(cov / (sd[..., :, None] * sd[..., None, :]))
