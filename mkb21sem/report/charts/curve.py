"""Specification curves: every hypothesis under every choice, sorted by its estimate; and which choice does what."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D

from mkb21sem.infer.judging.verdicts import VERDICTS
from mkb21sem.infer.robustness.robustness import Robustness
from mkb21sem.infer.robustness.specifications import CHOICES
from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.forest import LOOKS, effect, key, mark
from mkb21sem.report.words import Words

ACROSS, PANEL, EDGES = 4, 1.12, 1.35
CELL, MATRIX, KEY = 0.19, 0.17, 0.24
SPREAD, ROOM = "#a4abb5", 220.0
"""Colour of intervals in a curve; points across which the marks of all specifications may fill."""


def curve(found: Robustness, words: Words, synthetic: bool = False) -> style.Chart:
    """A panel a hypothesis: its standardised estimate in every specification, from low to high."""
    shown = list(found.survival["id"])
    down = math.ceil(len(shown) / ACROSS)
    with style.styled():
        figure = style.paper(style.PAGE, min(EDGES + PANEL * down, style.TALLEST))
        above, body = figure.subfigures(2, 1, squeeze=False, height_ratios=[KEY, PANEL * down])[:, 0]
        grid = body.subplots(down, ACROSS, sharey=True, squeeze=False)
        for at, axes in enumerate(grid.ravel()):
            if at < len(shown):
                _panel(axes, found, shown[at], words)
            else:
                axes.set_axis_off()
        for axes in grid[:, 0]:
            axes.set_ylabel("β")
            style.ticks(axes.yaxis, words.lang, effect)
        _key(above, found.verdicts, words)
        runs = numbers.count(len(found.specifications), words.lang)
        note = words.plain("chart.curve.note", runs=runs, base=_base(found, words))
        style.head(figure, words.plain("chart.curve"), words, synthetic, note)
    return style.Chart("specification_curve", figure, words.plain("chart.curve"), _alt(found, words))


def _panel(axes: Axes, found: Robustness, id: str, words: Words) -> None:
    own = found.verdicts[(found.verdicts["id"] == id) & (found.verdicts["verdict"] != "not testable")]
    own = own.sort_values("std", kind="stable").reset_index(drop=True)
    row = found.survival.set_index("id").loc[id]
    axes.axhline(0.0, color=style.INK, linewidth=0.7, zorder=1)
    share = f"{row['same']}/{row['runs']}"
    axes.set_title(f"{id}  {share}", fontsize=style.TICK_SIZE)
    axes.set_xticks([])
    if own.empty:
        axes.text(
            0.5, 0.5, words.plain("verdict.not testable"), transform=axes.transAxes, ha="center", color=style.SOFT
        )
        return
    place = np.arange(len(own))
    axes.vlines(place, own["std_low"], own["std_high"], color=SPREAD, linewidth=min(1.3, 55.0 / len(own)), zorder=2)
    for verdict, (marker, filling) in LOOKS.items():
        at = own["verdict"] == verdict
        axes.plot(
            place[at],
            own.loc[at, "std"],
            marker,
            color=filling,
            markersize=min(3.6, 160.0 / len(own)),
            markeredgecolor=style.INK,
            markeredgewidth=min(0.6, 36.0 / len(own)),
            zorder=3,
        )
    base = own.index[own["spec"] == found.base]
    axes.plot(base, own.loc[base, "std"], "o", color="none", markersize=8, markeredgecolor=style.INK, zorder=4)


def _key(above: SubFigure, judged: pd.DataFrame, words: Words) -> None:
    seen = [name for name in VERDICTS if name != "not testable" and (judged["verdict"] == name).any()]
    ring = Line2D(
        [], [], linestyle="none", marker="o", color="none", markersize=8, markeredgecolor=style.INK,
        label=words.plain("chart.base"),
    )  # fmt: skip
    key(above, [*(mark(name, words) for name in seen), ring])


def _base(found: Robustness, words: Words) -> str:
    row = found.specifications.set_index("spec").loc[found.base]
    return ", ".join(option(name, str(row[name]), words) for name in CHOICES)


def option(choice: str, name: str, words: Words) -> str:
    """An option in words; estimators keep their names."""
    return name if choice == "estimator" else words.plain(f"option.{choice}.{name}")


def choices(found: Robustness, words: Words, synthetic: bool = False) -> style.Chart:
    """A column a specification: the verdict on every hypothesis above, what was chosen below."""
    specs = found.specifications
    ids = list(found.survival["id"])
    lines = [(c, o) for c in CHOICES for o in dict.fromkeys(specs[c]) if len(set(specs[c])) > 1]
    with style.styled():
        height = 1.3 + CELL * len(ids) + MATRIX * len(lines)
        figure = style.paper(style.PAGE, min(height, style.TALLEST))
        parts = [CELL * len(ids), MATRIX * max(len(lines), 1)]
        above, body = figure.subfigures(2, 1, squeeze=False, height_ratios=[KEY, sum(parts)])[:, 0]
        upper, lower = body.subplots(2, 1, sharex=True, height_ratios=parts)
        size = min(4.4, ROOM / max(len(specs), 1))
        _verdict_cells(upper, found, ids, size)
        for at, (choice, name) in enumerate(lines):
            chosen = np.flatnonzero((specs[choice] == name).to_numpy())
            lower.plot(chosen, np.full(len(chosen), at), "s", color=style.INK, markersize=0.75 * size)
        texts = [f"{words.plain(f'choice.of.{c}')}: {option(c, o, words)}" for c, o in lines]
        lower.set_yticks(np.arange(len(lines)), texts)
        lower.set_ylim(len(lines) - 0.4, -0.6)
        upper.set_xlim(-0.7, len(specs) - 0.3)
        for axes in (upper, lower):
            axes.set_xticks([])
            axes.grid(axis="y", linewidth=0.4)
            style.bare(axes)
            axes.tick_params(axis="y", labelsize=style.CELL_SIZE + 0.5)
        _key(above, found.verdicts, words)
        note = words.plain("chart.choices.note", base=_base(found, words))
        style.head(figure, words.plain("chart.choices"), words, synthetic, note)
    return style.Chart("specification_choices", figure, words.plain("chart.choices"), _alt(found, words))


def _verdict_cells(axes: Axes, found: Robustness, ids: list[str], size: float) -> None:
    column = {spec: at for at, spec in enumerate(found.specifications["spec"])}
    for verdict, (marker, filling) in LOOKS.items():
        own = found.verdicts[found.verdicts["verdict"] == verdict]
        axes.plot(
            own["spec"].map(column),
            own["id"].map(ids.index),
            marker,
            color=filling,
            markersize=size,
            markeredgecolor=style.INK,
            markeredgewidth=0.6,
        )
    at = column[found.base]
    axes.plot([at] * len(ids), range(len(ids)), "o", color="none", markersize=1.8 * size, markeredgecolor=style.INK)
    axes.set_yticks(np.arange(len(ids)), ids)
    axes.set_ylim(len(ids) - 0.4, -0.6)


def _alt(found: Robustness, words: Words) -> str:
    said = [
        words.plain(
            "chart.curve.alt.row",
            id=row["id"],
            verdict=words.plain(f"verdict.{row['verdict']}"),
            same=row["same"],
            runs=row["runs"],
            low=numbers.bounded(row["std_low"], 2, words.lang),
            high=numbers.bounded(row["std_high"], 2, words.lang),
        )
        for row in found.survival.to_dict("records")
    ]
    return words.plain("chart.curve.alt", rows="; ".join(said))
