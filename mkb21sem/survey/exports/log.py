"""What was changed on the way from a file to coded answers: nothing is changed that doesn't stand here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

import pandas as pd

LONGEST = 32
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
    """The log with a line for the questions of a battery together.

    Returns
    -------
    DataFrame
        Columns questions, columns, by, answers (each with its code and in how many cells it stood).
    """
    frame = recode_frame(recodes)
    frame["battery"] = frame["item"].str.rstrip("0123456789")
    lines = []
    for _, group in frame.groupby("battery", sort=False):
        told = group[group["answer"] != ""].groupby(["code", "answer"])["count"].sum().reset_index()
        given = zip(told["answer"], told["code"], told["count"], strict=True)
        answers = [f"{answer} → {code} ({count})" for answer, code, count in given]
        by = ", ".join(dict.fromkeys(group["by"]))
        lines.append((_span(group["item"]), _span(group["column"]), by, "; ".join(answers)))
    return pd.DataFrame(lines, columns=["questions", "columns", "by", "answers"])


def _span(names: pd.Series[str]) -> str:
    """One name, or the first and the last of several, shortened in the middle."""
    different = [name if len(name) <= LONGEST else f"{name[:16]}…{name[-14:]}" for name in dict.fromkeys(names)]
    return different[0] if len(different) == 1 else f"{different[0]} – {different[-1]} ({len(different)})"
