"""Bars of shares of which some are hidden: one gap stands for all of them, as wide as what is missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from mkb21sem.report import numbers
from mkb21sem.report.charts import style

Array = NDArray[np.float64]


def with_gap(shares: Sequence[float], whole: float) -> tuple[Array, int]:
    """Widths of the parts of a bar, and which part is a gap.

    Parameters
    ----------
    shares : (k,)
        NaN where hidden.
    whole
        What all add up to.

    Returns
    -------
    widths : (k,)
        The first hidden part is as wide as all hidden ones, the others have no width.
    at
        Which part that is; −1 if none is hidden.
    """
    widths = np.array(shares, dtype=float)
    lost = np.flatnonzero(np.isnan(widths))
    if not len(lost):
        return widths, -1
    gap = max(whole - float(np.nansum(widths)), 0.0)
    widths[lost] = 0.0
    widths[lost[0]] = gap
    return widths, int(lost[0])


def draw_gap(axes: Axes, row: float, left: float, width: float, height: float, readable: float) -> None:
    """An empty part of a bar, with the sign for what is hidden where it fits."""
    axes.barh(
        row, width, left=left, height=height, color=style.PAPER, edgecolor=style.INK, linewidth=0.5, linestyle=":"
    )
    if width >= readable:
        size = style.CELL_SIZE
        axes.text(left + width / 2, row, numbers.CONFIDENTIAL, ha="center", va="center", fontsize=size, color=style.INK)
