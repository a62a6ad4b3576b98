"""Power against the number of respondents, and the effects that a sample can show."""

from __future__ import annotations

import math
from itertools import groupby

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from mkb21sem.infer.planning.power import Power
from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.words import Words

ACROSS, PANEL, EDGES = 4, 1.15, 1.25
WANTED = 0.80
ROW, KEY = 0.2, 0.24


def power_curves(found: Power, n: int, words: Words, synthetic: bool = False) -> style.Chart:
    """A panel a hypothesis: analytic power as a line, simulated power as points with their intervals.

    Parameters
    ----------
    found
        Power at several sizes.
    n
        Respondents at hand, marked in each panel.
    words
        The language.
    synthetic
        Whether the wave was made up.
    """
    ids = list(dict.fromkeys(found.table["id"]))
    down = math.ceil(len(ids) / ACROSS)
    with style.styled():
        figure = style.paper(style.PAGE, min(EDGES + PANEL * down, style.TALLEST))
        above, body = _parts(figure, PANEL * down)
        grid = body.subplots(down, ACROSS, sharex=True, sharey=True, squeeze=False)
        for at, axes in enumerate(grid.ravel()):
            if at < len(ids):
                _panel(axes, found.table[found.table["id"] == ids[at]], n, words.lang)
            else:
                axes.set_axis_off()
        for axes in grid[:, 0]:
            axes.set_ylim(-0.07, 1.1)
            axes.set_yticks([0, 0.5, WANTED, 1])
            style.ticks(axes.yaxis, words.lang, _share)
        grid[-1, 0].set_xlabel("N")
        for column in range(ACROSS):
            shown = [axes for at, axes in enumerate(grid[:, column]) if at * ACROSS + column < len(ids)]
            if shown:
                shown[-1].tick_params(labelbottom=True)
                style.ticks(shown[-1].xaxis, words.lang, numbers.number, 0)
        _key(above, found, n, words)
        note = words.plain("power.chart.power.note", n=numbers.count(n, words.lang))
        style.head(figure, words.plain("power.chart.power"), words, synthetic, note)
    return style.Chart("power", figure, words.plain("power.chart.power"), _alt(found, n, words))


def _panel(axes: Axes, own: pd.DataFrame, n: int, lang: str) -> None:
    axes.axhline(WANTED, color=style.LINE, linewidth=0.8, zorder=1)
    axes.axvline(n, color=style.SOFT, linewidth=0.7, linestyle=style.DASHES[2], zorder=1)
    line = own[own["method"] == "analytic"].sort_values("n")
    axes.plot(line["n"], line["power"], color=style.PALETTE[0], linewidth=1.3, zorder=2)
    drawn = own[own["method"] == "simulated"]
    if len(drawn):
        axes.vlines(drawn["n"], drawn["low"], drawn["high"], color=style.INK, linewidth=1.0, zorder=3)
        axes.plot(drawn["n"], drawn["power"], "o", color=style.PAPER, markeredgecolor=style.INK, markersize=4, zorder=4)
    first = own.iloc[0]
    axes.set_title(f"{first['id']}  β = {numbers.bounded(float(first['std']), 2, lang)}", fontsize=style.TICK_SIZE)


def _key(above: SubFigure, found: Power, n: int, words: Words) -> None:
    lines = [Line2D([], [], color=style.PALETTE[0], linewidth=1.3, label=words.plain("power.key.analytic"))]
    if "draws" in found.table and found.table["draws"].notna().any():
        lines.append(
            Line2D(
                [],
                [],
                color=style.INK,
                marker="o",
                markerfacecolor=style.PAPER,
                markersize=4,
                linewidth=1.0,
                label=words.plain("power.key.simulated"),
            )
        )
    at = words.plain("power.key.at_hand", n=numbers.count(n, words.lang))
    lines.append(Line2D([], [], color=style.SOFT, linewidth=0.7, linestyle=style.DASHES[2], label=at))
    above.legend(handles=lines, loc="center left", ncols=len(lines))


def _parts(figure: Figure, height: float, strip: float = KEY) -> tuple[SubFigure, SubFigure]:
    """A strip for the key, and so many inches for what it is the key to."""
    above, body = figure.subfigures(2, 1, squeeze=False, height_ratios=[strip, height])[:, 0]
    return above, body


def _share(x: float, places: int, lang: str) -> str:
    return numbers.percent(x, 0, lang)


