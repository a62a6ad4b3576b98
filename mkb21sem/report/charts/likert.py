"""How a battery was answered: one stacked bar an item, from the lowest to the highest answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.gaps import draw_gap, with_gap
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.words import Words

LEAST = 0.055
"""A smaller share has no number in its bar."""
LABEL_INCHES, BAR_INCHES = 2.3, 0.3


def likert(
    name: str,
    shares: Mapping[str, pd.DataFrame],
    labels: Mapping[str, str],
    answers: Sequence[str],
    words: Words,
    title: str,
    synthetic: bool = False,
) -> Chart:
    """Stacked bars of the answers to each item, groups side by side.

    Parameters
    ----------
    name
        Of the file.
    shares
        Group → item code n share, as `screen` gives them.
    labels
        Item → what it asks.
    answers
        What the codes stand for, from low to high.
    words, title, synthetic
        Language, heading, and whether the answers were made up.
    """
    items = list(labels)
    panels = len(shares)
    with style.styled():
        shares = {group: table[table["item"].isin(items)] for group, table in shares.items()}
        lines = -(-len(answers) // 3)
        height = 1.0 + BAR_INCHES * len(items) + 0.19 * lines
        figure = style.paper(style.PAGE, min(height, style.TALLEST))
        rows, strip = style.stage(figure, 1, panels, lines)
        axes = rows[0]
        looks = style.diverging(len(answers))
        for at, (group, table) in enumerate(shares.items()):
            _bars(axes[at], table, items, looks, words.lang, roomy=panels == 1)
            if panels > 1:
                axes[at].set_title(f"{group} (N = {_most(table, words.lang)})")
        width = LABEL_INCHES * 72
        names = [style.fitted(f"{item}  {labels[item]}", style.TICK_SIZE, width) for item in items]
        axes[0].set_yticks(range(len(items)), names)
        axes[0].invert_yaxis()
        style.key(strip, [Patch(facecolor=c, hatch=h, edgecolor=style.PAPER) for c, h in looks], list(answers), 3)
        note = "" if panels > 1 else f"N = {_most(next(iter(shares.values())), words.lang)}."
        if any("hidden" in table and table["hidden"].any() for table in shares.values()):
            note = f"{note} {words.plain('privacy.gap')}".strip()
        style.head(figure, title, words, synthetic, note)
    return Chart(name, figure, title, _alternative(shares, items, words))


def _bars(
    axes: Axes, table: pd.DataFrame, items: Sequence[str], looks: Sequence[tuple[str, str]], lang: str, roomy: bool
) -> None:
    least = LEAST if roomy else 2 * LEAST
    for row, item in enumerate(items):
        left = 0.0
        own = table[table["item"] == item].sort_values("code")["share"].to_numpy(float)
        widths, gap = with_gap(own.tolist(), 1.0)
        for at, (share, (colour, hatch)) in enumerate(zip(widths, looks, strict=False)):
            if at == gap:
                draw_gap(axes, row, left, share, 0.72, least / 2)
                left += share
                continue
            axes.barh(
                row, share, left=left, height=0.72, color=colour, hatch=hatch, edgecolor=style.PAPER, linewidth=0.6
            )
            if share >= least:
                plate = {"boxstyle": "square,pad=0.12", "facecolor": colour, "edgecolor": "none"} if hatch else None
                axes.text(
                    left + share / 2,
                    row,
                    numbers.count(100 * share, lang),
                    ha="center",
                    va="center",
                    fontsize=style.CELL_SIZE,
                    color=style.ink_on(colour),
                    bbox=plate,
                )
            left += share
    style.bare(axes)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1] if roomy else [0, 0.5, 1])
    axes.xaxis.set_major_formatter(lambda x, at: numbers.percent(x, 0, lang))


def _most(table: pd.DataFrame, lang: str) -> str:
    """Answers to the item that most answered."""
    bases = table["base"] if "base" in table else table.groupby("item")["n"].sum()
    most = float(bases.max()) if len(table) else 0.0
    return numbers.CONFIDENTIAL if math.isnan(most) else numbers.count(most, lang)


def _alternative(shares: Mapping[str, pd.DataFrame], items: Sequence[str], words: Words) -> str:
    """Of every item the share of the two highest answers."""
    said = []
    for group, table in shares.items():
        parts = []
        for item in items:
            own = table[table["item"] == item].sort_values("code")["share"]
            parts.append(f"{item} {numbers.percent(float(own.tail(2).sum(skipna=False)), 0, words.lang)}")
        said.append((f"{group}: " if group else "") + ", ".join(parts))
    return words.plain("alt.likert", shares="; ".join(said))
