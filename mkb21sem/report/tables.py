"""Tables about the model and its fit: claims, estimates, quality of measurement, fit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.secondopinion import SecondOpinion
from mkb21sem.report import numbers
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import Hypothesis

SIGNS = {"+": "positive", "-": "negative", "": "either"}

ESTIMATE = (
    Column("est", "number3"),
    Column("se", "number3"),
    Column("z", "number2"),
    Column("p", "p"),
    Column("ci", "interval number3", of=("low", "high")),
    Column("std", "bounded2"),
)
"""How every estimate is shown."""

INDEX_FORMS = {
    "chisq": "number2",
    "df": "count",
    "pvalue": "p",
    "chisq.scaling.factor": "number3",
    "cfi": "bounded3",
    "tli": "bounded3",
    "rmsea": "bounded3",
    "rmsea.ci": "interval bounded3",
    "rmsea.pvalue": "p",
    "srmr": "bounded3",
    "logl": "number2",
    "aic": "number2",
    "bic": "number2",
    "baseline.chisq": "number2",
    "baseline.df": "count",
    "npar": "count",
    "ntotal": "count",
}
KINDS = ("value", "scaled", "robust")
OPTIONAL = ("chisq.scaling.factor", "logl", "aic", "bic")
"""Indices that some estimators don't have: left out where they would be empty."""


def hypotheses(claims: Sequence[Hypothesis], words: Words) -> Table:
    """What was expected before looking: path, sign, family, evidence, and what it rests on."""
    frame = pd.DataFrame(
        {
            "id": [h.id for h in claims],
            "arrow": [h.arrow for h in claims],
            "source": [h.source for h in claims],
            "outcome": [h.outcome for h in claims],
            "path": [words.path(*h.nodes) for h in claims],
            "sign": [SIGNS[h.sign] for h in claims],
            "family": [h.family for h in claims],
            "evidence": [h.evidence for h in claims],
            "sesoi": [h.sesoi for h in claims],
            "rationale": [h.rationale for h in claims],
            "theory": [h.theory for h in claims],
            "quotation": [h.quotation for h in claims],
        }
    )
    columns = (
        Column("id"),
        Column("arrow"),
        Column("path"),
        Column("sign", "word"),
        Column("sesoi", "bounded2"),
        Column("family", "word"),
        Column("evidence", "word"),
    )
    return Table("hypotheses", frame, columns)


def loadings(found: Fit, words: Words) -> Table:
    """Arrows from construct to indicator."""
    frame = _estimates(found, "=~")
    frame.insert(1, "construct", [words.label(name) for name in frame["lhs"]])
    frame.insert(4, "label_rhs", [words.label(name) for name in frame["rhs"]])
    return Table(
        "loadings", frame, (Column("construct"), Column("indicator", of=("rhs",)), Column("label_rhs"), *ESTIMATE)
    )


def paths(found: Fit, words: Words) -> Table:
    """Arrows between constructs and observed variables, with what each rests on."""
    frame = _estimates(found, "~")
    frame.insert(0, "path", [words.path(x, y) for x, y in zip(frame["rhs"], frame["lhs"], strict=True)])
    return Table("paths", frame, (Column("arrow"), Column("path"), *ESTIMATE, Column("evidence", "word")))


def covariances(found: Fit, words: Words) -> Table:
    """Variances and covariances, also the residual ones."""
    frame = _estimates(found, "~~")
    pairs = list(zip(frame["lhs"], frame["rhs"], strict=True))
    pointed_at = {*found.model.endogenous, *(a.rhs for a in found.model.arrows if a.op == "=~")}
    frame.insert(0, "kind", [_kind(one, other, pointed_at) for one, other in pairs])
    frame.insert(1, "pair", [one if one == other else f"{one} ↔ {other}" for one, other in pairs])
    labels = [words.label(a) if a == b else f"{words.label(a)} ↔ {words.label(b)}" for a, b in pairs]
    frame.insert(2, "label_pair", labels)
    return Table("covariances", frame, (Column("pair"), Column("kind", "word"), *ESTIMATE))


def _estimates(found: Fit, op: str) -> pd.DataFrame:
    """Rows of one operator, with the arrow's name and evidence; groups are told apart by a column."""
    table = found.table()
    table = table[table["op"] == op].reset_index(drop=True)
    stated = {(a.lhs, a.rhs): (a.key, a.evidence) for a in found.model.arrows if a.op == op}
    named = [stated.get(pair, ("", "")) for pair in zip(table["lhs"], table["rhs"], strict=True)]
    return table.assign(arrow=[key for key, _ in named], evidence=[evidence for _, evidence in named])


def _kind(one: str, other: str, pointed_at: set[str]) -> str:
    residual = "residual " if one in pointed_at or other in pointed_at else ""
    return residual + ("variance" if one == other else "covariance")


def reliability(frame: pd.DataFrame, words: Words) -> Table:
    """Alpha with its interval, omega, composite reliability and variance extracted of each construct."""
    frame = frame.copy()
    frame.insert(1, "label", [words.label(name) for name in frame["construct"]])
    columns = (
        Column("construct"),
        Column("label"),
        Column("k", "count"),
        Column("n", "count"),
        Column("alpha", "bounded3"),
        Column("ci", "interval bounded3", of=("low", "high")),
        Column("omega", "bounded3"),
        Column("ci_omega", "interval bounded3", of=("omega_low", "omega_high")),
        Column("omega_std", "bounded3"),
        Column("ave", "bounded3"),
    )
    said = tuple(f"{row['construct']}: {row['note']}." for row in frame.to_dict("records") if row["note"])
    return Table("reliability", frame, columns, remarks=said)


