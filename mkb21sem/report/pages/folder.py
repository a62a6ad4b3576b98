"""A page in its folder, with what it was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mkb21sem.report import outputs, results
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.table import Table, write


def save(
    out: str | Path,
    page: tuple[str, str],
    tables: Mapping[str, Table],
    charts: Sequence[Chart],
    told: Mapping[str, Any],
    lang: str,
) -> None:
    """Write a page, its pictures, tables/ and results.json into a folder, whole or not at all.

    Parameters
    ----------
    page
        Name of the file and its HTML.
    tables
        Each under the name of its file in tables/.
    told
        What results.json says.

    Raises
    ------
    OptionError
        The folder can't be written, or holds files of someone else.
    """
    with outputs.whole(Path(out)) as folder:
        name, html = page
        (folder / name).write_text(html, encoding="utf-8")
        for chart in charts:
            chart.save(folder)
        (folder / "tables").mkdir()
        for name, table in tables.items():
            write(table.frame, folder / "tables" / f"{name}.csv", lang)
        results.write(told, folder / outputs.RESULTS)
