"""Charts of a wave beside official statistics, and of indicators over waves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mkb21sem.describe.benchmark import FIRMS
from mkb21sem.describe.trend import Trend
from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.style import Chart, styled
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Codebook

ACROSS = 2
SHOWN = ("EU_ANY", "EU_SNET", "EU_BLOG", "EU_CNTSHR", "EU_WIKI")


def official(
    sizes: pd.DataFrame, beside: pd.DataFrame, codebook: Codebook, words: Words, synthetic: bool
) -> Chart | None:
    """Use by size class of the wave, with official levels of a single size class where there are any.

    Parameters
    ----------
    sizes, beside
        What `describe.benchmark.by_size` and `benchmark` return.
    """
    names = [name for name in SHOWN if (sizes["variable"] == name).any()]
    if not names:
        return None
    codes = list(dict.fromkeys(sizes["size"]))
    levels = beside[beside["official"].notna() & (beside["unit"] == FIRMS) & ~beside["size_codes"].str.contains(" ")]
    sources = list(dict.fromkeys(zip(levels["source"], levels["country"], levels["year"], strict=True)))
    title = words.plain("monitor.official.chart")
    with styled():
        rows = math.ceil((len(names) + 1) / ACROSS)
        figure = style.paper(style.PAGE, 0.9 + 1.75 * rows)
        for at, name in enumerate(names, start=1):
            axes = figure.add_subplot(rows, ACROSS, at)
            _panel(axes, sizes[sizes["variable"] == name], codes)
            for j, (source, _, year) in enumerate(sources):
                mine = levels[(levels["variable"] == name) & (levels["source"] == source) & (levels["year"] == year)]
                where = [codes.index(int(code)) + 0.13 * (j + 1) for code in mine["size_codes"]]
                axes.plot(where, mine["official"], style.MARKERS[(j + 1) % 7], **_hollow())
            axes.set_xticks(range(len(codes)), [codebook["OMV01"].code_label(code, words.lang) for code in codes])
            axes.set_title(words.label(name))
            style.ticks(axes.yaxis, words.lang, numbers.number, 0)
        keys = [Line2D([], [], marker="o", linestyle="", color=style.INK, label=words.plain("monitor.col.value"))]
        keys += [
            Line2D(
                [],
                [],
                linestyle="",
                marker=style.MARKERS[(j + 1) % 7],
                label=f"{country} {year}: {source}",
                **_hollow(),
            )
            for j, (source, country, year) in enumerate(sources)
        ]
        corner = figure.add_subplot(rows, ACROSS, len(names) + 1)
        corner.axis("off")
        corner.legend(handles=keys, loc="upper left")
        style.head(figure, title, words, synthetic, words.plain("monitor.official.note"))
    said = "; ".join(_said(sizes, name, codebook, words) for name in names)
    return Chart("official", figure, title, words.plain("monitor.alt", title=title, rows=said))


def over_waves(found: Trend, waves: Sequence[str], words: Words, synthetic: bool) -> Chart:
    """Users, types of media, and the media that are used weekly or more, wave after wave."""
    kinds = ("user_share", "class", "weekly")
    chosen = [at for at, rows in found.values.groupby("indicator") if rows["kind"].iloc[0] in kinds and len(rows) > 1]
    title = words.plain("monitor.trend.chart")
    rows = max(math.ceil(len(chosen) / 3), 1)
    with styled():
        figure = style.paper(style.PAGE, min(0.9 + 1.35 * rows, style.TALLEST))
        first = None
        for at, indicator in enumerate(chosen, start=1):
            mine = found.values[found.values["indicator"] == indicator]
            axes = figure.add_subplot(rows, 3, at, sharey=first)
            first = first or axes
            axes.vlines(mine["order"], mine["low"], mine["high"], color=style.INK, linewidth=1.0)
            axes.plot(mine["order"], mine["value"], "o-", color=style.PALETTE[0])
            axes.set_ylim(0, 100)
            axes.set_xlim(-0.4, len(waves) - 0.6)
            axes.set_xticks(range(len(waves)), [str(j + 1) for j in range(len(waves))])
            axes.set_title(style.fitted(_name(mine, words), style.TEXT_SIZE, 125, bold=True), fontsize=style.TICK_SIZE)
            style.ticks(axes.yaxis, words.lang, numbers.number, 0)
        listed = "; ".join(f"{j + 1}: {name}" for j, name in enumerate(waves))
        style.head(figure, title, words, synthetic, words.plain("monitor.trend.note", waves=listed))
    said = "; ".join(_name(found.values[found.values["indicator"] == at], words) for at in chosen)
    return Chart("trend", figure, title, words.plain("monitor.alt", title=title, rows=said))


def _panel(axes: Axes, mine: pd.DataFrame, codes: list[int]) -> None:
    """The wave's own shares with their limits."""
    at = np.array([codes.index(code) for code in mine["size"]])
    axes.vlines(at, mine["low"], mine["high"], color=style.INK, linewidth=1.0)
    axes.plot(at, mine["value"], "o", color=style.PALETTE[0], markeredgecolor=style.INK)
    axes.set_ylim(0, 100)
    axes.set_xlim(-0.5, len(codes) - 0.3)
    axes.grid(axis="y")
    axes.set_axisbelow(True)


def _hollow() -> dict[str, Any]:
    return {"color": style.INK, "markerfacecolor": style.PAPER}


def _name(rows: pd.DataFrame, words: Words) -> str:
    """What is followed."""
    label, kind = str(rows["label"].iloc[0]).partition(" (")[0], str(rows["kind"].iloc[0])
    return f"{label}: {words.plain('monitor.kind.weekly')}" if kind == "weekly" else label


def _said(sizes: pd.DataFrame, name: str, codebook: Codebook, words: Words) -> str:
    size, said = codebook["OMV01"], []
    for line in sizes[sizes["variable"] == name].to_dict("records"):
        share = numbers.percent(line["value"] / 100, 0, words.lang)
        said.append(f"{size.code_label(line['size'], words.lang)} {share}")
    shares = ", ".join(said)
    return f"{words.label(name)}: {shares}"
