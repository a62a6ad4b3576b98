"""A model beside its rivals: fit, difference tests, and the models that no answers can tell from it."""

from __future__ import annotations

import re

import pandas as pd

from mkb21sem.infer.rivals.family import Rivals
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.specify.model import Model

INFORMATION = ("aic", "bic")


def every_table(found: Rivals, words: Words) -> list[Table]:
    """Models, pairs, and every difference test (the last in its file only)."""
    return [
        models(found, words),
        pairs(found, words),
        Table("rival_tests", found.comparison.tests, (Column("smaller"),), rows=()),
    ]


def models(found: Rivals, words: Words) -> Table:
    """Each rival: what it claims, how it fits, and its weight among them."""
    frame = found.table.assign(rival=[named(name, words) for name in found.table["model"]])
    frame["claim"] = [
        words.plain(key) if words.has(key := f"rival_says.{name}") else says
        for name, says in zip(frame["model"], frame["says"], strict=True)
    ]
    columns = [
        Column("rival"),
        Column("claim"),
        Column("evidence", "word"),
        Column("=χ²", "number2", of=("chisq",)),
        Column("=df", "count", of=("df",)),
        Column("p", "p", of=("pvalue",)),
        Column("=CFI", "bounded3", of=("cfi",)),
        Column("=RMSEA", "bounded3", of=("rmsea",)),
    ]
    if frame["bic"].notna().any():
        columns += [Column("=BIC", "number1", of=("bic",)), Column("bic_weight", "bounded2")]
    return Table("rivals", frame, tuple(columns))


def pairs(found: Rivals, words: Words) -> Table:
    """Every pair: the difference test where one is nested in the other, Vuong's where not."""
    frame = found.comparison.pairs
    frame = frame.assign(
        smaller=[named(name, words) for name in frame["smaller"]],
        larger=[named(name, words) for name in frame["larger"]],
        nearer=[named(name, words) if name else "" for name in frame["nearer"]],
    )
    columns = (
        Column("smaller"),
        Column("larger"),
        Column("relation", "word"),
        Column("=Δχ²", "number2", of=("chisq",)),
        Column("=Δdf", "count", of=("df",)),
        Column("p", "p", of=("pvalue",)),
        Column("p_distinguishable", "p"),
        Column("p_nearer", "p"),
        Column("nearer"),
    )
    return Table("rival_pairs", frame, columns, wide=True)


def equivalents(table: pd.DataFrame, model: Model, words: Words) -> Table:
    """Models one change away that fit exactly as well, whatever the answers."""
    names = {name: words.short(name) for name in (*model.latents, *model.observed)}
    pattern = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in sorted(names, key=len, reverse=True)))

    def read(change: str) -> str:
        text = pattern.sub(lambda found: names[found.group()], change)
        return text.replace(" becomes ", f" {words.plain('becomes')} ")

    frame = table.assign(instead_of=[read(change) for change in table["change"]])
    return Table("equivalents", frame, (Column("instead_of"),))


def named(name: str, words: Words) -> str:
    """A rival's name in the reader's language; a name of the user's own stays."""
    key = f"rival.{name}"
    return words.plain(key) if words.has(key) else name
