"""Tables of the planning report."""

from __future__ import annotations

import math

import pandas as pd

from mkb21sem.infer.planning.power import TOO_SMALL
from mkb21sem.report import numbers
from mkb21sem.report.planning.study import Plan
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words


def every_table(of: Plan, words: Words) -> dict[str, Table]:
    """All tables in the order of their numbers; empty ones are left out."""
    made = [required(of, words), simulated(of, words), left_out(of, words), at_hand(of, words), fit(of, words)]
    if of.cutoffs is not None:
        made.append(cuts(of, words))
    made += [assumed(of), Table("power_by_n", of.power.table, (Column("id"),), rows=())]
    return {table.name: table for table in made if len(table.frame)}


def _paths(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    return frame.assign(path=[words.path(*path.split(" → ")) for path in frame["path"]])


def required(of: Plan, words: Words) -> Table:
    """Respondents that each hypothesis needs."""
    frame = _paths(of.power.required, words)
    wide = frame.pivot_table("n", "id", "power", sort=False, dropna=False)
    told = frame.drop_duplicates("id").set_index("id")
    shown = told[["path", "sign", "std", "alpha", "reason"]].assign(
        n80=wide.get(0.80, math.nan), n90=wide.get(0.90, math.nan)
    )
    shown = shown.assign(reason=[_reason(reason, words) for reason in shown["reason"]]).reset_index()
    columns = (
        Column("id"),
        Column("path"),
        Column("power_sign", of=("sign",)),
        Column("std", "bounded2"),
        Column("power_n80", "count", of=("n80",)),
        Column("power_n90", "count", of=("n90",)),
        *((Column("reason"),) if (shown["reason"] != "").any() else ()),
    )
    return Table("power_required", shown, columns)


def at_hand(of: Plan, words: Words) -> Table:
    """The smallest effect that the wave's number of respondents shows with the wanted power."""
    frame = _paths(of.sensitivity, words)
    frame = frame.assign(size=frame["smallest"].abs(), reason=[_reason(reason, words) for reason in frame["reason"]])
    columns = (
        Column("id"),
        Column("path"),
        Column("std", "bounded2"),
        Column("power_smallest", "bounded2", of=("size",)),
        Column("sesoi", "bounded2"),
        Column("power_at_sesoi", "percent", of=("at_sesoi",)),
        *((Column("reason"),) if frame["reason"].fillna("").ne("").any() else ()),
    )
    facts = {"n": numbers.count(of.found.moments.total, words.lang)}
    return Table("power_sensitivity", frame, columns, facts)


def simulated(of: Plan, words: Words) -> Table:
    """Simulated power beside the analytic one, at the size nearest to the wave's own."""
    frame = of.power.table
    if "draws" not in frame or frame["draws"].isna().all():
        return Table("power_simulated", pd.DataFrame(), ())
    drawn = frame[frame["method"] == "simulated"]
    size = nearest(sorted(drawn["n"].unique()), of.found.moments.total)
    drawn = drawn[drawn["n"] == size]
    theory = frame[(frame["method"] == "analytic") & (frame["n"] == size)].set_index("id")["power"]
    shown = _paths(drawn, words).assign(analytic=theory.reindex(drawn["id"]).to_numpy()).reset_index(drop=True)
    columns = (
        Column("id"),
        Column("path"),
        Column("std", "bounded2"),
        Column("power_analytic", "percent", of=("analytic",)),
        Column("power_power", "percent", of=("power",)),
        Column("power_band", "interval bounded2", of=("low", "high")),
        Column("power_family_power", "percent", of=("family_power",)),
        Column("power_coverage", "percent1", of=("coverage",)),
    )
    facts = {
        "n": numbers.count(size, words.lang),
        "draws": numbers.count(float(drawn["draws"].max()), words.lang),
        "failed": numbers.count(float(drawn["failed"].max()), words.lang),
        "improper": numbers.count(float(drawn["improper"].max()), words.lang),
    }
    return Table("power_simulated", shown, columns, facts)


def fit(of: Plan, words: Words) -> Table:
    """Power of the tests of fit by RMSEA, at every size."""
    frame = of.power.fit
    if not len(frame):
        return Table("power_fit", frame, ())
    wide = frame.pivot_table("power", ["test", "null", "alternative"], "n", sort=False).reset_index()
    sizes = [name for name in wide.columns if isinstance(name, int)]
    wide.columns = pd.Index([str(name) for name in wide.columns])
    wide = wide.assign(test=[words.plain(f"power_test.{name}") for name in wide["test"]])
    columns = (
        Column("test"),
        Column("power_null", "bounded2", of=("null",)),
        Column("power_alternative", "bounded3", of=("alternative",)),
        *(Column(f"={numbers.count(float(size), words.lang)}", "percent", of=(str(size),)) for size in sizes),
    )
    return Table("power_fit", wide, columns)


def cuts(of: Plan, words: Words) -> Table:
    """Cut-offs of CFI, RMSEA and SRMR made for this model."""
    assert of.cutoffs is not None
    frame = of.cutoffs.table.copy()
    frame["misfit"] = [words.plain(f"power_level.{name}") for name in frame["level"]]
    frame["name"] = frame["index"].str.upper()
    passes = {True: "power_within.yes", False: "power_within.no"}
    frame["inside"] = [words.plain(passes[value]) if value is not None else "" for value in frame["within"]]
    frame["why"] = [_reason(reason, words) for reason in frame["reason"]]
    columns = (
        Column("power_level", of=("misfit",)),
        Column("power_index", of=("name",)),
        Column("power_cutoff", "bounded3", of=("cutoff",)),
        Column("power_caught", "percent", of=("caught",)),
        Column("power_kept", "percent", of=("kept",)),
        Column("power_value", "bounded3", of=("value",)),
        Column("power_within", of=("inside",)),
        *((Column("reason", of=("why",)),) if frame["why"].ne("").any() else ()),
    )
    facts = {"draws": numbers.count(of.cutoffs.draws, words.lang), "n": numbers.count(of.cutoffs.n, words.lang)}
    return Table("power_cutoffs", frame, columns, facts)


def left_out(of: Plan, words: Words) -> Table:
    """Hypotheses that the model can't test."""
    frame = of.power.left_out
    columns = (Column("id"), Column("path"), Column("reason"))
    return Table("power_left_out", _paths(frame, words) if len(frame) else frame, columns)


def assumed(of: Plan) -> Table:
    """The population's values; a file without a place on the page."""
    paths = [(head, "~", tail, value) for (head, tail), value in of.power.population.paths.items()]
    pairs = [(one, "~~", other, value) for (one, other), value in of.power.population.pairs.items()]
    measured = {(a.rhs, a.lhs) for a in of.model.arrows if a.op == "=~"}
    rows = [(tail, "=~", head, v) if (head, tail) in measured else (head, op, tail, v) for head, op, tail, v in paths]
    frame = pd.DataFrame([*rows, *pairs], columns=["lhs", "op", "rhs", "value"])
    return Table("power_population", frame, (Column("lhs"),), rows=())


def nearest(sizes: list[float], n: int) -> int:
    """The size nearest to n."""
    return int(min(sizes, key=lambda size: abs(size - n)))


REASONS = {
    TOO_SMALL: "power_reason.tiny",
    "the population has no such effect": "power_reason.none",
    "the population's effect has the other sign": "power_reason.sign",
    "samples with and without this misfit overlap: N is too small to tell them apart": "power_reason.overlap",
    "no value that the other paths leave room for is found with this power": "power_reason.room",
}


def _reason(reason: object, words: Words) -> str:
    """A known reason in the reader's language; another as the program gives it."""
    if not isinstance(reason, str) or not reason:
        return ""
    return words.plain(REASONS[reason]) if reason in REASONS else reason
