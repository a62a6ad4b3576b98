"""Respondents step by step: who goes on in the middle, who leaves at the side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.words import Words

WIDE, SIDE, GAP = 2.5, 2.9, 0.45
"""Width in inches of a box in the middle and at the side, and the room between them."""
LINE, INSIDE, BETWEEN = 0.155, 0.16, 0.24
"""Height in inches of a line of text, of what is left free in a box, and of the arrow between two boxes."""

EDGE = 0.02
"""Room for the lines of the outermost boxes, in inches."""


@dataclass(frozen=True, slots=True)
class Box:
    """A step: what it is called, how many there are, and who leaves after it, why and how many; NaN is hidden."""

    label: str
    n: int
    leaving: tuple[tuple[str, float], ...] = ()


def flow(name: str, steps: Sequence[Box], words: Words, title: str, synthetic: bool = False) -> Chart:
    """Boxes from top to bottom with the numbers of respondents.

    Parameters
    ----------
    name
        Of the file.
    steps
        From the whole wave to those who count.
    words, title, synthetic
        Language, caption, and whether the answers were made up.
    """
    with style.styled():
        shown = [(_written(box.label, box.n, WIDE, words), _leaving(box, words)) for box in steps]
        heights = [(_height(own), _height(side) if side else 0.0) for own, side in shown]
        total = sum(own + (side + 2 * BETWEEN if side else BETWEEN) for own, side in heights) - BETWEEN
        figure = style.paper(style.PAGE, total + (0.4 if synthetic else 0.15))
        axes = figure.add_subplot()
        axes.set_xlim(-EDGE, WIDE + GAP + SIDE + EDGE)
        axes.set_ylim(-total - EDGE, EDGE)
        axes.set_axis_off()
        y = 0.0
        for at, ((own, side), (high, low)) in enumerate(zip(shown, heights, strict=True)):
            _box(axes, 0.0, y, WIDE, high, own)
            y -= high
            if at == len(steps) - 1:
                continue
            down = low + 2 * BETWEEN if side else BETWEEN
            _arrow(axes, (WIDE / 2, y), (WIDE / 2, y - down))
            if side:
                middle = y - BETWEEN - low / 2
                _arrow(axes, (WIDE / 2, middle), (WIDE + GAP, middle))
                _box(axes, WIDE + GAP, y - BETWEEN, SIDE, low, side)
            y -= down
        style.head(figure, "", words, synthetic)
    return Chart(name, figure, title, _alternative(steps, words))


def _written(label: str, n: float, width: float, words: Words) -> str:
    return f"{style.fitted(label, style.TEXT_SIZE, (width - 0.2) * 72)}\nn = {_number(n, words)}"


def _number(n: float, words: Words) -> str:
    return numbers.CONFIDENTIAL if math.isnan(n) else numbers.count(n, words.lang)


def _leaving(box: Box, words: Words) -> str:
    return "\n".join(_written(label, n, SIDE, words) for label, n in box.leaving)


def _height(text: str) -> float:
    return INSIDE + LINE * (text.count("\n") + 1)


def _box(axes: Axes, x: float, top: float, width: float, height: float, text: str) -> None:
    frame = FancyBboxPatch(
        (x, top - height), width, height, boxstyle="square,pad=0", facecolor=style.PAPER, edgecolor=style.INK, lw=0.8
    )
    axes.add_patch(frame)
    axes.text(x + width / 2, top - height / 2, text, ha="center", va="center", fontsize=style.TEXT_SIZE)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "color": style.INK, "lw": 0.9, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 8}
    axes.annotate("", xy=end, xytext=start, arrowprops=look)


def _alternative(steps: Sequence[Box], words: Words) -> str:
    """Every number in the order of the steps."""
    said = []
    for box in steps:
        said.append(f"{box.label}: {numbers.count(box.n, words.lang)}")
        said += [f"{label}: {_number(n, words)}" for label, n in box.leaving]
    return words.plain("alt.flow", steps="; ".join(said))
