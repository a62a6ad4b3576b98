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
from mkb21sem.report import beside, intact
from mkb21sem.report.outputs import RESULTS
from mkb21sem.report.results import PROGRAM

APART = ("software", "run", "files", "file", "sha256", "schema")
"""What results.json says of the making, not of the numbers."""
TABLE = ".csv"
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
    whole
        Whether files other than tables were compared too: only where versions, platform and command are the same.
    """

    compared: int
    identical: int
    differences: pd.DataFrame
    software: pd.DataFrame
    whole: bool = True


def record_of(output: Path) -> Path:
    """The file that says what an output was made from: results.json in a folder, the record beside a file."""
    return output / RESULTS if output.is_dir() else beside.place(output)


def stored(output: Path) -> dict[str, Any]:
    """What an output, a folder or a single file, says of itself.

    Raises
    ------
    OptionError
        It is no output that can be made again.
    """
    record = record_of(output)
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or error
        raise OptionError(
            f"{output}: there is no {record.name} that can be read ({why}). Name a folder that {PROGRAM} wrote, or a "
            f"file with its {beside.ENDING} beside it; or get that file back."
        ) from error
    run = content.get("run") if isinstance(content, dict) else None
    known = isinstance(content, dict) and content.get("made_by") == PROGRAM
    if not known or not isinstance(run, dict) or not isinstance(run.get("command"), str) or "line" not in run:
        raise OptionError(
            f"{output}: {record.name} doesn't say which command made it. Name something that {PROGRAM} wrote."
        )
    if not isinstance(content.get("software"), dict):
        raise OptionError(
            f"{output}: {record.name} doesn't say by which versions it was made; it was edited, or is of another "
            "version. Get it back as it was, or make the output again."
        )
    if not isinstance(run.get("options"), dict):
        raise OptionError(
            f"{output}: it was made from Python or by an earlier version, and doesn't say with which options. Call the "
            "same function again and compare."
        )
    if run.get("stopped"):
        raise OptionError(
            f"{output}: the run was stopped by the user; where it was stopped can't be done again. Make it again, to "
            "the end, and verify that."
        )
    return dict(content)


def compared(before: Path, after: Path) -> Again:
    """Compare two outputs, number by number, and files without numbers of their own byte by byte.

    Parameters
    ----------
    before, after
        Folders with results.json and tables; or single files with their records beside them.
    """
    one, other = dict(_numbers(before)), dict(_numbers(after))
    names = [*one, *(name for name in other if name not in one)]
    pairs = [(name, one.get(name, "absent"), other.get(name, "absent")) for name in names]
    then, now = (json.loads(record_of(each).read_text(encoding="utf-8")) for each in (before, after))
    versions = [
        (name, version, now["software"].get(name, "absent"))
        for name, version in then["software"].items()
        if now["software"].get(name) != version
    ]
    made_by, made_now = (str(each["run"].get("program_sha256") or "unknown")[:16] for each in (then, now))
    if made_by != made_now:
        versions.append((f"files of {PROGRAM} (SHA-256)", made_by, made_now))
    whole = not versions and all(then["run"].get(name) == now["run"].get(name) for name in ("platform", "line"))
    apart = [pair for pair in pairs if not _same(*pair[1:])] + (list(_files(before, after)) if whole else [])
    columns = ["name", "then", "now"]
    return Again(
        len(pairs),
        sum(first == second for _, first, second in pairs),
        pd.DataFrame(apart, columns=columns),
        pd.DataFrame(versions, columns=columns),
        whole,
    )


def _files(before: Path, after: Path) -> Iterator[tuple[str, Any, Any]]:
    """Where files that are no tables differ, between two outputs of the same versions."""
    if not before.is_dir():
        if before.suffix.lower() != TABLE:
            yield from intact.differences(before, after, before.name)
        return
    there, again = set(intact.digests(before)), set(intact.digests(after))
    for name in sorted(there | again):
        suffix = Path(name).suffix.lower()
        if name in there and name in again:
            if suffix not in (TABLE, *intact.DATED):
                yield from intact.differences(before / name, after / name, name)
        elif suffix != TABLE:
            yield name, *(("there", "absent") if name in there else ("absent", "there"))


def _numbers(output: Path) -> Iterator[tuple[str, Any]]:
    """Every number and word of an output, under a name that says where it stands."""
    content = json.loads(record_of(output).read_text(encoding="utf-8"))
    for key, value in content.items():
        if key not in APART:
            yield from _flat(value, key)
    if not output.is_dir():
        tables = {output: output.name} if output.suffix.lower() == TABLE else {}
    else:
        tables = {path: path.relative_to(output).as_posix() for path in sorted(output.rglob(f"*{TABLE}"))}
    for path, name in tables.items():
        yield from _cells(path, name)


def _cells(path: Path, name: str) -> Iterator[tuple[str, Any]]:
    """Every cell of a table; numbers as numbers, with the decimal mark of the table's language."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
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
