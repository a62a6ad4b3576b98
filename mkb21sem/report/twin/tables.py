"""Tables of the disclosure report."""

from __future__ import annotations

import pandas as pd

from mkb21sem.report import numbers
from mkb21sem.report.table import Column, Table
from mkb21sem.report.twin.disclosure import Disclosure
from mkb21sem.report.words import Words

SHOWN = 10
"""Lines of a long table that are shown; the CSV has all."""


def every(of: Disclosure, words: Words) -> dict[str, Table]:
    """All tables by name."""
    made = [
        utility(of, words),
        margins(of, words),
        pairs(of, words),
        *([paths(of, words)] if len(of.estimates) else []),
    ]
    made += [nearest(of), rare(of), guessed(of, words)]
    return {table.name: table for table in made}


def utility(of: Disclosure, words: Words) -> Table:
    """The twin's worth in five numbers."""
    far, apart = of.margins["distance"].dropna(), of.correlations["difference"].abs()
    lines = [("margins_mean", 100 * far.mean()), ("margins_most", 100 * far.max())]
    lines += [("pairs_mean", apart.mean()), ("pairs_most", apart.max())]
    forms = ["number1", "number1", "bounded3", "bounded3"]
    if len(of.estimates):
        lines += [("paths_mean", of.estimates["difference"].abs().mean()), ("overlap", of.estimates["overlap"].mean())]
        forms += ["bounded3", "bounded2"]
    if of.propensity is not None:
        lines += [("pmse_ratio", of.propensity.ratio), ("pmse_z", of.propensity.standardised)]
        forms += ["number2", "number2"]
    frame = pd.DataFrame(lines, columns=["measure", "value"])
    frame["what"] = [words.plain(f"twin.measure.{name}") for name in frame["measure"]]
    frame["good"] = [words.plain(f"twin.good.{name}") for name in frame["measure"]]
    columns = (Column("twin_measure", of=("what",)), Column("twin_value", tuple(forms), ("value",)))
    return Table("twin_utility", frame, (*columns, Column("twin_good", of=("good",))))


def margins(of: Disclosure, words: Words) -> Table:
    """Questions whose answers are spread otherwise in the twin, the worst first."""
    frame = of.margins.assign(
        label=[words.label(str(item)) for item in of.margins["item"]],
        points=100 * of.margins["distance"],
        hidden=of.margins["noised"] > 0,
    ).sort_values("distance", ascending=False, kind="stable", na_position="last", ignore_index=True)
    columns = (
        Column("item"),
        Column("label"),
        Column("twin_points", "number1", ("points",)),
        Column("twin_noised", "count", ("noised",)),
    )
    return Table("twin_margins", frame, columns, rows=tuple(range(min(SHOWN, len(frame)))))


def pairs(of: Disclosure, words: Words) -> Table:
    """Pairs of questions whose correlation differs most."""
    order = of.correlations["difference"].abs().sort_values(ascending=False, kind="stable").index
    frame = of.correlations.loc[order].reset_index(drop=True)
    frame = frame.assign(
        label=[words.short(str(a)) for a in frame["item"]], beside=[words.short(str(b)) for b in frame["other"]]
    )
    columns = (
        Column("label"),
        Column("twin_other", of=("beside",)),
        *(Column(f"twin_{name}", "bounded2", (name,)) for name in ("wave", "twin", "difference")),
    )
    return Table("twin_pairs", frame, columns, rows=tuple(range(min(SHOWN, len(frame)))))


def paths(of: Disclosure, words: Words) -> Table:
    """The model's standardised paths in both."""
    frame = of.estimates.assign(
        path=[words.path(str(b), str(a)) for a, b in zip(of.estimates["lhs"], of.estimates["rhs"], strict=True)]
    )
    shown = tuple(int(at) for at in frame.index[frame["op"] == "~"]) or tuple(range(min(SHOWN, len(frame))))
    columns = (
        Column("path"),
        *(Column(f"twin_{name}", "bounded2", (name,)) for name in ("wave", "twin", "difference")),
        Column("twin_overlap", "bounded2", ("overlap",)),
    )
    facts = {"model": of.model.name, "estimator": of.estimator}
    return Table("twin_paths", frame, columns, facts, rows=shown)


def nearest(of: Disclosure) -> Table:
    """How far the nearest respondent is."""
    columns = (
        Column("twin_who", "word", ("who",)),
        Column("twin_median", "percent1", ("median",)),
        Column("twin_p05", "percent1", ("p05",)),
    )
    return Table("twin_nearest", of.risk.nearest, columns)


def rare(of: Disclosure) -> Table:
    """Rare combinations of what an outsider may know, and how many are in the twin."""
    columns = (
        Column("twin_size", "count", ("size",)),
        Column("twin_rare", "count", ("rare",)),
        Column("twin_kept", "count", ("kept",)),
        Column("twin_by_chance", "number1", ("by_chance",)),
    )
    facts = {"threshold": str(max(of.source.threshold, 2)), "keys": ", ".join(of.risk.keys)}
    return Table("twin_rare", of.risk.rare, columns, facts)


def guessed(of: Disclosure, words: Words) -> Table:
    """Answers that an outsider guesses better with the twin than without, the best first."""
    frame = of.risk.guessed.assign(
        label=[words.label(str(item)) for item in of.risk.guessed["item"]],
        gain=of.risk.guessed["twin"] - of.risk.guessed["chance"],
    ).sort_values("gain", ascending=False, kind="stable", ignore_index=True)
    columns = (
        Column("item"),
        Column("label"),
        *(Column(f"twin_guess_{name}", "percent", (name,)) for name in ("twin", "wave", "chance")),
    )
    facts = {"keys": ", ".join(of.risk.keys), "all": numbers.count(len(frame), words.lang)}
    return Table("twin_guessed", frame, columns, facts, rows=tuple(range(min(SHOWN, len(frame)))))
