"""From a table of answers to sample moments, with every row that is left out counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from mkb21sem.errors import FitError, WaveError, closest
from mkb21sem.estimate.incomplete.patterns import patterns, saturated_moments
from mkb21sem.estimate.moments import Moments
from mkb21sem.estimate.ordered.conditional import conditional_moments
from mkb21sem.estimate.ordered.polychoric import ordinal_moments
from mkb21sem.linalg import Array

MISSING = ("listwise", "fiml", "pairwise")
SMALL, LARGE = 1e-60, 1e60
"""Sizes of the numbers of a column; their fourth powers are formed."""


def moments(
    frame: pd.DataFrame,
    names: Sequence[str],
    group: str | None = None,
    *,
    missing: str = "listwise",
    weights: str | None = None,
    complete: Sequence[str] = (),
    ordered: Sequence[str] = (),
) -> Moments:
    """Means and covariances (divisor n) of a table's rows.

    Parameters
    ----------
    frame
        One row a respondent; NaN is a missing answer.
    names
        Variables of the model.
    group
        Column that tells the groups; None for one sample.
    missing
        ``listwise`` uses the rows with an answer on every variable; ``fiml`` every row with an answer, the
        moments then being those that maximise the saturated normal likelihood.
    weights
        Column of sampling weights, brought to mean 1.
    complete
        Variables that must be answered also under ``fiml``: observed exogenous ones.
    ordered
        Variables that are ordinal; with them ``pairwise`` uses every pair of answers.

    Raises
    ------
    WaveError
        A variable is absent, holds text or infinite values, is constant, or equals another one; a weight is
        missing or not positive.
    FitError
        Too few complete rows.
    """
    numbers = numeric(frame, [*names])
    labels = _group_labels(frame, group)
    weight = _weights(frame, weights)
    answered = numbers.notna()
    use, left_out = _usable(answered, labels, missing, complete)
    groups = tuple(dict.fromkeys(labels[use]))
    members = [use & (labels == g) for g in groups]
    rows = tuple(numbers[member].to_numpy(float) for member in members)
    scale = float(weight[use].mean()) if use.any() else 1.0
    w = tuple(weight[member].to_numpy() / scale for member in members) if weights else ()
    check_rows(rows, names, groups)
    n = np.array([len(y) for y in rows])
    if ordered:
        return _ordinal(rows, tuple(names), groups, n, left_out, ordered, missing, tuple(complete))
    if missing == "fiml":
        _check_together(rows, names, groups)
        found = tuple(patterns(y, w[g] if w else None) for g, y in enumerate(rows))
        mean, cov, converged = saturated_moments(rows, w)
        _check_saturated(converged, groups)
        return Moments(cov, n, mean, tuple(names), groups, False, rows, left_out, w, found)
    mean = np.array([np.average(y, axis=0, weights=w[g] if w else None) for g, y in enumerate(rows)])
    cov = np.array([_covariance(y, m, w[g] if w else None) for g, (y, m) in enumerate(zip(rows, mean, strict=True))])
    return Moments(cov, n, mean, tuple(names), groups, False, rows, left_out, w)


def _ordinal(
    rows: tuple[Array, ...],
    names: tuple[str, ...],
    groups: tuple[str, ...],
    n: npt.NDArray[np.int64],
    left_out: tuple[tuple[str, int], ...],
    ordered: Sequence[str],
    missing: str,
    causes: tuple[str, ...],
) -> Moments:
    """Moments with ordinal items, given observed causes: thresholds, polychorics and their asymptotic covariance."""
    flags = np.array([name in ordered for name in names])
    rows, remarks = _common_categories(rows, names, flags, groups)
    if causes:
        return _given(rows, names, groups, n, left_out, flags, missing, causes, remarks)
    found = tuple(ordinal_moments(y, flags, missing=missing, names=names) for y in rows)
    mean, cov = np.array([one.mean for one in found]), np.array([one.cov for one in found])
    return Moments(cov, n, mean, names, groups, False, rows, left_out, ordinal=found, remarks=remarks)


def _given(
    rows: tuple[Array, ...],
    names: tuple[str, ...],
    groups: tuple[str, ...],
    n: npt.NDArray[np.int64],
    left_out: tuple[tuple[str, int], ...],
    flags: npt.NDArray[np.bool_],
    missing: str,
    causes: tuple[str, ...],
    remarks: tuple[str, ...],
) -> Moments:
    """Moments of the outcomes given the causes; cov and mean of all variables are put together from them."""
    y = [j for j, name in enumerate(names) if name not in causes]
    x = [names.index(name) for name in causes]
    outcomes = [names[j] for j in y]
    found = tuple(
        conditional_moments(one[:, y], one[:, x], flags[y], missing=missing, names=outcomes, causes=causes)
        for one in rows
    )
    p = len(names)
    mean, cov = np.zeros((len(rows), p)), np.zeros((len(rows), p, p))
    for g, one in enumerate(found):
        cross = one.slopes @ one.x_cov
        cov[g][np.ix_(y, y)] = one.cov + cross @ one.slopes.T
        cov[g][np.ix_(y, x)], cov[g][np.ix_(x, y)] = cross, cross.T
        cov[g][np.ix_(x, x)], mean[g, x] = one.x_cov, one.x_mean
        mean[g, y] = one.mean + one.slopes @ one.x_mean
    return Moments(cov, n, mean, names, groups, False, rows, left_out, ordinal=found, causes=causes, remarks=remarks)


def _common_categories(
    rows: tuple[Array, ...], names: tuple[str, ...], flags: npt.NDArray[np.bool_], groups: tuple[str, ...]
) -> tuple[tuple[Array, ...], tuple[str, ...]]:
    """Join a category that some group never used with the next lower one that all groups used.

    Thresholds can be compared over groups only if every group has the same ones. Below the lowest common category
    there is nothing to join with, so those answers count as the lowest common one.
    """
    remarks = []
    out = [y.copy() for y in rows]
    for j in np.flatnonzero(flags) if len(rows) > 1 else ():
        used = [set(y[np.isfinite(y[:, j]), j]) for y in rows]
        common = np.array(sorted(set.intersection(*used)))
        if len(common) < 2:
            raise WaveError(
                f"`{names[j]}`: the groups have fewer than two answers in common, so its thresholds can't be compared. "
                "Leave it out, or fit the groups apart."
            )
        for code in sorted(set.union(*used) - set(common)):
            to = common[max(int(np.searchsorted(common, code)) - 1, 0)]
            without = ", ".join(group for group, codes in zip(groups, used, strict=True) if code not in codes)
            remarks.append(f"{names[j]}: answer {code:g} has no respondents in group {without}; joined with {to:g}.")
            for y in out:
                y[y[:, j] == code, j] = to
    return tuple(out), tuple(remarks)


def _covariance(y: Array, mean: Array, w: Array | None) -> Array:
    z = y - mean
    return np.asarray((z if w is None else z * w[:, None]).T @ z / (len(y) if w is None else w.sum()))


def _usable(
    answered: pd.DataFrame, labels: pd.Series[str], missing: str, complete: Sequence[str]
) -> tuple[pd.Series[bool], tuple[tuple[str, int], ...]]:
    """Which rows are used, and how many are left out for which reason."""
    known = labels.notna()
    if missing == "pairwise":
        some = answered.any(axis=1)
        reasons = [("no group", ~known), ("no answer on any variable of the model", known & ~some)]
        use = known & some
    elif missing == "fiml":
        some, exogenous = answered.any(axis=1), answered[list(complete)].all(axis=1)
        reasons = [
            ("no group", ~known),
            ("no answer on any variable of the model", known & ~some),
            ("a missing answer on an exogenous variable", known & some & ~exogenous),
        ]
        use = known & some & exogenous
    else:
        use = known & answered.all(axis=1)
        reasons = [("no group", ~known), ("a missing answer (listwise deletion)", known & ~use)]
    return use, tuple((reason, int(rows.sum())) for reason, rows in reasons if rows.any())


def _weights(frame: pd.DataFrame, weights: str | None) -> pd.Series[float]:
    if weights is None:
        return pd.Series(1.0, index=frame.index)
    column = numeric(frame, [weights])[weights]
    wrong = ~(column > 0)
    if wrong.any():
        first = frame.index[int(wrong.to_numpy().argmax())]
        raise WaveError(f"weights `{weights}`, row {first}: a weight must be a positive number.")
    return column


def _check_together(rows: Sequence[Array], names: Sequence[str], groups: Sequence[str]) -> None:
    """Refuse items that no row answered together: nothing tells their covariance."""
    for y, group in zip(rows, groups, strict=True):
        answered = np.isfinite(y).astype(float)
        apart = np.argwhere(np.triu(answered.T @ answered == 0, 1))
        if len(apart):
            listed = ", ".join(f"{names[i]} with {names[j]}" for i, j in apart[:5])
            raise FitError(
                f"no row{f' of group {group}' if group else ''} answered {listed}"
                f"{f' and {len(apart) - 5} more pairs' if len(apart) > 5 else ''}: nothing tells how they covary. "
                "Leave one of each pair out."
            )


def _check_saturated(converged: npt.NDArray[np.bool_], groups: Sequence[str]) -> None:
    for group, arrived in zip(groups, converged, strict=True):
        if not arrived:
            where = f" of group {group}" if group else ""
            raise FitError(
                f"the saturated moments{where} under missing answers can't be found: some pair of items is hardly "
                "ever answered together, or an item hardly at all. Leave such items out."
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
    twice = () if frame.columns.is_unique else set(frame.columns[frame.columns.duplicated()])
    repeated = [name for name in present if name in twice]
    problems += [f"the table has more than one column `{name}`; keep one." for name in repeated]
    if problems:
        raise WaveError("\n".join(problems))
    chosen = frame[present]
    if all(isinstance(kind, np.dtype) and kind.kind in "biuf" for kind in chosen.dtypes):
        values = chosen.to_numpy(float)
        if not np.isinf(values).any():
            return _checked_units(pd.DataFrame(values, index=frame.index, columns=present))
    columns: dict[str, pd.Series[float]] = {}
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
    return _checked_units(pd.DataFrame(columns, index=frame.index))


def _checked_units(numbers: pd.DataFrame) -> pd.DataFrame:
    """Refuse numbers whose fourth power a computer can't hold: sums of them would be infinite, or nothing."""
    if numbers.empty:
        return numbers
    size = np.nanmax(np.abs(numbers.to_numpy(float)), axis=0, initial=0.0)
    absurd = [
        f"column `{name}`: its largest value is {value:.3g}; expected between {SMALL:g} and {LARGE:g}. Use other units."
        for name, value in zip(numbers.columns, size, strict=True)
        if value > LARGE or 0 < value < SMALL
    ]
    if absurd:
        raise WaveError("\n".join(absurd))
    return numbers


