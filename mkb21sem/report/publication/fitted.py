"""How well the model fits: as a whole, against what was named in advance, and in its parts (items 25 to 30)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.infer.globalfit.indices import most_robust
from mkb21sem.report import prose, tables
from mkb21sem.report.charts.leftover import leftover
from mkb21sem.report.documents.parts import Block, Num, Paragraph, Section, Tabled, joined, say
from mkb21sem.report.documents.pictures import of_chart
from mkb21sem.report.inference.rival_tables import named
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.said import NOTE, quoted
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.specify.plan import Rules

CONVENTIONS = (
    ("pvalue", ">", 0.05),
    ("cfi", "≥", 0.95),
    ("tli", "≥", 0.95),
    ("rmsea", "≤", 0.06),
    ("srmr", "≤", 0.08),
)
"""Limits that are often quoted (Hu & Bentler 1999), and the usual level of the test; for orientation."""

LARGEST = 10
"""Residuals and modification indices that are named."""

NOTABLE, TWO_SIDED = 0.10, float(norm.isf(0.025))
"""Residual correlation that is often called large (Kline 2016), and |z| of the 5% level."""


def section(of: Analysis, words: Words) -> Section:
    """How far the model is from the answers."""
    if not of.found.converged:
        return Section("fit", words("back.fit"), (say(words, "not_converged.here", look="warning"),))
    parts = (
        Section("fit-global", words("back.fit.whole"), tuple(_whole(of, words))),
        Section("fit-criteria", words("back.criteria"), tuple(_criteria(of, words))),
        Section("fit-information", words("back.information"), tuple(_information(of, words))),
        Section("fit-residuals", words("back.residuals"), tuple(_residuals(of, words))),
        Section("fit-modification", words("back.modification"), tuple(_modification(of, words))),
    )
    return Section("fit", words("back.fit"), (), tuple(part for part in parts if part.filled))


def _whole(of: Analysis, words: Words) -> Iterator[Block]:
    """χ² with its scaling, and indices of three kinds: items 25 and 26."""
    if of.found.test.df == 0:
        yield say(words, "summary.saturated", look=NOTE)
        return
    yield _tested(of, words)
    yield joined(*_indices(of, words))
    yield Tabled(tables.indices(of.study.indices, words))
    yield say(words, "infer.fit", look=NOTE)


def _tested(of: Analysis, words: Words) -> Paragraph:
    values, test = of.study.indices, of.found.test
    plain = {
        "chisq": Num(test.chisq, "number2"),
        "df": prose.whole(test.df),
        "n": Num(of.found.moments.total, "count"),
    }
    p = float(values["pvalue"])
    first = say(words, "back.chisq" if math.isfinite(p) else "back.chisq.only", plain | _p(p), shows=("25.chisq",))
    scaled = of.found.scaled
    if scaled is None:
        return first
    if not math.isfinite(float(values["chisq.scaled"])):
        return joined(first, say(words, "back.chisq.no_scaled", reason=scaled.reason or of.found.cause))
    facts = {
        "chisq": Num(scaled.chisq, "number2"),
        "df": prose.whole(scaled.df),
        "p": Num(scaled.pvalue, "equals_p"),
        "factor": Num(scaled.scaling, "number3"),
    }
    second = say(words, "back.chisq.scaled", facts)
    if not scaled.shift:
        return joined(first, second)
    return joined(first, second, say(words, "back.chisq.shift", shift=Num(scaled.shift, "number3")))


def _p(p: float) -> dict[str, object]:
    return {"p": Num(p, "equals_p")} if math.isfinite(p) else {}


def _indices(of: Analysis, words: Words) -> Iterator[Paragraph]:
    """RMSEA with its interval and test of close fit, CFI and TLI, SRMR; each only where it exists."""
    values = of.study.indices
    ending = most_robust(values)
    kind = words.plain(f"back.version{ending or '.plain'}")

    def got(name: str) -> float:
        return float(values[name + ending])

    if math.isfinite(got("rmsea")):
        facts = {
            "rmsea": Num(got("rmsea"), "bounded3"),
            "level": Num(float(values["rmsea.ci.level"]), "percent"),
            "ci": Num(got("rmsea.ci.lower"), "interval bounded3", got("rmsea.ci.upper")),
            "close": Num(float(values["rmsea.close.h0"]), "bounded2"),
            "p": Num(got("rmsea.pvalue"), "equals_p"),
        }
        yield say(words, "back.rmsea", facts, kind=kind, shows=("26.rmsea",))
    if math.isfinite(got("cfi")) and math.isfinite(got("tli")):
        facts = {"cfi": Num(got("cfi"), "bounded3"), "tli": Num(got("tli"), "bounded3")}
        yield say(words, "back.incremental", facts, kind=kind, shows=("26.incremental",))
    if math.isfinite(float(values["srmr"])):
        yield say(words, "back.srmr", srmr=Num(float(values["srmr"]), "bounded3"), shows=("26.srmr",))


def _criteria(of: Analysis, words: Words) -> Iterator[Block]:
    """What was to count as acceptable, in the authors' words, beside what was found: item 27."""
    if of.found.test.df == 0:
        return
    plan = of.study.plan
    own = of.declaration.criteria
    frozen = plan.rules.criteria if plan is not None and plan.rules.criteria != Rules().criteria else ""
    for key, text in (("back.criteria.declared", own), ("back.criteria.frozen", frozen)):
        if text:
            yield say(words, key)
            yield quoted(text, ("27.criteria",))
    if not (own or frozen):
        yield say(words, "back.criteria.lacking", look=NOTE)
    yield say(words, "back.criteria.table")
    yield Tabled(criteria(of, words))


