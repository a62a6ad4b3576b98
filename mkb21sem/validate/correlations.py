"""From answers to the correlations that every exploratory question starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mkb21sem.errors import OptionError, WaveError, closest, one_of
from mkb21sem.estimate.ordered.polychoric import ordinal_moments
from mkb21sem.estimate.rows import moments, numeric
from mkb21sem.linalg import Array, is_positive_definite
from mkb21sem.survey.wave import Wave

KINDS = ("pearson", "polychoric")
MANY_CATEGORIES = 11
"""An item with more different answers than this is taken as continuous."""
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
        "pearson" or "polychoric", or what the caller says that the matrix holds.
    rows : (n, p)
        The answers behind it; None where only the matrix is known.
    """

    items: tuple[str, ...]
    R: Array
    n: int
    left_out: int = 0
    kind: str = "pearson"
    rows: Array | None = None


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


def batteries(wave: Wave, indices: bool = False) -> dict[str, tuple[str, ...]]:
    """The wave's scales: every battery of three or more ordinal questions that it holds.

    Parameters
    ----------
    indices
        Whether batteries that form an index are wanted as well.
    """
    found: dict[str, list[str]] = {}
    for item in wave.codebook.items:
        if item.measure == "ordinal" and item.id in wave.answers and (indices or item.battery not in INDICES):
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
        How to correlate answers: "pearson", or "polychoric" for ordinal ones (the correlations of what stands
        behind the answers, if that is normal).
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
        return source if items is None else _part(source, items)
    if isinstance(source, pd.DataFrame) and _is_correlation(source):
        whole = Correlations(tuple(source.columns), source.to_numpy(float), n or 0, kind=kind)
        return _part(whole, whole.items if items is None else items)
    one_of("correlation", kind, KINDS)
    given = answers(source, items)
    names = tuple(given.columns)
    sample = moments(given, names)
    rows = sample.rows[0]
    R = correlation_of(sample.cov[0])
    if kind == "polychoric":
        _check_categories(rows, names)
        R = ordinal_moments(rows, [True] * len(names), names=names).cov
    left_out = len(given) - sample.total
    return Correlations(names, positive_definite(R, names, kind), sample.total, left_out, kind, rows)


def _check_categories(rows: Array, names: Sequence[str]) -> None:
    many = [name for name, y in zip(names, rows.T, strict=True) if len(np.unique(y)) > MANY_CATEGORIES]
    if many:
        raise OptionError(
            f"polychoric correlations are for items of at most {MANY_CATEGORIES} different answers; {', '.join(many)} "
            "has more. Take pearson."
        )


def _is_correlation(table: pd.DataFrame) -> bool:
    if table.shape[0] != table.shape[1] or [*table.index] != [*table.columns]:
        return False
    try:
        R = table.to_numpy(float)
    except (TypeError, ValueError):
        return False
    return bool(np.allclose(np.diag(R), 1) and np.allclose(R, R.T) and np.abs(R).max() < 1 + 1e-8)


def _part(of: Correlations, items: Sequence[str]) -> Correlations:
    for name in items:
        if name not in of.items:
            raise WaveError(f"the correlations hold no item `{name}`.{closest(name, map(str, of.items))}")
    at = [of.items.index(name) for name in items]
    R = positive_definite(of.R[np.ix_(at, at)], items, of.kind)
    return Correlations(tuple(items), R, of.n, of.left_out, of.kind, None if of.rows is None else of.rows[:, at])


def positive_definite(R: Array, items: Sequence[str], kind: str) -> Array:
    """The matrix (p, p), made exactly symmetric with a unit diagonal.

    Raises
    ------
    WaveError
        It isn't positive definite.
    """
    R = (R + R.T) / 2
    np.fill_diagonal(R, 1.0)
    if not is_positive_definite(R):
        raise WaveError(
            f"the {kind} correlations of {', '.join(map(str, items))} are not positive definite: an item is determined "
            "by others, or pairs rest on too few answers. Leave an item out, or join rare categories."
        )
    return R


def correlation_of(cov: Array) -> Array:
    """Correlations of covariances (..., k, k)."""
    sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    return np.asarray(cov / (sd[..., :, None] * sd[..., None, :]))
