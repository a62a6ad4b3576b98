"""Tables of what was explored: suitability, number of factors, rival models, parallel items."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mkb21sem.report.dossier.grouped import called, grouped
from mkb21sem.report.dossier.inquiry import Inquiry
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words

RULES = ("parallel", "parallel_mean", "map", "map4", "kaiser")


def adequacy(found: Sequence[Inquiry], words: Words) -> Table:
    """KMO and Bartlett's test of every scale."""

    def rows(one: Inquiry) -> pd.DataFrame:
        return called(one.adequacy, words)

    columns = (
        Column("construct", of=("called",)),
        Column("k", "count"),
        Column("n", "count"),
        Column("kmo", "bounded2"),
        Column("d_kmo", "word", of=("word",)),
        Column("chisq", "number1"),
        Column("df", "count"),
        Column("p", "p"),
    )
    return grouped("adequacy", found, rows, columns)


def retention(found: Sequence[Inquiry], words: Words) -> Table:
    """How many factors each rule suggests."""

    def rows(one: Inquiry) -> pd.DataFrame:
        lines = [
            {"construct": name, "correlation": kind, "n": own.n} | {rule: int(own.suggested[rule]) for rule in RULES}
            for (name, kind), own in one.retention.items()
        ]
        return called(pd.DataFrame(lines), words)

    columns = (
        Column("construct", of=("called",)),
        Column("d_correlation", "word", of=("correlation",)),
        *(Column(f"d_{rule}", "count", of=(rule,)) for rule in RULES),
    )
    return grouped("retention", found, rows, columns)


def explored_fit(found: Sequence[Inquiry], words: Words) -> Table:
    """Fit of one, two, … exploratory factors."""

    def rows(one: Inquiry) -> pd.DataFrame:
        parts = [
            own.table[own.table["chisq"].notna()].assign(construct=name, correlation=kind)
            for (name, kind), own in one.retention.items()
            if name
        ]
        return called(pd.concat(parts, ignore_index=True), words) if parts else pd.DataFrame()

    columns = (
        Column("construct", of=("called",)),
        Column("d_correlation", "word", of=("correlation",)),
        Column("d_m", "count", of=("m",)),
        Column("chisq", "number1"),
        Column("df", "count"),
        Column("p", "p", of=("pvalue",)),
        Column("d_rmsea", "bounded3", of=("rmsea",)),
        Column("d_tli", "bounded3", of=("tli",)),
        Column("d_rmsr", "bounded3", of=("rmsr",)),
    )
    return grouped("explored_fit", found, rows, columns)


def fit_columns() -> tuple[Column, ...]:
    """χ² with its p, CFI, RMSEA and SRMR."""
    return (
        Column("chisq", "number1"),
        Column("df", "count"),
        Column("p", "p", of=("pvalue",)),
        Column("d_cfi", "bounded3", of=("cfi",)),
        Column("d_rmsea", "bounded3", of=("rmsea",)),
        Column("d_srmr", "bounded3", of=("srmr",)),
    )


def rivals(found: Sequence[Inquiry], words: Words) -> Table:
    """Rival measurement models side by side."""

    def rows(one: Inquiry) -> pd.DataFrame:
        parts = [own.table.assign(construct=name) for name, own in one.rivalries.items() if len(own.table)]
        return called(pd.concat(parts, ignore_index=True), words) if parts else pd.DataFrame()

    columns = (
        Column("construct", of=("called",)),
        Column("d_estimator", of=("estimator",)),
        Column("d_rival", "word", of=("rival",)),
        *fit_columns(),
        Column("d_aic", "number1", of=("aic",)),
        Column("d_bic", "number1", of=("bic",)),
        Column("d_against", "word", of=("against",)),
        Column("d_chisq", "number1"),
        Column("d_df", "count"),
        Column("d_p", "p"),
    )
    return grouped("rivals", found, rows, columns, wide=True)


def congruence(found: Sequence[Inquiry], words: Words) -> Table:
    """Factors of constructs with parallel items side by side."""

    def rows(one: Inquiry) -> pd.DataFrame:
        parts = [own.congruence.assign(construct=own.one, beside=own.other) for own in one.parallels]
        if not parts:
            return pd.DataFrame()
        frame = pd.concat(parts, ignore_index=True).rename(columns={"other": "counterpart"})
        names = {name: words.short(name) for name in {*frame["construct"], *frame["beside"]}}
        left = [f"{names[c]} {f}" for c, f in zip(frame["construct"], frame["factor"], strict=True)]
        right = [f"{names[c]} {f}" for c, f in zip(frame["beside"], frame["counterpart"], strict=True)]
        return frame.assign(left=left, right=right)

    columns = (
        Column("d_factor", of=("left",)),
        Column("d_factor", of=("right",)),
        Column("d_congruence", "bounded2", of=("congruence",)),
    )
    return grouped("congruence", found, rows, columns)
