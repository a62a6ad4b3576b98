"""Rows of every group below each other, with a column that tells the groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from mkb21sem.report.dossier.inquiry import Inquiry
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words


def grouped(
    name: str,
    found: Sequence[Inquiry],
    rows: Callable[[Inquiry], pd.DataFrame],
    columns: Iterable[Column],
    wide: bool = False,
    shown: Callable[[pd.DataFrame], Sequence[int]] | None = None,
) -> Table:
    """A table of every group's rows; a column tells the groups if there are several.

    Parameters
    ----------
    name
        Of the table, without its ``d_``.
    found
        One inquiry a group.
    rows
        What is shown of each.
    columns
        How.
    wide
        Whether it needs small print.
    shown
        Frame → places of the rows that are shown; None for all.
    """
    parts = [rows(one).assign(respondents=one.group) for one in found]
    full = [part for part in parts if len(part)]
    frame = pd.concat(full, ignore_index=True) if full else parts[0]
    several = len(found) > 1
    frame = frame[["respondents", *(c for c in frame.columns if c != "respondents")]]
    first = [Column("d_group", of=("respondents",))] if several else []
    places = None if shown is None else tuple(shown(frame))
    return Table(
        f"d_{name}", frame if several else frame.drop(columns="respondents"), (*first, *columns), rows=places, wide=wide
    )


def called(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """With the constructs' names for print."""
    made = frame.copy()
    if "construct" in made:
        made["called"] = [words.short(str(name)) if name else words.plain("d_all") for name in made["construct"]]
    if "other" in made:
        made["beside"] = [words.short(str(name)) for name in made["other"]]
    return made
