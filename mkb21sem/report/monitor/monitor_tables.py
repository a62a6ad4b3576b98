"""Tables of the monitor: each a frame of unrounded numbers and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from mkb21sem.describe.adoption import Adoption
from mkb21sem.describe.trend import Trend
from mkb21sem.describe.weights import Weights
from mkb21sem.report import numbers
from mkb21sem.report.charts.monitor import bases, printed, there
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Codebook

FORMS = {
    "percent": "points1",
    "coefficient": "bounded3",
    "respondents": "count",
    "scale": "number2",
    "points": "points1",
}
INTERVALS = {"percent": "interval number1", "coefficient": "interval bounded3", "points": "interval number1"}
HEADLINES = {
    0: "user_share",
    5: "level",
    7: "weekly",
    8: "likely",
    9: "ticked",
    10: "mean",
    11: "mean",
    13: "scale_mean",
}
"""Figure → kind of its numbers that are shown weighted beside unweighted; the CSV has all."""


def published(frame: pd.DataFrame, words: Words) -> Table:
    """The published numbers of 2012 beside this wave's."""
    mine = frame[frame["no"] > 0].sort_values(["no", "part"], kind="stable").reset_index(drop=True)
    mine = mine.assign(
        number=[f"{no}{part}" for no, part in zip(mine["no"], mine["part"], strict=True)],
        as_printed=[printed(text, words) for text in mine["printed"]],
    )
    columns = (
        Column("number"),
        Column("indicator"),
        Column("printed", of=("as_printed",)),
        Column("this_wave", _forms(mine), of=("value",)),
        Column("ci", _intervals(mine), of=("low", "high")),
        Column("base_here", "count", of=("base",)),
        Column("agreement", "word", of=("verdict",)),
    )
    return Table("monitor_published", mine, columns)


def figure(frame: pd.DataFrame, number: int, words: Words) -> Table:
    """Every number of one figure, for who wants to read it instead of the chart."""
    mine = frame[(frame["figure"] == number) & there(frame)].reset_index(drop=True)
    mine = mine.assign(
        what=[_what(line, words) for line in mine.to_dict("records")],
        as_printed=[printed(text, words) for text in mine["printed"]],
    )
    columns = [
        Column("label", of=("what",)),
        Column("count", "count"),
        Column("base_here", "count", of=("base",)),
        Column("value", _forms(mine)),
        Column("ci", _intervals(mine), of=("low", "high")),
    ]
    if mine["sd"].notna().any():
        columns.append(Column("sd", "number2"))
    if mine["count"].isna().all():
        del columns[1]
    columns.append(Column("printed", of=("as_printed",)))
    return Table(f"figure_{number:02d}", mine, tuple(columns), {"base": bases(mine, words)})


def experience(goals: pd.DataFrame, words: Words, codebook: Codebook) -> Table:
    """Motive against experience, goal by goal."""
    topics = [codebook[id].topic(words.lang) for id in goals["motive"]]
    frame = goals.assign(what=[topic[:1].upper() + topic[1:] for topic in topics])
    columns = (
        Column("goal", of=("what",)),
        Column("motive_mean", "number2"),
        Column("result_mean", "number2"),
        Column("mean_difference", "number2", of=("difference",)),
        Column("ci", "interval number2", of=("low", "high")),
        Column("t", "number2"),
        Column("p_holm", "p"),
        Column("p_wilcoxon_holm", "p"),
        Column("hedges", "number2"),
        Column("ci_hedges", "interval number2", of=("hedges_low", "hedges_high")),
    )
    return Table("experience", frame, columns, {"n": bases_of(goals["n"], words)})


def knowledge(frame: pd.DataFrame) -> Table:
    """The five signs of knowledge."""
    columns = (
        Column("indication", "word", of=("sign",)),
        Column("count", "count"),
        Column("base_here", "count", of=("base",)),
        Column("value", "points1"),
        Column("ci", "interval number1", of=("low", "high")),
    )
    return Table("knowledge", frame, columns)


def adoption(done: Adoption, words: Words) -> Table:
    """Odds ratios and average marginal effects."""
    effects = done.effects.rename(columns=lambda name: name if name == "term" else f"effect_{name}")
    frame = done.coefficients.merge(effects, on="term", how="left")
    frame = frame[frame["term"] != "intercept"].reset_index(drop=True)
    points = done.response == "USER"
    columns = (
        Column("label"),
        Column("odds", "number2"),
        Column("ci", "interval number2", of=("low", "high")),
        Column("p", "p"),
        Column("effect", "number1" if points else "number2", of=("effect_effect",)),
        Column("ci_effect", f"interval number{1 if points else 2}", of=("effect_low", "effect_high")),
    )
    return Table(f"adoption_{done.response.lower()}", frame, columns, {"n": numbers.count(done.n, words.lang)})


def selection(frame: pd.DataFrame) -> Table:
    """Users beside non-users on what the structural model uses."""
    columns = (
        Column("label"),
        Column("mean_users", "number2"),
        Column("mean_others", "number2"),
        Column("d_users", "number2", of=("d",)),
        Column("p", "p"),
        Column("sd_users", "number2"),
        Column("sd_all", "number2"),
        Column("ratio", "number2"),
    )
    return Table("selection", frame, columns)