def suitability(frame: pd.DataFrame, words: Words) -> Table:
    """KMO, Bartlett's test and the share of one factor, for each construct and for all indicators together."""
    frame = frame.copy()
    names = [words.label(name) if name else words.plain("all_indicators") for name in frame["construct"]]
    frame.insert(1, "label", names)
    columns = (
        Column("construct"),
        Column("label"),
        Column("k", "count"),
        Column("kmo", "bounded2"),
        Column("chisq", "number2"),
        Column("df", "count"),
        Column("p", "p"),
        Column("factors", "count"),
        Column("share", "percent"),
    )
    return Table("suitability", frame, columns)


def pattern(frame: pd.DataFrame, words: Words) -> Table:
    """Exploratory factor analysis of all indicators: rotated loadings and communalities."""
    frame = frame.copy()
    frame.insert(1, "label", [words.label(name) for name in frame["item"]])
    factors = [str(name) for name in frame.columns if str(name)[:1] == "F" and str(name)[1:].isdigit()]
    shown = (
        *(Column(f"={name}", "bounded2", of=(name,)) for name in factors),
        Column("communality", "bounded2"),
    )
    facts = {"factors": numbers.count(len(factors), words.lang)}
    return Table("pattern", frame, (Column("item"), Column("label"), *shown), facts)


def indices(values: pd.Series[float], words: Words) -> Table:
    """Fit indices with the name that lavaan gives them: standard, and scaled and robust where these exist."""
    frame = pd.DataFrame([_index(values, name, words) for name in INDEX_FORMS])
    numbered = frame.drop(columns=["index", "label"])
    frame = frame[numbered.notna().any(axis=1) | ~frame["index"].isin(OPTIONAL)].reset_index(drop=True)
    forms = [INDEX_FORMS[name] for name in frame["index"]]
    plain = ["blank" if name == "chisq.scaling.factor" else INDEX_FORMS[name] for name in frame["index"]]
    kinds = [kind for kind in KINDS[1:] if frame[kind].notna().any()]
    columns = [
        Column("value", tuple(plain), of=("value", "upper")),
        *(Column(kind, _sparse(forms, frame[kind]), of=(kind, f"{kind}_upper")) for kind in kinds),
    ]
    note = " ".join([words.plain("fit.chisq"), *(words.plain(f"fit.{kind}") for kind in kinds)])
    return Table("indices", frame, (Column("label_index", of=("label",)), Column("index"), *columns), {"kinds": note})


def _index(values: pd.Series[float], name: str, words: Words) -> dict[str, object]:
    """One index: value, scaled and robust, each with an upper end where it is an interval."""
    row: dict[str, object] = {"index": name, "label": words.plain(f"index.{name}")}
    low, high = ("rmsea.ci.lower", "rmsea.ci.upper") if name == "rmsea.ci" else (name, "")
    for kind in KINDS:
        ending = "" if kind == "value" else f".{kind}"
        ends = "upper" if kind == "value" else f"{kind}_upper"
        row[kind] = float(values.get(low + ending, math.nan))
        row[ends] = float(values.get(high + ending, math.nan)) if high else math.nan
    if name == "chisq.scaling.factor":
        row["value"], row["scaled"] = math.nan, row["value"]
    return row


def _sparse(forms: Sequence[str], given: pd.Series[float]) -> tuple[str, ...]:
    """Forms of a column that has numbers in some rows only; degrees of freedom may be broken there."""
    whole = {True: "count", False: "number2"}
    return tuple(
        "blank" if math.isnan(x) else whole[float(x).is_integer()] if form == "count" else form
        for form, x in zip(forms, given, strict=True)
    )


def beside(found: Fit, other: Fit, words: Words) -> Table:
    """Standardised paths with their p-values by both estimators."""
    frame = _estimates(found, "~")[["arrow", "lhs", "rhs", "std", "p"]]
    frame.insert(1, "path", [words.path(x, y) for x, y in zip(frame["rhs"], frame["lhs"], strict=True)])
    theirs = _estimates(other, "~")[["lhs", "rhs", "std", "p"]]
    frame = frame.merge(theirs, on=["lhs", "rhs"], how="left", suffixes=("", "_beside"))
    one, two = found.estimator.name, other.estimator.name
    columns = (
        Column("arrow"),
        Column("path"),
        *(Column(f"=β {name}", "bounded2", of=(id,)) for name, id in ((one, "std"), (two, "std_beside"))),
        *(Column(f"=p {name}", "p", of=(id,)) for name, id in ((one, "p"), (two, "p_beside"))),
    )
    return Table("beside", frame, columns, {"one": one, "other": two})


def explained(frame: pd.DataFrame, found: Fit, words: Words) -> Table:
    """R² of every outcome in print; the CSV has the indicators too."""
    frame = frame.copy()
    frame.insert(1, "label", [words.label(name) for name in frame["variable"]])
    outcomes = tuple(i for i, name in enumerate(frame["variable"]) if name in found.model.endogenous)
    return Table(
        "explained",
        frame,
        (Column("outcome", of=("variable",)), Column("label"), Column("r2", "bounded2")),
        rows=outcomes,
    )


def opinion(of: SecondOpinion, words: Words) -> Table:
    """The estimates of both programs, and how far they lie apart."""
    columns = (
        *(Column(id) for id in ("lhs", "op", "rhs")),
        *(Column(id, "number3") for id in ("est", "semopy", "difference")),
    )
    return Table("second_opinion", of.estimates.copy(), columns)


def software(versions: Mapping[str, str]) -> Table:
    """Programs and their versions."""
    frame = pd.DataFrame({"program": list(versions), "version": list(versions.values())})
    return Table("software", frame, (Column("program"), Column("version")))
