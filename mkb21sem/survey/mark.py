"""How a file says that no respondent gave its answers: a column that says so in every row."""

from __future__ import annotations

from dataclasses import replace

from mkb21sem.survey.cells import Cells

COLUMN = "synthetic"
MARK = "synthetic twin: no respondent gave these answers"


def marked(cells: Cells) -> bool:
    """Whether every row says so. A file of which some rows do is real and made-up answers mixed, and counts as real."""
    if COLUMN not in cells.names:
        return False
    column = cells.columns[cells.names.index(COLUMN)]
    return len(column) > 0 and all(str(cell).strip() == MARK for cell in column)


def unmarked(cells: Cells) -> Cells:
    """The same cells without the column that says so."""
    if not marked(cells):
        return cells
    at = cells.names.index(COLUMN)
    return replace(
        cells,
        names=cells.names[:at] + cells.names[at + 1 :],
        columns=cells.columns[:at] + cells.columns[at + 1 :],
    )
