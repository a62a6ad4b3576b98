"""Every parameter of the model by kind: free, fixed, equal or the sample's; and how many moments there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pandas as pd

from mkb21sem.estimate.fit import Fit
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.specify.layout import Layout, Row
from mkb21sem.specify.model import INTERCEPT

KINDS = (
    "loading",
    "path",
    "covariance",
    "residual covariance",
    "variance",
    "residual variance",
    "mean",
    "intercept",
    "threshold",
    "scale",
)
"""Kinds of parameters, in the order of print."""


def kind(row: Row, where: Layout) -> str:
    """Which of `KINDS` a row of the layout is."""
    arrow = row.arrow
    if arrow.op in ("=~", "|", "~*~"):
        return {"=~": "loading", "|": "threshold", "~*~": "scale"}[arrow.op]
    if arrow.op == "~":
        if arrow.rhs != INTERCEPT:
            return "path"
        return "mean" if arrow.lhs in where.latent else "intercept"
    pointed = {*where.model.endogenous, *(a.rhs for a in where.model.arrows if a.op == "=~")}
    residual = "residual " if {arrow.lhs, arrow.rhs} & pointed else ""
    return residual + ("variance" if arrow.lhs == arrow.rhs else "covariance")


def written(row: Row, words: Words) -> str:
    """An arrow as readers know it: CUL → CUL01, CUL ↔ OMG."""
    arrow = row.arrow
    if arrow.op == "~*~" or (arrow.op == "~" and arrow.rhs == INTERCEPT) or arrow.lhs == arrow.rhs:
        return arrow.lhs
    if arrow.op == "|":
        return f"{arrow.lhs} | {arrow.rhs}"
    return f"{arrow.lhs} ↔ {arrow.rhs}" if arrow.op == "~~" else f"{arrow.tail} → {arrow.head}"


def table(found: Fit, words: Words) -> Table:
    """How many parameters of each kind are free, fixed, equal or the sample's, and at what they are fixed."""
    where = found.layout
    lines = [line for name in KINDS if (line := _line(name, where, words))]
    frame = pd.DataFrame(lines, columns=["kind", "free", "equal", "fixed", "sample", "derived", "values"])
    counts = ("free", "equal", "fixed", "sample", "derived")
    total = {name: int(frame[name].sum()) for name in counts}
    frame.loc[len(frame)] = {"kind": "total", **total, "values": ""}
    frame.insert(1, "named", [words.plain(f"parameter_kind.{name}") for name in frame["kind"]])
    shown = [name for name in counts if name in ("free", "fixed") or total[name]]
    columns = (
        Column("parameter_kind", of=("named",)),
        *(Column(f"parameters_{name}", "count", of=(name,)) for name in shown),
        Column("parameters_values", of=("values",)),
    )
    return Table("parameters", frame, columns)


def _line(name: str, where: Layout, words: Words) -> dict[str, object]:
    rows = [row for row in where.rows if kind(row, where) == name]
    if not rows:
        return {}
    labels = Counter(row.arrow.label for row in where.rows if row.free and row.arrow.label)
    fixed = [row for row in rows if not (row.free or row.sample or row.derived)]
    return {
        "kind": name,
        "free": sum(row.free for row in rows),
        "equal": sum(row.free and labels[row.arrow.label] > 1 for row in rows),
        "fixed": len(fixed),
        "sample": sum(row.sample for row in rows),
        "derived": sum(row.derived for row in rows),
        "values": _values(fixed, words),
    }


MANY = 8
"""Fixed parameters of one kind and value that are listed by name; more are counted."""


def _values(fixed: Sequence[Row], words: Words) -> str:
    """At what parameters are fixed: 1: CUL → CUL01, OMG → OMG01."""
    by: dict[float, list[str]] = {}
    for row in fixed:
        by.setdefault(float(row.arrow.value or 0.0), []).append(written(row, words))
    said = []
    for value, names in by.items():
        shown = f"{value:g}".replace("-", "−")
        shown = shown.replace(".", ",") if words.lang == "nl" else shown
        said.append(f"{shown}: {', '.join(names) if len(names) <= MANY else words.plain('back.all_of_kind')}")
    return "; ".join(said)


def moments(where: Layout) -> Iterator[tuple[str, int]]:
    """The sample moments that the model explains, by kind, of all groups: name and how many."""
    groups, ordinal, held = len(where.groups), dict(where.thresholds), set(where.exogenous)
    count = Counter[str]()
    for at, one in enumerate(where.observed):
        for other in where.observed[at + 1 :]:
            count["covariances"] += not {one, other} <= held
        if one in ordinal:
            count["thresholds"] += ordinal[one]
        elif one not in held:
            count["variances"] += 1
            count["means"] += where.meanstructure
    for name in ("variances", "covariances", "means", "thresholds"):
        if count[name]:
            yield name, count[name] * groups


def equations(where: Layout) -> int:
    """Free rows that share a parameter with others, or depend on others by an equation."""
    return sum(row.free for row in where.rows) - where.k


def counting(found: Fit, words: Words) -> Table:
    """The sum behind the degrees of freedom: moments, less free parameters."""
    where = found.layout
    lines: list[tuple[str, int]] = list(moments(where))
    lines.append(("moments", sum(count for _, count in lines)))
    lines.append(("parameters", where.k))
    lines.append(("df", lines[-2][1] - where.k))
    frame = pd.DataFrame(lines, columns=["moment", "number"])
    frame.insert(1, "named", [words.plain(f"moment.{name}") for name in frame["moment"]])
    return Table("counting", frame, (Column("moment", of=("named",)), Column("moment_count", "count", of=("number",))))