def _group_labels(frame: pd.DataFrame, group: str | None) -> pd.Series[str]:
    if group is None:
        return pd.Series("", index=frame.index)
    if group not in frame.columns:
        raise WaveError(f"group: the table has no column `{group}`.{closest(group, map(str, frame.columns))}")
    return frame[group].map(lambda value: value if pd.isna(value) else str(value))


def check_rows(rows: Sequence[Array], names: Sequence[str], groups: Sequence[str]) -> None:
    """Refuse what no covariance matrix can be made of, naming the item.

    Raises
    ------
    WaveError
        A constant variable, or variables that determine each other exactly.
    FitError
        No rows, or not more rows than variables.
    """
    if not rows:
        raise FitError("no row has an answer on every variable of the model; nothing can be fitted.")
    for y, group in zip(rows, groups, strict=True):
        where = f" in group {group}" if group else ""
        if len(y) <= len(names):
            raise FitError(
                f"{len(y)} usable rows{where} for {len(names)} variables: a covariance matrix needs more rows than "
                "variables. Use a smaller model, or a larger sample."
            )
        silent = np.asarray(np.isnan(y).all(axis=0))
        unanswered = [name for name, none in zip(names, silent, strict=True) if none]
        if unanswered:
            raise WaveError(f"no answer at all{where}: {', '.join(unanswered)}. Leave it out of the model.")
        spread = np.nanstd(y, axis=0)
        size = np.maximum(np.nanmax(np.abs(y), axis=0), 1e-300)
        constant = [name for name, flat in zip(names, spread <= 1e-12 * size, strict=True) if flat]
        if constant:
            raise WaveError(f"constant{where}: {', '.join(constant)}. Everyone gave the same answer; leave it out.")
        complete = y[np.isfinite(y).all(axis=1)]
        # Among incomplete rows, a few complete ones that are alike determine nothing.
        if len(complete) == len(y) or len(np.unique(complete, axis=0)) > len(names):
            _check_copies(complete, names, where)


def _check_copies(y: Array, names: Sequence[str], where: str) -> None:
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.corrcoef(y, rowvar=False).reshape(len(names), -1)
    if not np.isfinite(correlation).all():
        return
    smallest, vector = np.linalg.eigh(correlation)
    if smallest[0] > 1e-10:
        return
    weights = np.abs(vector[:, 0])
    involved = [name for name, weight in zip(names, weights, strict=True) if weight > 0.1 * weights.max()]
    raise WaveError(
        f"collinear{where}: {', '.join(involved)} determine each other exactly (one is a copy or a sum of others). "
        "Leave one of them out."
    )
