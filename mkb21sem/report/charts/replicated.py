"""Every hypothesis in every wave: a forest a hypothesis, waves as rows, the pooled effect below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from mkb21sem.infer.waves.replication import Replication
from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.words import Words

ACROSS, PAGE_ROWS, ROW = 2, 4, 0.21


def replicated(of: Replication, words: Words, short: Sequence[str], synthetic: bool = False) -> list[style.Chart]:
    """Forests of all hypotheses, eight a picture.

    Parameters
    ----------
    of
        Hypotheses over waves.
    words
        Language and labels.
    short
        What the waves are called in print.
    synthetic
        Whether the answers were made up.
    """
    names = list(of.summary["hypothesis"])
    each = ACROSS * PAGE_ROWS
    blocks = [names[i : i + each] for i in range(0, len(names), each)]
    return [_chart(of, block, words, short, synthetic, at) for at, block in enumerate(blocks, start=1)]


def _chart(
    of: Replication, names: list[str], words: Words, short: Sequence[str], synthetic: bool, number: int
) -> style.Chart:
    down = -(-len(names) // ACROSS)
    with style.styled():
        figure = style.paper(style.PAGE, down * (ROW * (len(short) + 1) + 0.62) + 0.75)
        grid = figure.add_gridspec(down, ACROSS)
        for at, name in enumerate(names):
            _forest(figure.add_subplot(grid[at // ACROSS, at % ACROSS]), of, name, words, short)
        title = words.plain("waves.forest")
        style.head(figure, title, words, synthetic, words.plain("waves.forest.note"))
    return style.Chart(f"forest{number}", figure, title, _alt(of, names, words))


def _forest(axes: Axes, of: Replication, name: str, words: Words, short: Sequence[str]) -> None:
    rows = of.effects[of.effects["hypothesis"] == name]
    pooled = of.summary[of.summary["hypothesis"] == name].iloc[0]
    g = len(rows)
    axes.axvline(0.0, color=style.INK, linewidth=0.8, zorder=1)
    for at, row in enumerate(rows.to_dict("records")):
        fill = style.PALETTE[0] if row["supported"] else style.PAPER
        axes.plot([row["low"], row["high"]], [at, at], color=style.INK, linewidth=1.1, zorder=2)
        axes.plot(row["est"], at, "s", color=fill, markeredgecolor=style.INK, markeredgewidth=0.8, zorder=3)
    axes.add_patch(_diamond(pooled, g))
    axes.set_yticks(np.arange(g + 1), [*short, words.plain("waves.pooled")])
    axes.set_ylim(g + 0.5, -0.6)
    ends = [*rows["low"], *rows["high"], 0.0, pooled["pooled_low"], pooled["pooled_high"]]
    room = 0.06 * (max(ends) - min(ends))
    axes.set_xlim(min(ends) - room, max(ends) + room)
    axes.locator_params(axis="x", nbins=4)
    axes.tick_params(axis="y", length=0)
    style.ticks(axes.xaxis, words.lang, numbers.number, 2)
    sign = f" ({pooled['sign']})".replace("-", numbers.MINUS) if pooled["sign"] else ""
    path = words.path(*str(pooled["path"]).split(" → "))
    axes.set_title(style.fitted(f"{name}  {path}{sign}", style.TEXT_SIZE, 190, bold=True), fontsize=style.TICK_SIZE)


def _diamond(pooled: pd.Series[float], at: int) -> Polygon:
    low, middle, high = (float(pooled[name]) for name in ("pooled_low", "pooled", "pooled_high"))
    corners = [(low, at), (middle, at - 0.3), (high, at), (middle, at + 0.3)]
    return Polygon(corners, closed=True, facecolor=style.PALETTE[1], edgecolor=style.INK, linewidth=0.8, zorder=3)


def _alt(of: Replication, names: list[str], words: Words) -> str:
    said = []
    for row in of.summary[of.summary["hypothesis"].isin(names)].to_dict("records"):
        ends = numbers.interval(row["pooled_low"], row["pooled_high"], numbers.number, 2, words.lang)
        pooled = numbers.number(row["pooled"], 2, words.lang)
        said.append(
            words.plain(
                "waves.forest.row", id=row["hypothesis"], k=row["supported"], g=row["waves"], pooled=pooled, ci=ends
            )
        )
    return words.plain("waves.forest.alt", rows="; ".join(said))
