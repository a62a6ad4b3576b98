"""Indirect and total effects beside each other, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.words import Words

LOOKS = {"indirect": ("o", style.PAPER, -0.17), "total": ("s", style.PALETTE[0], 0.17)}
"""Marker, filling and place beside the middle of the row: told apart without colour."""
ROW, EDGES, NAME = 0.30, 1.3, 190
LIMITS = ("std_low", "std_high")


def along(frame: pd.DataFrame, words: Words, kind: str, synthetic: bool = False) -> Chart:
    """A row a pair of variables: what one does to the other through others, and altogether; standardised.

    Parameters
    ----------
    frame
        path, and ``indirect_`` and ``total_`` before std std_low std_high.
    words
        The language.
    kind
        What the intervals are.
    synthetic
        Whether the answers were made up.
    """
    rows: Sequence[Mapping[Any, Any]] = frame.to_dict("records")
    title = words.plain("back.chart.effects")
    with style.styled():
        figure = style.paper(style.PAGE, min(ROW * len(rows) + EDGES, style.TALLEST))
        panels, key = style.stage(figure, 1, 1, 1)
        axes = panels[0][0]
        axes.axvline(0.0, color=style.INK, linewidth=0.8, zorder=1)
        for at, row in enumerate(rows):
            for effect in LOOKS:
                _effect(axes, at, row, effect)
        labels = [style.fitted(str(row["path"]), style.TICK_SIZE, NAME) for row in rows]
        axes.set_yticks(np.arange(len(rows)), labels)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(words.plain("chart.standardized"))
        style.ticks(axes.xaxis, words.lang)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        handles = [
            Line2D([], [], marker=mark, color=style.INK, markerfacecolor=fill) for mark, fill, _ in LOOKS.values()
        ]
        style.key(key, handles, [words.plain(f"back.effect.{effect}") for effect in LOOKS], len(LOOKS))
        style.head(figure, title, words, synthetic, words.plain("back.chart.effects.note", kind=kind))
    return Chart("effects", figure, title, words.plain("back.chart.effects.alt", rows=_said(rows, words)))


def _effect(axes: Axes, at: int, row: Mapping[Any, Any], effect: str) -> None:
    mark, fill, shift = LOOKS[effect]
    low, high = (float(row[f"{effect}_{end}"]) for end in LIMITS)
    axes.plot([low, high], [at + shift] * 2, color=style.INK, linewidth=1.1, zorder=2)
    axes.plot(
        float(row[f"{effect}_std"]),
        at + shift,
        mark,
        color=fill,
        markeredgecolor=style.INK,
        markeredgewidth=0.8,
        zorder=3,
    )


def _said(rows: Sequence[Mapping[Any, Any]], words: Words) -> str:
    def one(row: Mapping[Any, Any], effect: str) -> str:
        low, high = (float(row[f"{effect}_{end}"]) for end in LIMITS)
        size = numbers.bounded(float(row[f"{effect}_std"]), 2, words.lang)
        ends = numbers.interval(low, high, numbers.bounded, 2, words.lang)
        return f"{words.plain(f'back.effect.{effect}')} {size} {ends}"

    return "; ".join(f"{row['path']}: {one(row, 'indirect')}, {one(row, 'total')}" for row in rows)