def criteria(of: Analysis, words: Words) -> Table:
    """Each convention beside what was found."""
    values = of.study.indices
    best = most_robust(values)
    scaled = ".scaled" if math.isfinite(float(values["pvalue.scaled"])) else ""
    lines = []
    for name, sign, limit in CONVENTIONS:
        ending = scaled if name == "pvalue" else "" if name == "srmr" else best
        value = float(values[name + ending])
        if math.isnan(value):
            continue
        met = value >= limit if sign == "≥" else value <= limit if sign == "≤" else value > limit
        kind = "" if name == "srmr" else words.plain(f"back.version{ending or '.plain'}")
        lines.append((name, words.plain(f"index.{name}"), kind, sign, limit, value, "yes" if met else "no"))
    frame = pd.DataFrame(lines, columns=["name", "index", "version", "sign", "limit", "value", "met"])
    forms = tuple("p" if name == "pvalue" else "bounded3" for name in frame["name"])
    columns = (
        Column("label_index", of=("index",)),
        Column("index_version", of=("version",)),
        Column("limit_sign", of=("sign",)),
        Column("convention", "bounded2", of=("limit",)),
        Column("value", forms),
        Column("met", "word"),
    )
    return Table("criteria", frame, columns)


def _information(of: Analysis, words: Words) -> Iterator[Block]:
    """AIC and BIC of the model and its rivals: item 28."""
    beside = of.inference.rivals
    if beside is None:
        return
    table = beside.table
    if table[["aic", "bic"]].isna().all(axis=None):
        yield say(words, "back.information.none", name=of.found.estimator.name, look=NOTE)
        return
    for name in ("aic", "bic"):
        best = table.sort_values(name).to_dict("records")[0]
        facts = {"value": Num(float(best[name]), "number1"), "weight": Num(float(best[f"{name}_weight"]), "bounded2")}
        yield say(words, "back.information.best", facts, index=name.upper(), model=named(str(best["model"]), words))
    frame = table[["model", "k", "aic", "aic_weight", "bic", "bic_weight"]].copy()
    for name in ("aic", "bic"):
        frame[f"d_{name}"] = frame[name] - frame[name].min()
    frame["rival"] = [named(name, words) for name in frame["model"]]
    columns = (
        Column("rival"),
        Column("parameters_free", "count", of=("k",)),
        *(Column("=AIC", "number1", of=("aic",)), Column("=ΔAIC", "number1", of=("d_aic",))),
        Column("aic_weight", "bounded2"),
        *(Column("=BIC", "number1", of=("bic",)), Column("=ΔBIC", "number1", of=("d_bic",))),
        Column("bic_weight", "bounded2"),
    )
    yield Tabled(Table("information", frame, columns), shows=("28.information",))


