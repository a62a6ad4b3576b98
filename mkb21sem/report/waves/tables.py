"""The tables of a comparison: unrounded frames, and how each column is shown."""

from __future__ import annotations

import pandas as pd

from mkb21sem.report.table import Column, Table
from mkb21sem.report.waves.comparison import Comparison
from mkb21sem.report.words import Words
from mkb21sem.survey.waves import Waves


def every(of: Comparison, words: Words) -> dict[str, Table]:
    """All tables by name, in the order of the page; empty ones are left out."""
    made = [*_drift(of), *_ladders(of, words), *_released(of, words), *_means(of, words), *_hypotheses(of, words)]
    return {table.name: table for table in made if len(table.frame)}


def _drift(of: Comparison) -> list[Table]:
    if not isinstance(of.source, Waves):
        return []
    frame = of.source.drift
    differs = (frame["kind"] != "same") | (frame["here"] != frame["item"])
    changed = tuple(int(i) for i in differs.to_numpy().nonzero()[0])
    columns = (
        *(Column("item"), Column("waves_wave", of=("wave",)), Column("drift_here", of=("here",))),
        *(Column("drift_status", "word", of=("status",)), Column("drift_kind", "word", of=("kind",))),
    )
    return [Table("waves_drift", frame, columns, rows=changed)]


def _ladders(of: Comparison, words: Words) -> list[Table]:
    columns = (
        Column("waves_rung", of=("named",)),
        Column("chisq_scaled", "number2"),
        Column("df", "count"),
        Column("p", "p", of=("p_scaled",)),
        Column("diff", "number2"),
        Column("diff_df", "count"),
        Column("diff_p", "p"),
        Column("cfi_shown", "bounded3"),
        Column("d_cfi_shown", "bounded3"),
        Column("rmsea_shown", "bounded3"),
        Column("d_rmsea_shown", "bounded3"),
        Column("=ΔSRMR", "bounded3", of=("d_srmr",)),
    )
    tables = []
    for name, ladder in (("waves_ladder", of.ladder), ("waves_ladder_released", of.partial.ladder)):
        if name == "waves_ladder_released" and not of.partial.plan.released:
            continue
        frame = ladder.table()
        frame.insert(1, "named", [words.plain(f"waves.rung.{rung}") for rung in frame["rung"]])
        for index in ("cfi", "rmsea"):
            version = next(v for v in ("_robust", "_scaled", "") if v == "" or frame[f"{index}{v}"].notna().all())
            frame[f"{index}_shown"], frame[f"d_{index}_shown"] = (
                frame[f"{index}{version}"],
                frame[f"d_{index}{version}"],
            )
        tables.append(Table(name, frame, columns, wide=True))
    judged = of.ladder.criteria()
    judged.insert(1, "named", [words.plain(f"waves.rung.{rung}") for rung in judged["rung"]])
    judged["passes"] = ["" if value is None else "yes" if value else "no" for value in judged["passes"]]
    names = {"cfi": "ΔCFI", "rmsea": "ΔRMSEA", "srmr": "ΔSRMR"}
    judged["index_named"] = judged["index"].map(names)
    shown = (
        Column("waves_rung", of=("named",)),
        Column("index", of=("index_named",)),
        Column("worse", "bounded3", of=("change",)),
        Column("limit", "bounded3"),
        Column("passes", "word"),
        Column("waves_source", of=("source",)),
    )
    return [*tables, Table("waves_criteria", judged, shown, wide=True)]