def benchmark(frame: pd.DataFrame, words: Words, codebook: Codebook) -> Table:
    """The wave beside official statistics."""
    size = codebook["OMV01"]
    classes = [
        ", ".join(size.code_label(int(code), words.lang) for code in str(codes).split())
        for codes in frame["size_codes"]
    ]
    sources = [
        f"{line['country']} {line['year']}" if line["year"] else words.plain("monitor.no_benchmark")
        for line in frame.to_dict("records")
    ]
    frame = frame.assign(what=[words.label(name) for name in frame["variable"]], size=classes, from_where=sources)
    columns = (
        Column("label", of=("what",)),
        Column("size"),
        Column("this_wave", "points1", of=("value",)),
        Column("ci", "interval number1", of=("low", "high")),
        Column("base_here", "count", of=("base",)),
        Column("official_source", of=("from_where",)),
        Column("printed"),
        Column("points_difference", "number1", of=("difference",)),
        Column("ci_difference", "interval number1", of=("difference_low", "difference_high")),
    )
    return Table("benchmark", frame, columns)


def trend(found: Trend, waves: Sequence[str], words: Words) -> Table:
    """Indicators over waves: values, change and test. In print those that are headlines or changed."""
    wide = found.values.pivot_table(index="indicator", columns="order", values="value", sort=True)
    frame = found.changes.assign(what=[_what(line, words) for line in found.changes.to_dict("records")])
    for order in wide.columns:
        frame[f"wave_{int(order) + 1}"] = frame["indicator"].map(wide[order])
    forms = tuple(FORMS[unit] for unit in frame["unit"])
    changes = tuple("number1" if unit == "percent" else "number2" for unit in frame["unit"])
    columns = (
        Column("label", of=("what",)),
        *(Column(f"={int(order) + 1}", forms, of=(f"wave_{int(order) + 1}",)) for order in wide.columns),
        Column("change", changes, of=("difference",)),
        Column("ci", tuple(f"interval {form}" for form in changes), of=("low", "high")),
        Column("p", "p"),
        Column("p_holm", "p"),
    )
    shown = frame["kind"].isin(("user_share", "class", "weekly", "scale_mean")) | (frame["p_holm"] < 0.05)
    facts = {"waves": "; ".join(f"{at + 1}: {name}" for at, name in enumerate(waves))}
    return Table("trend", frame, columns, facts, rows=tuple(int(at) for at in frame.index[shown]))


def margins(done: Weights, words: Words, codebook: Codebook) -> Table:
    """Sample and population by class."""
    frame = done.margins
    labels = []
    for name, codes in zip(frame["variable"].astype(str), frame["codes"].astype(str), strict=True):
        classes = ", ".join(codebook[name].code_label(int(code), words.lang) for code in codes.split())
        labels.append(f"{words.short(name)}: {classes}")
    columns = (
        Column("label", of=("what",)),
        Column("n", "count"),
        *(Column(name, "points1") for name in ("sample", "population", "reached")),
    )
    return Table("weight_margins", frame.assign(what=labels), columns)


def weighted(frame: pd.DataFrame, words: Words) -> Table:
    """Main numbers unweighted and weighted."""
    headline = frame["kind"] == frame["figure"].map(HEADLINES)
    mine = frame[frame["weighted"].notna() & headline].reset_index(drop=True)
    mine = mine.assign(what=[_what(line, words) for line in mine.to_dict("records")])
    columns = (
        Column("label", of=("what",)),
        Column("unweighted", _forms(mine), of=("value",)),
        Column("ci", _intervals(mine), of=("low", "high")),
        Column("weighted", _forms(mine)),
        Column("ci_weighted", _intervals(mine), of=("weighted_low", "weighted_high")),
        Column("effective_n", "count"),
    )
    return Table("weighted", mine, columns)


def bases_of(n: pd.Series[int], words: Words) -> str:
    """A base, or its range."""
    low, high = int(n.min()), int(n.max())
    if low == high:
        return numbers.count(low, words.lang)
    return f"{numbers.count(low, words.lang)}–{numbers.count(high, words.lang)}"


def _what(line: Mapping[object, object], words: Words) -> str:
    """Question, answer and kind of a number in words."""
    label, level, kind = (str(line[name]) for name in ("label", "level", "kind"))
    if level:
        return f"{label}: {level}"
    if kind == "user_share" and "no" in line:
        return words.plain("monitor.users")
    plain = ("ticked", "mean", "class", "user_share", "level", "respondents", "complete", "users", "nonusers", "share")
    sums = ("lowest_share", "highest_share", "lead_share", "lead_mean", "largest_gap")
    if kind in plain or kind in sums:
        return label
    return f"{label}: {words.plain(f'monitor.kind.{kind}')}"


def _forms(frame: pd.DataFrame) -> tuple[str, ...]:
    return tuple(FORMS[str(unit)] for unit in frame["unit"])


def _intervals(frame: pd.DataFrame) -> tuple[str, ...]:
    return tuple(INTERVALS.get(str(unit), "interval number2") for unit in frame["unit"])