def _residuals(of: Analysis, words: Words) -> Iterator[Block]:
    """Residual correlations, the largest by name, and all of them in a picture: item 29."""
    every = correlations(of)
    if every.empty or of.found.test.df == 0:
        return
    size = every["residual"].abs()
    tested = every["z"].notna()
    beyond = int((every["z"].abs() > TWO_SIDED).sum())
    top = every.iloc[int(size.to_numpy().argmax())]
    yield joined(
        say(
            words,
            "back.residuals.said",
            n=Num(len(every), "count"),
            notable=Num(NOTABLE, "bounded2"),
            many=Num(int((size > NOTABLE).sum()), "count"),
            largest=Num(float(top["residual"]), "bounded3"),
            pair=f"{words.short(top['lhs'])} ↔ {words.short(top['rhs'])}",
        ),
        say(
            words,
            "back.residuals.tested",
            beyond=Num(beyond, "count"),
            tested=Num(int(tested.sum()), "count"),
            chance=Num(0.05 * int(tested.sum()), "number1"),
        )
        if tested.any()
        else None,
    )
    yield Tabled(largest_residuals(every, words), shows=("29.residuals",))
    if len(every) > 1:
        yield of_chart(leftover(every, of.found.layout.observed, words, of.wave.synthetic))


def correlations(of: Analysis) -> pd.DataFrame:
    """Residual correlations of different variables: lhs op rhs group residual se z p."""
    every = of.residuals
    if every.empty:
        return every
    return every[(every["op"] == "~~") & (every["lhs"] != every["rhs"])].reset_index(drop=True)


def largest_residuals(every: pd.DataFrame, words: Words) -> Table:
    """Residual correlations by size; the largest in print."""
    order = np.argsort(-every["residual"].abs().to_numpy(), kind="stable")
    frame = every.iloc[order].reset_index(drop=True)
    frame.insert(0, "pair", [f"{a} ↔ {b}" for a, b in zip(frame["lhs"], frame["rhs"], strict=True)])
    frame.insert(1, "label", [_both(a, b, words) for a, b in zip(frame["lhs"], frame["rhs"], strict=True)])
    columns = (
        Column("pair"),
        Column("label"),
        Column("residual", "bounded3"),
        Column("se", "number3"),
        Column("z", "number2"),
        Column("p", "p"),
    )
    return Table("residuals", frame, columns, rows=tuple(range(min(LARGEST, len(frame)))))


def _both(one: str, other: str, words: Words) -> str:
    return f"{words.short(one)} ↔ {words.short(other)}"


def _modification(of: Analysis, words: Words) -> Iterator[Block]:
    """The largest modification indices with expected changes, and what was done with them: item 30."""
    table = of.modification
    if table.empty or of.found.test.df == 0:
        return
    yield joined(
        say(
            words,
            "back.modification.said",
            n=Num(len(table), "count"),
            beyond=Num(int((table["mi"] > TWO_SIDED**2).sum()), "count"),
            limit=Num(TWO_SIDED**2, "number2"),
            chance=Num(0.05 * len(table), "number1"),
        ),
        say(words, "back.modification.done"),
    )
    yield Tabled(largest_indices(table, words), shows=("30.modification",))


def largest_indices(table: pd.DataFrame, words: Words) -> Table:
    """Modification indices by size; the largest in print."""
    frame = table.copy()
    frame.insert(0, "arrow", [_arrow(row["lhs"], row["op"], row["rhs"]) for row in frame.to_dict("records")])
    pairs = zip(frame["lhs"], frame["op"], frame["rhs"], strict=True)
    frame.insert(1, "label", [_arrow(words.short(lhs), op, words.short(rhs)) for lhs, op, rhs in pairs])
    robust = frame["robust"].notna().any()
    columns = (
        Column("free_arrow", of=("arrow",)),
        Column("label"),
        Column("=MI", "number2", of=("mi",)),
        *([Column("mi_robust", "number2", of=("robust",))] if robust else []),
        Column("epc", "number3"),
        Column("=SEPC", "number2", of=("sepc_all",)),
    )
    return Table("modification", frame, columns, rows=tuple(range(min(LARGEST, len(frame)))))


def _arrow(lhs: str, op: str, rhs: str) -> str:
    if op == "~1":
        return lhs
    return f"{lhs} ↔ {rhs}" if op == "~~" else f"{lhs} → {rhs}" if op == "=~" else f"{rhs} → {lhs}"
