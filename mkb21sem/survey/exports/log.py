"""What was changed on the way from a file to coded answers: nothing is changed that doesn't stand here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

import pandas as pd

COLUMNS = ("column", "item", "by", "answer", "code", "count")


@dataclass(frozen=True, slots=True)
class Recode:
    """One answer of one column that was given a code, or a column that was read as a question.

    Parameters
    ----------
    column
        The column as the file names it.
    item
        The question.
    by
        How it was told: "name", "label" or "mapping" for a column; "label", "box" or "mapping" for an answer.
    answer
        The answer as the file has it; empty for the column itself.
    code
        Its code; None for the column itself.
    count
        In how many cells.
    """

    column: str
    item: str
    by: str
    answer: str
    code: int | None
    count: int


def recode_frame(recodes: Iterable[Recode]) -> pd.DataFrame:
    """The log as a table: column, item, by, answer, code, count."""
    frame = pd.DataFrame([astuple(each) for each in recodes], columns=list(COLUMNS))
    return frame.astype({"code": "Int64", "count": "int64"})


def recode_summary(recodes: Iterable[Recode]) -> pd.DataFrame:
    """The log with the questions of a battery taken together: items, columns, by, answer, code, count."""
    frame = recode_frame(recodes)
    frame["battery"] = frame["item"].str.rstrip("0123456789")
    grouped = frame.groupby(["battery", "by", "answer", "code"], sort=False, dropna=False)
    lines = [
        (_span(group["item"]), _span(group["column"]), by, answer, code, int(group["count"].sum()))
        for (_, by, answer, code), group in grouped
    ]
    table = pd.DataFrame(lines, columns=["items", "columns", "by", "answer", "code", "count"])
    return table.astype({"code": "Int64"})


def _span(names: pd.Series[str]) -> str:
    """One name, or the first and the last of several."""
    different = list(dict.fromkeys(names))
    return different[0] if len(different) == 1 else f"{different[0]} … {different[-1]} ({len(different)})"
