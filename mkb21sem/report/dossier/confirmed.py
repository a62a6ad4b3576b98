"""Tables of the measurement model: fit, loadings, local misfit."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mkb21sem.report.dossier.explored import fit_columns
from mkb21sem.report.dossier.grouped import grouped
from mkb21sem.report.dossier.inquiry import Inquiry
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words


def fit(found: Sequence[Inquiry], words: Words) -> Table:
    """Fit of the measurement model by both estimators."""
    columns = (
        Column("d_estimator", of=("estimator",)),
        Column("n", "count"),
        *fit_columns(),
    )
    return grouped("fit", found, lambda one: one.fit, columns)


def loadings(found: Sequence[Inquiry], words: Words) -> Table:
    """Loadings of the measurement model with intervals, by both estimators."""
    names = [name for name in ("MLR", "WLSMV") if any(f"std_{name}" in one.loadings for one in found)]

    def rows(one: Inquiry) -> pd.DataFrame:
        own = one.loadings.copy()
        own["called"] = [words.short(str(name)) for name in own["construct"]]
        own["label"] = [words.label(str(item)) for item in own["item"]]
        wanted = [f"{part}_{name}" for name in names for part in ("std", "low", "high")]
        return own.reindex(columns=[*own.columns, *(c for c in wanted if c not in own)])

    columns: list[Column] = [Column("construct", of=("called",)), Column("item")]
    for name in names:
        columns.append(Column(f"=λ {name}", "bounded2", of=(f"std_{name}",)))
        columns.append(Column("ci", "interval bounded2", of=(f"low_{name}", f"high_{name}")))
    return grouped("loadings", found, rows, columns)


def misfit(found: Sequence[Inquiry], words: Words) -> Table:
    """Where the measurement model misses."""

    def rows(one: Inquiry) -> pd.DataFrame:
        own = one.misfit.copy()
        own["pair"] = [f"{a} {op} {b}" for a, op, b in zip(own["lhs"], own["op"], own["rhs"], strict=True)]
        return own

    columns = (
        Column("d_misfit", "word", of=("kind",)),
        Column("d_pair", of=("pair",)),
        Column("d_size", "bounded2", of=("value",)),
        Column("d_statistic", "number2", of=("statistic",)),
        Column("p", "p"),
    )
    return grouped("misfit", found, rows, columns)
