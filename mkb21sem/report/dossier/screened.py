"""Tables of the screening: items, tests of shape and of missing answers, respondents."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from mkb21sem.report.dossier.grouped import grouped
from mkb21sem.report.dossier.inquiry import Inquiry
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words

FEW = 10
"""Respondents that are shown."""


def items(found: Sequence[Inquiry], words: Words) -> Table:
    """What the answers to each item look like."""

    def rows(one: Inquiry) -> pd.DataFrame:
        table = one.screening.items
        labels = [words.label(str(item)) for item in table["item"]]
        flags = [_flags(str(own), words) for own in table["flags"]]
        return table.assign(label=labels, signs=flags, skew=table["skewness"])

    columns = (
        Column("item"),
        Column("n", "count"),
        Column("d_missing", "percent1", of=("share_missing",)),
        Column("mean", "number2"),
        Column("sd", "number2"),
        Column("skew", "number2"),
        Column("kurtosis", "number2"),
        Column("d_floor", "percent", of=("floor",)),
        Column("d_ceiling", "percent", of=("ceiling",)),
        Column("d_rest", "bounded2", of=("item_rest",)),
        Column("d_signs", of=("signs",)),
    )
    return grouped("items", found, rows, columns)


def _flags(flags: str, words: Words) -> str:
    return ", ".join(words.plain(f"flag.{flag}") for flag in flags.split())


def tests(found: Sequence[Inquiry], words: Words) -> Table:
    """Mardia's tests and Little's."""

    def rows(one: Inquiry) -> pd.DataFrame:
        own, test = one.screening.mardia, one.screening.mcar
        lines: list[tuple[str, int, float, float, float]] = []
        if own is not None:
            lines.append(("mardia_skewness", own.n, own.skewness_chisq, own.skewness_df, own.skewness_pvalue))
            lines.append(("mardia_kurtosis", own.n, own.kurtosis_z, math.nan, own.kurtosis_pvalue))
        if test.df:
            lines.append(("mcar", test.n, test.chisq, test.df, test.pvalue))
        return pd.DataFrame(lines, columns=["test", "n", "statistic", "df", "p"])

    columns = (
        Column("d_test", "word", of=("test",)),
        Column("n", "count"),
        Column("d_statistic", "number2", of=("statistic",)),
        Column("df", "count"),
        Column("p", "p"),
    )
    return grouped("tests", found, rows, columns)


def respondents(found: Sequence[Inquiry], words: Words) -> Table:
    """Respondents with signs of careless answering, where they may be named; all are in the CSV."""

    def rows(one: Inquiry) -> pd.DataFrame:
        table = one.screening.respondents
        own = table[(table["flags"] != "") & one.named].rename_axis("respondent").reset_index()
        number = own["flags"].map(lambda flags: len(str(flags).split()))
        own = own.loc[number.sort_values(ascending=False, kind="stable").index]
        return own.assign(signs=[", ".join(words.plain(f"flag.{f}") for f in str(own).split()) for own in own["flags"]])

    columns = (
        Column("d_respondent", of=("respondent",)),
        Column("d_answered", "count", of=("answered",)),
        Column("d_longstring", "count", of=("longstring",)),
        Column("d_irv", "number2", of=("irv",)),
        Column("d_distance", "number1", of=("distance",)),
        Column("p", "p", of=("pvalue",)),
        Column("d_signs", of=("signs",)),
    )
    return grouped("respondents", found, rows, columns, shown=lambda frame: range(min(FEW, len(frame))))
