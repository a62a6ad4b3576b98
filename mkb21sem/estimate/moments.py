"""The sample's side: rows in, moments out, with every row that is left out counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mkb21sem.errors import FitError, WaveError, closest
from mkb21sem.linalg import Array


@dataclass(frozen=True)
class Moments:
    """Sample moments of one or more groups.

    Attributes
    ----------
    names : (p,)
        Observed variables.
    groups : (g,)
        Group names; one empty name for a single sample.
    n : (g,)
        Rows used.
    cov : (g, p, p)
        Covariances with divisor n.
    mean : (g, p)
        Means; NaN where only covariances were given.
    rows : g times (n, p)
        The values themselves; empty where only moments were given.
    left_out
        Rows that were not used, by reason.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    n: npt.NDArray[np.int64]
    cov: Array
    mean: Array
    rows: tuple[Array, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> int:
        """Rows of all groups together."""
        return int(self.n.sum())

    @property
    def share(self) -> Array:
        """n_g / N, (g,)."""
        return np.asarray(self.n / self.n.sum())

    def augmented(self, meanstructure: bool) -> Array:
        """The moment matrix that the layout speaks of: cov, or [[cov + mm', m], [m', 1]], (g, p, p)."""
        if not meanstructure:
            return self.cov
        p = len(self.names)
        out = np.ones((len(self.groups), p + 1, p + 1))
        out[:, :p, :p] = self.cov + self.mean[:, :, None] * self.mean[:, None, :]
        out[:, :p, p] = out[:, p, :p] = self.mean
        return out


def moments(frame: pd.DataFrame, names: Sequence[str], group: str | None = None) -> Moments:
    """Means and covariances (divisor n) of the rows with an answer on every variable.

    Parameters
    ----------
    frame
        One row a respondent; NaN is a missing answer.
    names
        Variables of the model.
    group
        Column that tells the groups; None for one sample.

    Raises
    ------
    WaveError
        A variable is absent, holds text or infinite values, is constant, or equals another one.
    FitError
        Too few complete rows.
    """
    numbers = numeric(frame, [*names])
    labels = _group_labels(frame, group)
    complete = numbers.notna().all(axis=1) & labels.notna()
    left_out = [("a missing answer (listwise deletion)", int((~complete).sum()))]
    groups = tuple(dict.fromkeys(labels[complete]))
    rows = tuple(numbers[complete & (labels == g)].to_numpy(float) for g in groups)
    _check_rows(rows, names, groups)
    return Moments(
        tuple(names),
        groups,
        np.array([len(y) for y in rows]),
        np.array([np.cov(y, rowvar=False, ddof=0).reshape(len(names), -1) for y in rows]),
        np.array([y.mean(axis=0) for y in rows]),
        rows,
        tuple(reason for reason in left_out if reason[1]),
    )


def numeric(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The columns as numbers.

    Raises
    ------
    WaveError
        Listing every absent column, every text and every infinite value, with its row.
    """
    problems = [
        f"the model asks for `{name}`; the table has no such column.{closest(name, map(str, frame.columns))}"
        for name in names
        if name not in frame.columns
    ]
    present = [name for name in names if name in frame.columns]
    repeated = [name for name in present if (frame.columns == name).sum() > 1]
    problems += [f"the table has more than one column `{name}`; keep one." for name in repeated]
    if problems:
        raise WaveError("\n".join(problems))
    columns = {}
    for name in present:
        given = frame[name]
        column = pd.to_numeric(given, errors="coerce").astype(float)
        wrong = (column.isna() & given.notna()) | np.isinf(column)
        if wrong.any():
            first = int(wrong.to_numpy().argmax())
            problems.append(
                f"column `{name}`, row {frame.index[first]}: {given.iloc[first]!r} is not a finite number "
                f"({int(wrong.sum())} such value(s)). Correct it, or name it as a missing code."
            )
        columns[name] = column
    if problems:
        raise WaveError("\n".join(problems))
    return pd.DataFrame(columns, index=frame.index)


def _group_labels(frame: pd.DataFrame, group: str | None) -> pd.Series[str]:
    if group is None:
        return pd.Series("", index=frame.index)
    if group not in frame.columns:
        raise WaveError(f"group: the table has no column `{group}`.{closest(group, map(str, frame.columns))}")
    return frame[group].map(lambda value: value if pd.isna(value) else str(value))


def _check_rows(rows: Sequence[Array], names: Sequence[str], groups: Sequence[str]) -> None:
    """Refuse what no covariance matrix can be made of, naming the item."""
    if not rows:
        raise FitError("no row has an answer on every variable of the model; nothing can be fitted.")
    for y, group in zip(rows, groups, strict=True):
        where = f" in group {group}" if group else ""
        if len(y) <= len(names):
            raise FitError(
                f"{len(y)} complete rows{where} for {len(names)} variables: a covariance matrix needs more rows than "
                "variables. Use a smaller model, or a larger sample."
            )
        spread = y.std(axis=0)
        size = np.maximum(np.abs(y).max(axis=0), 1e-300)
        constant = [name for name, flat in zip(names, spread <= 1e-12 * size, strict=True) if flat]
        if constant:
            raise WaveError(f"constant{where}: {', '.join(constant)}. Everyone gave the same answer; leave it out.")
        _check_copies(y, names, where)


def _check_copies(y: Array, names: Sequence[str], where: str) -> None:
    correlation = np.corrcoef(y, rowvar=False).reshape(len(names), -1)
    smallest, vector = np.linalg.eigh(correlation)
    if smallest[0] > 1e-10:
        return
    weights = np.abs(vector[:, 0])
    involved = [name for name, weight in zip(names, weights, strict=True) if weight > 0.1 * weights.max()]
    raise WaveError(
        f"collinear{where}: {', '.join(involved)} determine each other exactly (one is a copy or a sum of others). "
        "Leave one of them out."
    )
