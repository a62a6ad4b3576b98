"""Whether two outputs of the same command have the same numbers, and which of them differ."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mkb21sem.errors import OptionError
from mkb21sem.report.outputs import RESULTS
from mkb21sem.report.results import PROGRAM

APART = ("software", "run", "files", "schema")
"""What results.json says of the making, not of the numbers."""
SAME = 1e-8
"""Relative difference up to which two numbers are the same: another processor rounds otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class Again:
    """An output made twice.

    Attributes
    ----------
    compared
        Numbers and words that were compared, in results.json and in every table.
    identical
        How many of them are the same to the last digit.
    differences
        name then now, one row for each that is not the same.
    software
        name then now of what has another version by now.
    """

    compared: int
    identical: int
    differences: pd.DataFrame
    software: pd.DataFrame


def stored(folder: Path) -> dict[str, Any]:
    """What an output says of itself.

    Raises
    ------
    OptionError
        The folder holds no output that can be made again.
    """
    try:
        content = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise OptionError(f"{folder}: there is no {RESULTS} that can be read ({error}).") from error
    run = content.get("run") if isinstance(content, dict) else None
    if not isinstance(run, dict) or content.get("made_by") != PROGRAM or not isinstance(run.get("command"), str):
        raise OptionError(f"{folder}: {RESULTS} doesn't say which command made it. Name a folder that {PROGRAM} wrote.")
    if not isinstance(run.get("options"), dict):
        raise OptionError(
            f"{folder}: it was made from Python or by an earlier version, and doesn't say with which options. Call the "
            "same function again and compare."
        )
    if run.get("stopped"):
        raise OptionError(f"{folder}: the run was stopped by the user; where it was stopped can't be done again.")
    return dict(content)


def compared(before: Path, after: Path) -> Again:
    """Compare two outputs, number by number.

    Parameters
    ----------
    before, after
        Folders with results.json and tables.
    """
    one, other = dict(_numbers(before)), dict(_numbers(after))
    names = [*one, *(name for name in other if name not in one)]
    pairs = [(name, one.get(name, "absent"), other.get(name, "absent")) for name in names]
    then, now = (json.loads((folder / RESULTS).read_text(encoding="utf-8")) for folder in (before, after))
    versions = [
        (name, version, now["software"].get(name, "absent"))
        for name, version in then.get("software", {}).items()
        if now["software"].get(name) != version
    ]
    columns = ["name", "then", "now"]
    return Again(
        len(pairs),
        sum(first == second for _, first, second in pairs),
        pd.DataFrame([pair for pair in pairs if not _same(*pair[1:])], columns=columns),
        pd.DataFrame(versions, columns=columns),
    )


def _numbers(folder: Path) -> Iterator[tuple[str, Any]]:
    """Every number and word of an output, under a name that says where it stands."""
    content = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    for key, value in content.items():
        if key not in APART:
            yield from _flat(value, key)
    for path in sorted(folder.rglob("*.csv")):
        yield from _cells(path, path.relative_to(folder).as_posix())


def _cells(path: Path, name: str) -> Iterator[tuple[str, Any]]:
    """Every cell of a table; numbers as numbers, with the decimal mark of the table's language."""
    text = path.read_text(encoding="utf-8-sig")
    head = text.partition("\n")[0]
    between = ";" if head.count(";") > head.count(",") else ","
    rows = list(csv.reader(text.splitlines(), delimiter=between))
    heads = rows[0] if rows else []
    yield f"{name}: columns", between.join(heads)
    for number, row in enumerate(rows[1:], start=2):
        for at, cell in enumerate(row):
            told = heads[at] if at < len(heads) else str(at + 1)
            yield f"{name}, row {number}, {told}", _value(cell, between == ";")


def _value(cell: str, comma: bool) -> float | str:
    try:
        return float(cell.replace(",", ".") if comma else cell)
    except ValueError:
        return cell


def _flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flat(each, f"{name}.{key}")
    elif isinstance(value, list):
        titles = [_title(each, at) for at, each in enumerate(value)]
        for at, (title, each) in enumerate(zip(titles, value, strict=True)):
            yield from _flat(each, f"{name}.{title if titles.count(title) == 1 else at}")
    else:
        yield name, value


def _title(value: Any, at: int) -> str:
    """What a row of a table is called: its arrow and group, or its id."""
    if isinstance(value, Mapping):
        if "op" in value:
            return f"{value.get('lhs')} {value['op']} {value.get('rhs')}".strip() + (
                f" [{value['group']}]" if value.get("group") else ""
            )
        return str(value.get("id", value.get("variable", at)))
    return str(at)


def _same(one: Any, other: Any) -> bool:
    numbers = isinstance(one, (int, float)) and isinstance(other, (int, float))
    if numbers and not isinstance(one, bool) and not isinstance(other, bool):
        both_absent = one != one and other != other
        return bool(one == other or both_absent or abs(one - other) <= SAME * max(abs(one), abs(other), 1.0))
    return bool(one == other)
