"""The invariance ladder as a picture: how well each rung fits, and where the difference test says stop."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mkb21sem.infer.waves.ladder import Ladder
from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.words import Words

INDICES = (("cfi", "CFI"), ("rmsea", "RMSEA"), ("srmr", "SRMR"))


def rungs(before: Ladder, after: Ladder, words: Words, synthetic: bool = False) -> style.Chart:
    """CFI, RMSEA and SRMR by rung, before and after release; open marks where the test against the rung below rejects.

    Parameters
    ----------
    before, after
        The ladder, and the same with released items; both may be one.
    words
        The language.
    synthetic
        Whether the answers were made up.
    """
    tables = [before.table()] if not after.plan.released else [before.table(), after.table()]
    names = [words.plain(f"waves.rung.{name}") for name in tables[0]["rung"]]
    with style.styled():
        figure = style.paper(style.PAGE, 0.34 * len(names) + 1.65)
        rows, key = style.stage(figure, 1, len(INDICES), 2, shared=False)
        for place, (panel, (index, title)) in enumerate(zip(rows[0], INDICES, strict=True)):
            for series, table in enumerate(tables):
                _series(panel, table, _version(table, index), series, before.alpha)
            panel.set_yticks(np.arange(len(names)), names if place == 0 else [""] * len(names))
            panel.set_ylim(len(names) - 0.5, -0.5)
            panel.set_title(title)
            panel.locator_params(axis="x", nbins=4, steps=[1, 2, 5, 10])
            # Rungs may fit so alike that two decimals would print one number at several ticks.
            style.ticks(
                panel.xaxis, words.lang, numbers.bounded, 2 if np.diff(panel.get_xticks()).min() > 0.0099 else 3
            )
            panel.grid(axis="x")
            panel.set_axisbelow(True)
        style.key(key, *_keys(len(tables), words), 2)
        title = words.plain("waves.ladder")
        style.head(figure, title, words, synthetic, words.plain("waves.ladder.note"))
    return style.Chart("ladder", figure, title, _alt(tables, names, words))


def _version(table: pd.DataFrame, index: str) -> str:
    """The robust version of an index where every rung has it, else the scaled one."""
    for name in (f"{index}_robust", f"{index}_scaled"):
        if name in table and table[name].notna().all():
            return name
    return index


def _series(axes: Axes, table: pd.DataFrame, column: str, series: int, alpha: float) -> None:
    colour, marker = (style.PALETTE[0], "o") if series == 0 else (style.PALETTE[2], "s")
    at = np.arange(len(table)) + (0.12 if series else -0.12)
    value = table[column].to_numpy(float)
    axes.plot(value, at, color=colour, linestyle=style.DASHES[series], linewidth=1.0, zorder=2)
    for x, y, p in zip(value, at, table["diff_p"], strict=True):
        rejected = not np.isnan(p) and p < alpha
        axes.plot(x, y, marker, color=colour, markerfacecolor=style.PAPER if rejected else colour, zorder=3)


def _keys(series: int, words: Words) -> tuple[list[Line2D], list[str]]:
    looks = [(style.PALETTE[0], "o"), (style.PALETTE[2], "s")][:series]
    names = [words.plain("waves.all_equal"), words.plain("waves.released")][:series]
    lines = [Line2D([], [], color=c, marker=m, linestyle=style.DASHES[i]) for i, (c, m) in enumerate(looks)]
    lines += [Line2D([], [], color=style.SOFT, marker="o", linestyle="none")]
    lines += [Line2D([], [], color=style.SOFT, marker="o", markerfacecolor=style.PAPER, linestyle="none")]
    return lines, [*names, words.plain("waves.not_rejected"), words.plain("waves.rejected")]


def _alt(tables: list[pd.DataFrame], names: list[str], words: Words) -> str:
    said = []
    for series, table in enumerate(tables):
        head = words.plain("waves.released" if series else "waves.all_equal")
        each = [
            f"{name}: CFI {numbers.bounded(cfi, 3, words.lang)}, p {numbers.equals_p(p, words.lang)}"
            for name, cfi, p in zip(names, table[_version(table, "cfi")], table["diff_p"], strict=True)
        ]
        said.append(f"{head}: {'; '.join(each)}")
    return words.plain("waves.ladder.alt", rows=". ".join(said))
