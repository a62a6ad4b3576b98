"""Which answers are missing together: patterns as rows, questions as columns, a dark cell for a missing answer."""

from __future__ import annotations

import math

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
        missing (items, by a space) k n share, most frequent first; n NaN where hidden, and perhaps kinds: how many
        patterns a line holds.
    words, title
        Language and caption.
    most
        Patterns that are drawn; the others are counted below.
    synthetic
        Whether the answers were made up.
    """
    shown = patterns.head(most)
    weight: dict[str, float] = {}
    for missing, n in zip(shown["missing"], shown["n"], strict=True):
        for item in str(missing).split():
            weight[item] = weight.get(item, 0.0) + (0.0 if math.isnan(n) else float(n))
    items = sorted(weight, key=lambda item: -weight[item])[:WIDEST]
    cells = np.array([[float(item in str(missing).split()) for item in items] for missing in shown["missing"]])
    with style.styled():
        figure = style.paper(style.PAGE, 1.35 + ROW * len(shown))
        axes = figure.add_subplot()
        axes.imshow(cells, cmap=ListedColormap([style.LINE, style.PALETTE[0]]), vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(len(items)), items, rotation=90)
        axes.set_yticks(range(len(shown)), [_number(n, words) for n in shown["n"]])
        axes.set_xticks(np.arange(-0.5, len(items)), minor=True)
        axes.set_yticks(np.arange(-0.5, len(shown)), minor=True)
        axes.grid(which="minor", color=style.PAPER, linewidth=1.2)
        style.bare(axes)
        axes.tick_params(which="minor", length=0)
        rest = float(patterns["n"].iloc[most:].sum(skipna=False))
        note = words.plain("front.holes_note")
        if len(patterns) > most:
            kinds = int(patterns["kinds"].iloc[most:].sum()) if "kinds" in patterns else len(patterns) - most
            more = words.plain("front.holes_more", patterns=kinds, n=_number(rest, words))
            note = f"{note} {more}"
        style.head(figure, "", words, synthetic, note)
    return Chart(name, figure, title, _alternative(shown, words))


def _number(n: float, words: Words) -> str:
    return numbers.CONFIDENTIAL if math.isnan(n) else numbers.count(n, words.lang)


def _alternative(shown: pd.DataFrame, words: Words) -> str:
    """Every pattern with its respondents."""
    said = [
        f"{str(missing) or words.plain('front.holes_complete')}: {_number(n, words)}"
        for missing, n in zip(shown["missing"], shown["n"], strict=True)
    ]
    return words.plain("alt.holes", patterns="; ".join(said))
