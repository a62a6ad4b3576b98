"""What the command line prints: a fit, and tables that fit a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table as Grid

from mkb21sem.report import numbers

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd

    from mkb21sem.estimate.chisquare import Test
    from mkb21sem.report.quick import Quick
    from mkb21sem.report.table import Table
    from mkb21sem.report.words import Words

COUNTS = ("df", "npar", "ntotal", "baseline.df", "df.scaled", "baseline.df.scaled")
"""Indices that are whole numbers."""


def console(stderr: bool = False) -> Console:
    """A terminal that never breaks off because of a character it can't show."""
    return Console(stderr=stderr, highlight=False, soft_wrap=stderr)


def print_fit(done: Quick) -> None:
    """Fit line, rows left out, indices and estimates."""
    shown, found = console(), done.found
    shown.print(str(found), markup=False, style="bold" if found.converged else "bold red", soft_wrap=True)
    for note in done.table.notes:
        shown.print(note, markup=False, soft_wrap=True)
    for reason, count in found.moments.left_out:
        shown.print(f"{count} row(s) left out: {reason}.", markup=False, soft_wrap=True)
    if not found.converged:
        return
    if found.cause:
        shown.print(found.cause, markup=False, style="yellow", soft_wrap=True)
    for remark in found.moments.remarks:
        shown.print(remark, markup=False, soft_wrap=True)
    if found.scaled is not None:
        shown.print(_scaled(found.scaled), markup=False, soft_wrap=True)
    values = done.indices.dropna()
    wide(plain_grid("Fit", values.rename_axis("index").reset_index(name="value")))
    estimates = found.table()
    unused = [name for name in ("group", "label") if (estimates[name] == "").all()]
    wide(plain_grid("Estimates", estimates.drop(columns=unused)))


def _scaled(test: Test) -> str:
    """The scaled test, by name; why not, if there is none."""
    if test.reason:
        return f"{test.name}: none ({test.reason})."
    df = f"{test.df:.0f}" if float(test.df).is_integer() else f"{test.df:.2f}"
    return f"{test.name}: chi-square({df}) = {test.chisq:.3f}, p = {test.pvalue:.3f}, factor {test.scaling:.3f}"


def grid(table: Table, words: Words, columns: Sequence[str]) -> Grid:
    """Some columns of a report table, for the terminal."""
    at = [i for i, column in enumerate(table.columns) if column.id in columns]
    heads = [words.plain(f"col.{table.columns[i].id}") for i in at]
    grid = Grid(title=words.plain(f"table.{table.name}", **table.facts), title_justify="left", box=SIMPLE_HEAD)
    rows = table.cells(words)
    for i, head in zip(at, heads, strict=True):
        grid.add_column(head, justify="right" if rows and rows[0][i].number else "left")
    for row in rows:
        grid.add_row(*(row[i].text for i in at))
    return grid


def plain_grid(title: str, frame: pd.DataFrame) -> Grid:
    """A frame for the terminal, with numbers as in the report and nothing where there is nothing."""
    grid = Grid(title=title, title_justify="left", box=SIMPLE_HEAD)
    for name in frame.columns:
        grid.add_column(escape(str(name)), justify="right" if frame[name].dtype.kind in "fiu" else "left")
    for record in frame.to_dict("records"):
        grid.add_row(*(escape(_shown(name, value, record)) for name, value in record.items()))
    return grid


def _shown(name: Hashable, value: Any, record: Mapping[Hashable, Any]) -> str:
    """One cell: p-values and counts are known by their names."""
    if value is None or value != value or str(value) == "<NA>":
        return ""
    if not isinstance(value, float):
        return str(value)
    what = str(record.get("index", name))
    if what == "p" or "pvalue" in what:
        return numbers.p_value(value)
    return numbers.number(value, 0 if what in COUNTS and value.is_integer() else 3)


def wide(grid: Grid) -> None:
    """Print without squeezing columns: a cut number would be a wrong one."""
    shown = console()
    needed = Measurement.get(shown, shown.options.update(width=10_000), grid).maximum
    Console(highlight=False, width=max(needed, shown.width)).print(grid)
