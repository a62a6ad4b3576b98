"""A number for print: what was found, unrounded, beside how it is shown."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from mkb21sem.report.documents.parts import Num
from mkb21sem.report.results import plain

LANG = "en"
Leaf = dict[str, Any]


def leaf(value: Any, form: str = "bounded2", upper: Any = None) -> Leaf:
    """A number as the manuscript is given it: value, form, upper end of an interval, and the rounded text.

    Parameters
    ----------
    value, upper
        Numbers; anything missing becomes a dash.
    form
        As in `mkb21sem.report.documents.parts.Num`.
    """
    low, high = _number(value), _number(upper)
    shown = Num(low, form, high).shown(LANG)
    return dict(plain({"value": low, "form": form, "upper": high})) | {"shown": shown}


def interval(low: Any, high: Any, form: str = "bounded2") -> Leaf:
    """An interval as one leaf."""
    return leaf(low, f"interval {form}", high)


def shown_again(of: Mapping[str, Any]) -> str:
    """How a leaf should be shown, from its value: for checking what was printed."""
    return Num(_number(of["value"]), of["form"], _number(of["upper"])).shown(LANG)


def leaves(content: Any) -> Iterator[Leaf]:
    """Every leaf in a document of nested tables and lists."""
    if isinstance(content, Mapping):
        if set(content) == {"value", "form", "upper", "shown"}:
            yield dict(content)
        else:
            for each in content.values():
                yield from leaves(each)
    elif isinstance(content, list):
        for each in content:
            yield from leaves(each)


def rows(frame: pd.DataFrame, *columns: Any) -> list[list[Any]]:
    """A frame as rows of cells.

    Parameters
    ----------
    columns
        Each the name of a column of text; or name and form; or two names and a form, for an interval.
    """
    return [[_cell(row, column) for column in columns] for row in frame.to_dict("records")]


def _cell(row: Mapping[Hashable, Any], column: str | Sequence[str]) -> Any:
    if isinstance(column, str):
        value = row[column]
        return "" if value is None or value != value else str(value)
    *names, form = column
    return leaf(row[names[0]], form, row[names[1]] if len(names) > 1 else None)


def _number(value: Any) -> float:
    return math.nan if value is None or pd.isna(value) else float(value)
