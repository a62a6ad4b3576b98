"""The estimates: each parameter, explained variance, indirect and total effects, differences (items 35 to 39)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from mkb21sem.infer.effects.effects import standardized
from mkb21sem.infer.judging.multiplicity import adjusted
from mkb21sem.infer.waves.replication import Replication
from mkb21sem.report import tables
from mkb21sem.report.charts.along import along
from mkb21sem.report.charts.replicated import replicated
from mkb21sem.report.charts.trend import labels, trend
from mkb21sem.report.documents.parts import Block, Num, Paragraph, Section, Tabled, joined, say
from mkb21sem.report.documents.pictures import of_chart
from mkb21sem.report.inference.inference import BOOTSTRAP, NUMBERS
from mkb21sem.report.privacy.answers import sizes
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.said import NOTE
from mkb21sem.report.table import Column, Table
from mkb21sem.report.waves import tables as wave_tables
from mkb21sem.report.waves.comparison import Comparison
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import FAMILIES

KEYS = ["lhs", "op", "rhs", "group"]
PAIR = ["source", "outcome"]
BOTH = (
    Column("est", "number3"),
    Column("se", "number3"),
    Column("ci", "interval number3", of=("low", "high")),
    Column("p", "p"),
    Column("std", "bounded2"),
    Column("se_std", "bounded3", of=("std_se",)),
    Column("ci_std", "interval bounded2", of=("std_low", "std_high")),
)
"""An estimate and its standardised value, each with standard error and interval."""


def section(of: Analysis, words: Words) -> Section:
    """What the arrows are worth."""
    if not of.found.converged:
        return Section("estimates", words("back.estimates"), (say(words, "not_converged.here", look="warning"),))
    parts = (
        Section("estimates-all", words("back.all"), tuple(_estimates(of, words))),
        Section("explained-variance", words("back.explained"), tuple(_explained(of, words))),
        Section("indirect", words("back.effects"), tuple(_effects(of, words))),
        Section("differences", words("back.differences"), tuple(_differences(of, words))),
    )
    return Section("estimates", words("back.estimates"), (), tuple(part for part in parts if part.filled))


def _estimates(of: Analysis, words: Words) -> Iterator[Block]:
    """Every free parameter, raw and standardised, with the level and the rule for many tests: items 35 and 36."""
    yield joined(*_rule(of, words))
    for table in every_estimate(of, words):
        yield Tabled(table, "note.back.estimates", shows=("35.estimates", "36.intervals"))


def _rule(of: Analysis, words: Words) -> Iterator[Paragraph]:
    yield say(words, "back.estimates.said", name=of.found.estimator.name)
    claims = of.inference.hypotheses
    if not claims:
        yield say(words, "back.multiplicity.none", alpha=Num(0.05, "bounded2"), shows=("36.multiplicity",))
        return
    levels = sorted({claim.alpha for claim in claims})
    count = Counter(claim.family for claim in claims)
    yield say(
        words,
        "back.multiplicity",
        {"alpha": Num(levels[0], "bounded2"), "n": Num(len(claims), "count")},
        shows=("36.multiplicity",),
    )
    if len(levels) > 1:
        yield say(words, "back.multiplicity.levels", highest=Num(levels[-1], "bounded2"))
    for family in FAMILIES:
        if count[family]:
            yield say(words, f"back.multiplicity.{family}", n=Num(count[family], "count"))


def every_estimate(of: Analysis, words: Words) -> Iterator[Table]:
    """Paths, loadings, variances and covariances, intercepts and thresholds; those there are."""
    found = of.found
    std = standardized(found)[[*KEYS, "se", "low", "high"]]
    std.columns = pd.Index([*KEYS, "std_se", "std_low", "std_high"])
    paths, loadings, covariances = (make(found, words) for make in (tables.paths, tables.loadings, tables.covariances))
    for table, first in (
        (paths, (Column("arrow"), Column("path"))),
        (loadings, (Column("construct"), Column("indicator", of=("rhs",)))),
        (covariances, (Column("pair"), Column("kind", "word"))),
    ):
        if len(table.frame):
            yield Table(table.name, _with(table.frame, std), (*first, *BOTH), wide=True)
    rest = found.table()
    rest = rest[rest["op"].isin(["~1", "|"])].reset_index(drop=True)
    if len(rest):
        named = [f"{lhs} | {rhs}" if rhs else lhs for lhs, rhs in zip(rest["lhs"], rest["rhs"], strict=True)]
        rest.insert(0, "parameter", named)
        latent = rest["lhs"].isin(found.model.latents)
        sorts = [
            "threshold" if op == "|" else "mean" if f else "intercept" for op, f in zip(rest["op"], latent, strict=True)
        ]
        rest.insert(1, "kind", sorts)
        columns = (Column("parameter"), Column("kind", "word"), *BOTH)
        shown = _with(rest, std)
        yield Table("intercepts", _without_thresholds(shown) if of.threshold else shown, columns, wide=True)


def _without_thresholds(rest: pd.DataFrame) -> pd.DataFrame:
    """Thresholds are cumulative shares of answers, from which every count would follow."""
    lost = (rest["op"] == "|").to_numpy()
    figures = [name for name in rest.select_dtypes("number") if name not in KEYS]
    shown = rest.assign(hidden=lost)
    shown.loc[lost, figures] = np.nan
    return shown


def _with(frame: pd.DataFrame, std: pd.DataFrame) -> pd.DataFrame:
    """The estimates with the standard errors and intervals of their standardised values."""
    return frame.merge(std, on=KEYS, how="left")


def _explained(of: Analysis, words: Words) -> Iterator[Block]:
    """R² of every variable with an arrow pointing at it: item 37."""
    table = tables.explained(of.study.r2, of.found, words)
    if not len(table.frame):
        return
    outcomes = of.study.r2[of.study.r2["variable"].isin(of.model.endogenous)]
    if len(outcomes):
        low, high = (outcomes.sort_values("r2").to_dict("records")[at] for at in (0, -1))
        facts: dict[str, object] = {"most": words.short(high["variable"]), "high": Num(float(high["r2"]), "bounded2")}
        if len(outcomes) > 1:
            facts |= {"least": words.short(low["variable"]), "low": Num(float(low["r2"]), "bounded2")}
        yield say(words, "back.explained.said" if len(outcomes) > 1 else "back.explained.one", facts)
    yield Tabled(Table(table.name, table.frame, table.columns), shows=("37.r2",))


def _effects(of: Analysis, words: Words) -> Iterator[Block]:
    """Indirect and total effects with intervals of the kind that the verdicts have: item 38."""
    frame = between(of, words)
    if frame.empty:
        yield say(words, "back.effects.none", shows=("38.effects",))
        return
    yield joined(say(words, "inference.effects"), *_method(of, words))
    kind = words.plain(f"intervals.{of.inference.sampling.intervals}")
    yield of_chart(along(frame, words, kind, of.wave.synthetic))
    facts = {"kind": kind}
    for name in ("indirect", "total"):
        own = {f"{name}_{column}": column for column in NUMBERS}
        shown = frame[["path", *PAIR, *own]].rename(columns=own)
        columns = (Column("path"), *(column for column in BOTH if column.id != "p"))
        yield Tabled(Table(f"effects_{name}", shown, columns, facts, wide=True), shows=("38.effects",))
    claimed = specific(of, words)
    if claimed.rows:
        yield Tabled(claimed)


def between(of: Analysis, words: Words) -> pd.DataFrame:
    """A row a pair with something between: path source outcome, and total indirect and total effects by prefix."""
    every = of.inference.effects
    parts = []
    for kind, name in (("total indirect", "indirect"), ("total", "total")):
        rows = every[every["effect"] == kind].set_index(PAIR).drop(columns=["effect", "path"])
        parts.append(rows.add_prefix(f"{name}_"))
    frame = parts[0].join(parts[1]).reset_index()
    frame.insert(0, "path", [words.path(*pair) for pair in zip(frame["source"], frame["outcome"], strict=True)])
    return frame


def specific(of: Analysis, words: Words) -> Table:
    """Every path of several arrows by itself; in print those that a hypothesis is about."""
    every = of.inference.effects
    frame = every[every["effect"] == "indirect"].reset_index(drop=True)
    claims = {" -> ".join(claim.nodes): claim.id for claim in of.inference.hypotheses if claim.through}
    frame.insert(0, "id", [claims.get(path, "") for path in frame["path"]])
    frame.insert(1, "steps", [words.path(*str(path).split(" -> ")) for path in frame["path"]])
    columns = (Column("id"), Column("path", of=("steps",)), *(column for column in BOTH if column.id != "p"))
    rows = tuple(at for at, id in enumerate(frame["id"]) if id)
    kind = words.plain(f"intervals.{of.inference.sampling.intervals}")
    return Table("effects_specific", frame, columns, {"kind": kind}, rows=rows, wide=True)


def _method(of: Analysis, words: Words) -> Iterator[Paragraph]:
    """Where the intervals come from, and why."""
    how = of.inference.sampling
    finished = dict(zip(of.inference.outcome["outcome"], of.inference.outcome["draws"], strict=True))
    if how.intervals == "delta":
        yield say(words, "back.intervals.delta")
        return
    yield say(words, f"inference.how.{how.intervals}", draws=Num(finished.get("finished", how.draws), "count"))
    yield say(words, "back.intervals.bootstrap" if how.intervals in BOOTSTRAP else "back.intervals.montecarlo")


def _differences(of: Analysis, words: Words) -> Iterator[Block]:
    """Parameters over waves or groups, tested as differences; interactions: item 39."""
    compared = of.comparison
    if compared is None:
        reason = dict(of.absent).get("comparison", "").rstrip(".")
        why = say(words, "back.reason", reason=reason) if reason else None
        yield joined(say(words, "back.differences.none"), why, look=NOTE)
        yield say(words, "back.interactions")
        return
    made = wave_tables.every(compared, words)
    if compared.replication is None:
        yield say(words, "waves.no_replication", reason=compared.why_not, look=NOTE)
    else:
        yield joined(*_replicated(compared.replication, compared, words))
        yield Tabled(made["waves_hypotheses"], shows=("39.differences",))
        yield Tabled(_sized(made["waves_effects"], of.threshold))
        for chart in replicated(compared.replication, words, labels(compared.means), compared.synthetic):
            yield of_chart(chart)
    yield from _means(compared, made, words)
    yield say(words, "back.interactions")


def _sized(table: Table, threshold: int) -> Table:
    """The estimates of every group, without sizes of few."""
    if not threshold:
        return table
    frame = table.frame.copy()
    frame["n"] = frame.groupby("hypothesis")["n"].transform(lambda n: sizes(n.tolist(), threshold))
    return replace(table, frame=frame.assign(hidden=frame["n"].isna()))


def _replicated(found: Replication, of: Comparison, words: Words) -> Iterator[Paragraph]:
    summary, groups, alpha = found.summary, len(of.waves), of.ladder.alpha
    yield say(words, "back.differences.said", groups=words.listed(of.waves))
    yield from (say(words, "estimate.remark", remark=remark) for remark in found.remarks)
    key = "waves.metric_fails" if found.metric.pvalue < alpha else "waves.metric_fits"
    yield say(words, key, p=Num(found.metric.pvalue, "equals_p"))
    kept = summary["supported"]
    yield say(
        words,
        "waves.replicated",
        n=Num(len(summary), "count"),
        all=Num(int((kept == groups).sum()), "count"),
        g=Num(groups, "count"),
        some=Num(int(((kept > 0) & (kept < groups)).sum()), "count"),
        none=Num(int((kept == 0).sum()), "count"),
    )
    differ = summary[summary["equal_p"] < alpha]
    if len(differ):
        yield say(words, "waves.differ", ids=words.listed(differ["hypothesis"]))
    elif summary["equal_p"].notna().any():
        yield say(words, "back.differ.none", p=Num(float(summary["equal_p"].min()), "equals_p"))
    holm = [p for p in adjusted(list(summary["equal_p"]), ["primary"] * len(summary)) if not math.isnan(p)]
    if holm:
        yield say(words, "back.differ.many", n=Num(len(holm), "count"), p=Num(min(holm), "equals_p"))


def _means(of: Comparison, made: dict[str, Table], words: Words) -> Iterator[Block]:
    """Latent means, where the ladder allows them to be compared."""
    if not of.means.allowed:
        yield say(words, "waves.withheld", look=NOTE)
        return
    table = of.means.trend
    changed = [words.short(str(name)) for name in table.loc[table["equal_p"] < of.ladder.alpha, "construct"]]
    yield joined(
        say(words, "waves.rule.means"),
        say(words, "waves.changed", constructs=words.listed(changed))
        if changed
        else say(words, "waves.no_change", p=Num(float(table["equal_p"].min()), "p")),
    )
    # Waves have the same test in the table of their trend.
    yield Tabled(made["waves_trend"] if "waves_trend" in made else means_tested(of, words))
    yield Tabled(made["waves_means"])
    yield of_chart(trend(of.means, words, of.synthetic, of.group == "wave"))


def means_tested(of: Comparison, words: Words) -> Table:
    """Whether the latent means of each construct are one: Wald test over the groups."""
    frame = of.means.trend.copy()
    frame.insert(0, "named", [words.short(str(name)) for name in frame["construct"]])
    columns = (
        Column("construct", of=("named",)),
        Column("equal", "number2"),
        Column("equal_df", "count"),
        Column("equal_p", "p"),
    )
    return Table("means_tested", frame, columns)
