"""What the report says of a frozen plan: its seal, and everything that was done otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.specify.plan import Deviation, Plan

SHOWN = 16
"""Letters of the seal in print; the whole stands in results.json."""


def lines(plan: Plan | None, found: tuple[Deviation, ...], words: Words) -> Iterator[Markup]:
    """Whether there was a plan, when it was sealed, and how many deviations there are."""
    if plan is None:
        yield words("plan.none")
        return
    yield words("plan.sealed", when=plan.frozen, seal=plan.seal[:SHOWN], program=plan.program)
    yield words("plan.rules", exclusions=plan.rules.exclusions, criteria=plan.rules.criteria)
    yield words("plan.deviations", n=len(found)) if found else words("plan.kept")


def table(found: tuple[Deviation, ...]) -> Table:
    """The deviations, one a row."""
    frame = pd.DataFrame(
        {
            "deviation": [each.kind for each in found],
            "what": [each.what for each in found],
            "planned": [each.planned for each in found],
            "done": [each.done for each in found],
        }
    )
    columns = (Column("deviation", "word"), Column("what"), Column("planned"), Column("done"))
    return Table("deviations", frame, columns)
