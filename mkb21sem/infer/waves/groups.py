"""The answers of several waves or groups in one table, with what had to be left out said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from mkb21sem.errors import FitError, OptionError, WaveError, closest
from mkb21sem.estimate.choice import CATEGORIES, SKEWNESS
from mkb21sem.infer.waves.rungs import measurement, without
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from mkb21sem.survey.waves import WAVE, Waves

Source = Waves | Wave | pd.DataFrame
FEWEST_ITEMS = 3
"""Items that a construct needs to be compared: with fewer, one wave alone can't measure it."""


@dataclass(frozen=True)
class Groups:
    """What is compared.

    Attributes
    ----------
    model
        The measurement part, without items that some wave lacks.
    frame
        Answers and the group, a row a respondent.
    group
        Column of the group.
    ordered
        Items that are taken as ordinal; empty for the continuous ladder.
    missing
        As for `fit`.
    remarks
        What was left out and why.
    times
        Of the waves; empty for other groups.
    synthetic
        Whether any of the answers were drawn from a model.
    """

    model: Model
    frame: pd.DataFrame
    group: str
    ordered: tuple[str, ...]
    missing: str
    remarks: tuple[str, ...] = ()
    times: tuple[float, ...] = ()
    synthetic: bool = False


def grouped(
    model: Model, waves: Source, group: str, ordinal: bool | Sequence[str] | None, missing: str | None
) -> Groups:
    """Answers to the model's items by group, and the model that they can be asked about.

    Raises
    ------
    OptionError
        No such source, fewer than two groups, or a model without constructs.
    WaveError
        The table lacks a column, or waves share too few items.
    FitError
        A group is too small for the model.
    """
    part = measurement(model)
    part, remarks = _shared(part, waves)
    frame = _frame(part, waves, group)
    frame = labelled(frame, group, inside=isinstance(waves, Wave))
    _check_sizes(frame, group, part)
    items = list(part.observed)
    some = bool(frame[items].isna().any(axis=None))
    ordered = _ordered(part, frame, ordinal)
    way = missing or ({True: "pairwise", False: "fiml"}[bool(ordered)] if some else "listwise")
    times = waves.times if isinstance(waves, Waves) and group == WAVE else ()
    made_up = isinstance(waves, Waves | Wave) and waves.synthetic
    before = waves.remarks if isinstance(waves, Waves) else ()
    return Groups(part, frame, group, ordered, way, before + remarks, times, made_up)


def labelled(frame: pd.DataFrame, group: str, inside: bool) -> pd.DataFrame:
    """The table with names in place of the group's codes: `1`, or `ZZP = 1` for a grouping inside a wave."""
    names = [None if pd.isna(v) else f"{v:g}" if isinstance(v, float) else str(v) for v in frame[group]]
    out = frame.copy()
    out[group] = [f"{group} = {name}" if inside and name is not None else name for name in names]
    return out


def _shared(part: Model, waves: Source) -> tuple[Model, tuple[str, ...]]:
    """The model without items that a wave lacks; a construct with fewer than three left goes as a whole."""
    if not isinstance(waves, Waves):
        return part, ()
    lacking = {item: waves.without(item) for item in part.observed if waves.without(item)}
    remarks = [f"{item}: not comparable in {', '.join(names)}; left out of all." for item, names in lacking.items()]
    gone = set(lacking)
    for construct, items in part.indicators.items():
        left = [item for item in items if item not in lacking]
        if len(left) < min(FEWEST_ITEMS, len(items)):
            gone |= set(items)
            remarks.append(
                f"{construct}: {len(left)} comparable item(s) left, at least {FEWEST_ITEMS} needed; left out."
            )
    if len(gone) == len(part.observed):
        raise WaveError("the waves share too few of the model's items.\n" + "\n".join(remarks))
    return (without(part, sorted(gone)) if gone else part), tuple(remarks)


def _frame(part: Model, waves: Source, group: str) -> pd.DataFrame:
    items = list(part.observed)
    if isinstance(waves, Waves):
        return waves.frame(items if group == WAVE else [*items, group])
    if isinstance(waves, Wave):
        if group == WAVE:
            raise OptionError("one wave has no waves to compare: name a grouping inside it, such as group='ZZP'.")
        return waves.frame([*items, group])
    if not isinstance(waves, pd.DataFrame):
        raise OptionError(f"waves must be Waves, a Wave or a pandas DataFrame; got {type(waves).__name__}.")
    for name in (*items, group):
        if name not in waves.columns:
            raise WaveError(f"the table has no column `{name}`.{closest(name, map(str, waves.columns))}")
    return waves[[*items, group]]


def _check_sizes(frame: pd.DataFrame, group: str, part: Model) -> None:
    """Refuse a single group, and groups with fewer respondents than items."""
    sizes = frame[group].value_counts(sort=False)
    if len(sizes) < 2:
        raise OptionError(f"group `{group}` tells {len(sizes)} group(s) apart; at least two are needed to compare.")
    p = len(part.observed)
    small = [f"{name} ({n})" for name, n in sizes.items() if n <= p]
    if small:
        raise FitError(
            f"too few respondents to compare {p} items: {', '.join(small)}. Each group needs more respondents than "
            "items; leave it out, join it with another, or take a model with fewer items."
        )


def _ordered(part: Model, frame: pd.DataFrame, ordinal: bool | Sequence[str] | None) -> tuple[str, ...]:
    if ordinal is None:
        answers = frame[list(part.observed)]
        few = (answers.nunique() < CATEGORIES) | (answers.skew().abs() > SKEWNESS)
        return part.observed if bool(few.any()) and bool((answers.nunique() <= 10).all()) else ()
    if isinstance(ordinal, bool):
        return part.observed if ordinal else ()
    names = (ordinal,) if isinstance(ordinal, str) else tuple(ordinal)
    for name in names:
        if name not in part.observed:
            raise OptionError(f"ordinal: `{name}` is no item of the model.{closest(name, part.observed)}")
    return tuple(name for name in part.observed if name in names)