def _released(of: Comparison, words: Words) -> list[Table]:
    freed, log = of.partial.freed(), of.partial.log()
    if len(freed):
        freed["named"] = [words.plain(f"waves.rung.{rung}") for rung in freed["rung"]]
        freed["what"] = [words.short(item) for item in freed["item"]]
    if len(log):
        log["named"] = [words.plain(f"waves.rung.{rung}") for rung in log["rung"]]
    columns = (
        *(Column("item"), Column("label", of=("what",)), Column("waves_wave", of=("wave",))),
        *(Column("waves_rung", of=("named",)), Column("chisq", "number2"), Column("df", "count"), Column("q", "p")),
        *(Column("dmacs", "number2"), Column("item_difference", "number2"), Column("scale_difference", "number2")),
    )
    steps = (
        *(
            Column("number", "count"),
            Column("waves_rung", of=("named",)),
            Column("waves_action", "word", of=("action",)),
        ),
        *(Column("item"), Column("waves_wave", of=("wave",)), Column("chisq", "number2"), Column("df", "count")),
        *(Column("p", "p"), Column("q", "p"), Column("epc", "number2")),
    )
    return [Table("waves_freed", freed, columns, wide=True), Table("waves_log", log, steps, wide=True)]


def _means(of: Comparison, words: Words) -> list[Table]:
    table, observed = of.means.table.copy(), of.means.observed.copy()
    for frame in (table, observed):
        frame.insert(0, "named", [words.short(name) for name in frame["construct"]])
    columns = (
        *(Column("construct", of=("named",)), Column("waves_wave", of=("wave",)), Column("mean", "number2")),
        *(Column("se", "number2"), Column("ci", "interval number2", of=("low", "high")), Column("variance", "number2")),
        *(Column("cohen", "number2", of=("d",)), Column("ci_cohen", "interval number2", of=("d_low", "d_high"))),
    )
    scores = (
        *(Column("construct", of=("named",)), Column("waves_wave", of=("wave",)), Column("n", "count")),
        *(Column("mean", "number2"), Column("ci", "interval number2", of=("low", "high"))),
    )
    trend = of.means.trend.copy()
    trend.insert(0, "named", [words.short(name) for name in trend["construct"]])
    lines = (
        *(Column("construct", of=("named",)), Column("equal", "number2"), Column("equal_df", "count")),
        *(Column("equal_p", "p"), Column("slope", "number3")),
        *(Column("ci", "interval number3", of=("slope_low", "slope_high")), Column("slope_p", "p")),
        *(Column("rest", "number2"), Column("rest_df", "count"), Column("rest_p", "p")),
    )
    shown = [Table("waves_means", table, columns, wide=True)] if of.means.rung else []
    shown += [Table("waves_trend", trend, lines, wide=True)] if of.group == "wave" else []
    return [*shown, Table("waves_observed", observed, scores)]


def _hypotheses(of: Comparison, words: Words) -> list[Table]:
    if of.replication is None:
        return []
    summary, effects = of.replication.summary.copy(), of.replication.effects.copy()
    for frame in (summary, effects):
        frame["named"] = [words.path(*str(path).split(" → ")) for path in frame["path"]]
        frame["supported_in"] = _counted(frame) if "waves" in frame else ""
    columns = (
        *(Column("id", of=("hypothesis",)), Column("path", of=("named",)), Column("supported_in")),
        *(Column("equal", "number2", of=("equal_chisq",)), Column("equal_p", "p"), Column("diff", "number2")),
        *(Column("diff_p", "p"), Column("pooled", "number2")),
        *(
            Column("ci", "interval number2", of=("pooled_low", "pooled_high")),
            Column("i2", "percent"),
            Column("tau2", "number3"),
        ),
    )
    each = (
        *(
            Column("id", of=("hypothesis",)),
            Column("waves_wave", of=("wave",)),
            Column("n", "count"),
            Column("est", "number3"),
        ),
        *(Column("se", "number3"), Column("p", "p"), Column("ci", "interval number3", of=("low", "high"))),
        Column("std", "bounded2"),
    )
    return [Table("waves_hypotheses", summary, columns, wide=True), Table("waves_effects", effects, each)]


def _counted(frame: pd.DataFrame) -> list[str]:
    return [f"{k}/{g}" for k, g in zip(frame["supported"], frame["waves"], strict=True)]
