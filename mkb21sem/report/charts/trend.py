"""What changed: latent means over waves with their intervals, and beside them what the scale scores alone would say."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mkb21sem.infer.waves.means import Means
from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.forest import effect
from mkb21sem.report.words import Words

ACROSS, TALL, APART = 3, 1.75, 0.06


def trend(of: Means, words: Words, synthetic: bool = False, over_time: bool = True) -> style.Chart:
    """A panel a construct: latent mean and observed scale mean as changes from the first wave, in its SDs.

    Parameters
    ----------
    of
        Means that may be compared.
    words
        Language and labels.
    synthetic
        Whether the answers were made up.
    over_time
        Whether these are waves, which lines may join; groups have no order.
    """
    names = list(dict.fromkeys(of.table["construct"]))
    down = -(-len(names) // ACROSS)
    short = labels(of)
    with style.styled():
        figure = style.paper(style.PAGE, TALL * down + 1.15)
        rows, key = style.stage(figure, down, min(ACROSS, len(names)), 1)
        panels = [panel for row in rows for panel in row]
        for panel, name in zip(panels, names, strict=False):
            _panel(panel, of, name, short, words, over_time)
        for panel in panels[len(names) :]:
            panel.set_axis_off()
        handles = [
            Line2D([], [], marker="o", color=style.PALETTE[0], linestyle="-" if over_time else "none"),
            Line2D(
                [],
                [],
                marker="s",
                color=style.PALETTE[2],
                linestyle=style.DASHES[1] if over_time else "none",
                markerfacecolor=style.PAPER,
            ),
        ]
        style.key(key, handles, [words.plain("waves.latent"), words.plain("waves.observed")], 2)
        kind = "trend" if over_time else "gap"
        title = words.plain(f"waves.{kind}")
        style.head(figure, title, words, synthetic, words.plain(f"waves.{kind}.note"))
    return style.Chart("trend", figure, title, _alt(of, names, words))


def labels(of: Means) -> list[str]:
    """Years where the waves have them, else their names."""
    names = list(dict.fromkeys(of.table["wave"]))
    years = all(time >= 1000 for time in of.times)
    return (
        [f"{time:.0f}" for time in of.times]
        if years
        else [style.shortened(name, style.TICK_SIZE, 70) for name in names]
    )


def observed_change(of: Means, construct: str) -> pd.DataFrame:
    """Change of the scale score since the first wave in its SD: change low high, a row a wave."""
    rows = of.observed[of.observed["construct"] == construct].reset_index(drop=True)
    sd = rows["se"][0] * np.sqrt(rows["n"][0])
    change = (rows["mean"] - rows["mean"][0]) / sd
    half = 1.96 * np.sqrt(rows["se"] ** 2 + rows["se"][0] ** 2) / sd
    half[0] = np.nan
    return pd.DataFrame({"change": change, "low": change - half, "high": change + half})


def _panel(axes: Axes, of: Means, name: str, short: list[str], words: Words, over_time: bool) -> None:
    latent = of.table[of.table["construct"] == name]
    seen = observed_change(of, name)
    at = np.array(of.times)
    apart = APART * (at[-1] - at[0]) / 2
    axes.axhline(0.0, color=style.LINE, linewidth=0.8, zorder=0)
    dashes = ("-", style.DASHES[1]) if over_time else ("none", "none")
    look = ("o", style.PALETTE[0], dashes[0], style.PALETTE[0])
    _line(axes, at - apart, latent["mean"], latent["low"], latent["high"], look)
    other = ("s", style.PALETTE[2], dashes[1], style.PAPER)
    _line(axes, at + apart, seen["change"], seen["low"], seen["high"], other)
    axes.set_title(style.shortened(words.short(name), style.TEXT_SIZE, 130))
    axes.set_xticks(at, short)
    axes.set_xlim(at[0] - 0.18 * (at[-1] - at[0]), at[-1] + 0.18 * (at[-1] - at[0]))
    style.ticks(axes.yaxis, words.lang, effect)


def _line(axes: Axes, x: object, y: object, low: object, high: object, look: tuple[str, str, object, str]) -> None:
    marker, colour, dash, fill = look
    axes.plot(x, y, linestyle=dash, color=colour, linewidth=1.1, zorder=2)  # type: ignore[arg-type]
    axes.vlines(x, low, high, color=colour, linewidth=1.1, zorder=2)  # type: ignore[arg-type]
    axes.plot(x, y, marker, color=colour, markerfacecolor=fill, zorder=3)  # type: ignore[arg-type]


def _alt(of: Means, names: list[str], words: Words) -> str:
    said = []
    for name in names:
        rows = of.table[of.table["construct"] == name].iloc[1:]
        each = [
            f"{row['wave']} {numbers.number(row['mean'], 2, words.lang)} "
            f"{numbers.interval(row['low'], row['high'], numbers.number, 2, words.lang)}"
            for row in rows.to_dict("records")
        ]
        said.append(f"{words.short(name)}: {', '.join(each)}")
    return words.plain("waves.trend.alt", rows="; ".join(said))
