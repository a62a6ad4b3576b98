"""Which answers are missing together: patterns as rows, questions as columns, a dark cell for a missing answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap

from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.words import Words

ROW = 0.21
WIDEST = 40
"""Questions that have room side by side."""


def holes(
    name: str, patterns: pd.DataFrame, words: Words, title: str, most: int = 12, synthetic: bool = False
) -> Chart:
    """A map of the missing answers.

    Parameters
    ----------
    name
        Of the file.
    patterns
        missing (items, by a space) k n share, most frequent first.
    words, title
        Language and caption.
    most
        Patterns that are drawn; the others are counted below.
    synthetic
        Whether the answers were made up.
    """
    shown = patterns.head(most)
    weight: dict[str, int] = {}
    for missing, n in zip(shown["missing"], shown["n"], strict=True):
        for item in str(missing).split():
            weight[item] = weight.get(item, 0) + int(n)
    items = sorted(weight, key=lambda item: -weight[item])[:WIDEST]
    cells = np.array([[float(item in str(missing).split()) for item in items] for missing in shown["missing"]])
    with style.styled():
        figure = style.paper(style.PAGE, 1.35 + ROW * len(shown))
        axes = figure.add_subplot()
        axes.imshow(cells, cmap=ListedColormap([style.LINE, style.PALETTE[0]]), vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(len(items)), items, rotation=90)
        axes.set_yticks(range(len(shown)), [numbers.count(n, words.lang) for n in shown["n"]])
        axes.set_xticks(np.arange(-0.5, len(items)), minor=True)
        axes.set_yticks(np.arange(-0.5, len(shown)), minor=True)
        axes.grid(which="minor", color=style.PAPER, linewidth=1.2)
        style.bare(axes)
        axes.tick_params(which="minor", length=0)
        rest = int(patterns["n"].iloc[most:].sum())
        note = words.plain("front.holes_note")
        if rest:
            more = words.plain("front.holes_more", patterns=len(patterns) - most, n=numbers.count(rest, words.lang))
            note = f"{note} {more}"
        style.head(figure, "", words, synthetic, note)
    return Chart(name, figure, title, _alternative(shown, words))


def _alternative(shown: pd.DataFrame, words: Words) -> str:
    """Every pattern with its respondents."""
    said = [
        f"{str(missing) or words.plain('front.holes_complete')}: {numbers.count(n, words.lang)}"
        for missing, n in zip(shown["missing"], shown["n"], strict=True)
    ]
    return words.plain("alt.holes", patterns="; ".join(said))