def _alt(found: Power, n: int, words: Words) -> str:
    table = found.table[found.table["method"] == "analytic"]
    size = min(table["n"].unique(), key=lambda each: abs(each - n))
    own = table[table["n"] == size]
    shares = zip(own["id"], own["power"].to_numpy(float), strict=True)
    parts = [f"{id} {numbers.percent(share, 0, words.lang)}" for id, share in shares]
    return words.plain("power.alt.power", n=numbers.count(float(size), words.lang), list=words.listed(parts))


def fit_curves(found: Power, n: int, words: Words, synthetic: bool = False) -> style.Chart:
    """Power of the tests of fit by RMSEA against the number of respondents."""
    with style.styled():
        figure = style.paper(style.PAGE, 3.3)
        above, body = _parts(figure, 2.4, 2 * KEY)
        axes = body.subplots()
        axes.axhline(WANTED, color=style.LINE, linewidth=0.8, zorder=1)
        axes.axvline(n, color=style.SOFT, linewidth=0.7, linestyle=style.DASHES[2], zorder=1)
        for at, (name, rows) in enumerate(groupby(found.fit.to_dict("records"), key=lambda row: row["test"])):
            own = pd.DataFrame(list(rows))
            said = words.plain(f"power_test.{name}")
            (line,) = axes.plot(own["n"], own["power"], style.MARKERS[at], color=style.PALETTE[at % 4], label=said)
            line.set_linestyle(style.DASHES[at % len(style.DASHES)])
        axes.set_ylim(-0.04, 1.04)
        axes.set_yticks([0, 0.5, WANTED, 1])
        axes.set_xlabel("N")
        style.ticks(axes.yaxis, words.lang, _share)
        style.ticks(axes.xaxis, words.lang, numbers.number, 0)
        above.legend(*axes.get_legend_handles_labels(), loc="center left", ncols=3)
        note = words.plain("power.chart.fit.note", n=numbers.count(n, words.lang))
        style.head(figure, words.plain("power.chart.fit"), words, synthetic, note)
    parts = [
        f"{words.plain('power_test.' + str(row['test']))}, N = {numbers.count(row['n'], words.lang)}: "
        f"{numbers.percent(row['power'], 0, words.lang)}"
        for row in found.fit.to_dict("records")
    ]
    return style.Chart("power_fit", figure, words.plain("power.chart.fit"), "; ".join(parts) + ".")


def detectable(made: pd.DataFrame, n: int, words: Words, synthetic: bool = False) -> style.Chart:
    """For each hypothesis the smallest effect that n respondents show, beside the smallest that matters.

    Parameters
    ----------
    made
        From `sensitivity`, rows without a value left out by the caller.
    """
    rows = made.reset_index(drop=True)
    with style.styled():
        height = min(1.5 + ROW * len(rows), style.TALLEST)
        figure = style.paper(style.PAGE, height)
        above, body = _parts(figure, height - 0.8)
        axes = body.subplots()
        place = range(len(rows))
        axes.hlines(place, 0, rows["smallest"].abs(), color=style.LINE, linewidth=1.6, zorder=1)
        axes.plot(rows["sesoi"], place, "|", color=style.INK, markersize=9, markeredgewidth=1.4, zorder=2)
        axes.plot(rows["smallest"].abs(), place, "o", color=style.PALETTE[0], markersize=5, zorder=3)
        axes.set_yticks(
            list(place),
            [f"{id}  {words.path(*str(path).split(' → '))}" for id, path in rows[["id", "path"]].to_numpy()],
        )
        axes.invert_yaxis()
        axes.set_xlim(0, max(0.32, float(rows["smallest"].abs().max()) * 1.08))
        axes.set_xlabel(words.plain("power.axis.effect"))
        axes.tick_params(axis="y", length=0)
        style.ticks(axes.xaxis, words.lang, numbers.bounded, 2)
        smallest = words.plain("power.key.smallest", n=numbers.count(n, words.lang))
        above.legend(
            handles=[
                Line2D([], [], color=style.PALETTE[0], marker="o", linestyle="", markersize=5, label=smallest),
                Line2D(
                    [],
                    [],
                    color=style.INK,
                    marker="|",
                    linestyle="",
                    markersize=9,
                    markeredgewidth=1.4,
                    label=words.plain("power.key.sesoi"),
                ),
            ],
            loc="center left",
            ncols=2,
        )
        style.head(figure, words.plain("power.chart.detectable"), words, synthetic)
    sizes = zip(rows["id"], rows["smallest"].abs().to_numpy(float), strict=True)
    parts = [f"{id} {numbers.bounded(size, 2, words.lang)}" for id, size in sizes]
    alt = words.plain("power.alt.detectable", n=numbers.count(n, words.lang), list=words.listed(parts))
    return style.Chart("detectable", figure, words.plain("power.chart.detectable"), alt)
