"""The model redrawn with numbers on its arrows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mkb21sem.estimate.fit import Fit
from mkb21sem.report.drawing.canvas import drawn_shapes
from mkb21sem.report.drawing.options import PAGE_WIDTH, POINTS_PER_CM, Options
from mkb21sem.report.drawing.panels import beside, single
from mkb21sem.report.drawing.sheet import save
from mkb21sem.specify.model import Model

__all__ = ["diagram", "diagrams", "node_positions", "save"]


def diagram(
    found: Fit | Model,
    path: str | Path | None = None,
    *,
    indicators: bool = False,
    labels: str | None = None,
    lang: str = "en",
    theme: str = "print",
    names: Mapping[str, str] | None = None,
    note: str | None = None,
    positions: Mapping[str, Sequence[float]] | None = None,
    highlight: str | Sequence[str] | None = None,
    title: str | None = None,
    synthetic: bool = False,
    group: str | None = None,
    covariances: bool = True,
    width: float = PAGE_WIDTH,
) -> Figure:
    """Draw the path diagram of a fitted or only specified model.

    Layers run from left (nothing points at them) to right, ellipses are constructs, boxes observed variables.
    Arrows are solid if p < .05, dashed if not, wider with |standardised estimate|, with an open head if negative;
    a raised letter tells the evidence of each.

    Parameters
    ----------
    found
        A `Fit`, or a `Model` without numbers.
    path
        Where to save: .svg, .pdf or .png. Nothing is saved without it.
    indicators
        Whether items and their loadings are drawn.
    labels
        ``std`` (default for a fit), ``est``, either with ``+stars`` or ``+interval``, ``key`` (name of the arrow;
        default for a model) or ``none``.
    lang
        en or nl.
    theme
        print (greyscale), screen or slides.
    names
        Variable → text to write for it.
    note
        A line for below the drawing.
    positions
        Node → (x, y) in cm of its centre, as `node_positions` returns them; nodes left out are placed by the
        layout.
    highlight
        A path such as ``"CUL → MOT → ERV"`` or its variables in order; all else is greyed.
    title
        Default: the model's; "" for none.
    synthetic
        Print SYNTHETIC DATA. A note that says synthetic has it printed too.
    group
        Which group of a fit with several; `diagrams` draws all.
    covariances
        Whether arcs are drawn.
    width
        In cm; more is taken where labels need it.

    Returns
    -------
    Figure

    Raises
    ------
    OptionError
        An option has an unknown value, or names what the model doesn't have.
    """
    options = Options(indicators, labels, lang, theme, names, note, positions, highlight, synthetic, covariances, width)
    return _saved(single(found, group, options, title).draw(), path)


def diagrams(
    found: Sequence[Fit | Model] | Fit,
    titles: Sequence[str] | None = None,
    path: str | Path | None = None,
    *,
    indicators: bool = False,
    labels: str | None = None,
    lang: str = "en",
    theme: str = "print",
    names: Mapping[str, str] | None = None,
    note: str | None = None,
    positions: Mapping[str, Sequence[float]] | None = None,
    highlight: str | Sequence[str] | None = None,
    title: str = "",
    synthetic: bool = False,
    covariances: bool = True,
    columns: int = 2,
    width: float = PAGE_WIDTH,
) -> Figure:
    """Draw several fits (waves, models), or the groups of one, beside each other over one layout.

    Parameters
    ----------
    found
        Fits or models, or one fit with groups.
    titles
        One above each panel; default: names of the groups or models.
    columns
        Panels in a row.
    width
        Of one panel, in cm.

    Returns
    -------
    Figure

    Raises
    ------
    OptionError
        Nothing to draw, or not one title a panel.

    See Also
    --------
    diagram : for the other arguments.
    """
    options = Options(indicators, labels, lang, theme, names, note, positions, highlight, synthetic, covariances, width)
    return _saved(beside(found, titles, options, title, columns).draw(), path)


def node_positions(figure: Figure) -> dict[str, tuple[float, float]]:
    """Centre of every structural node in cm, to be changed by hand, saved and given to `diagram`.

    The leftmost centre has x = 0, the lowest y = 0. Items that hang on a construct move with it and are not listed.
    """
    shapes = drawn_shapes(figure.axes[0])
    centres = {name.removeprefix("node:"): s.centre for name, s in shapes.items() if name.startswith("node:")}
    centres = {name: centre for name, centre in centres.items() if " (" not in name}
    least = np.min(list(centres.values()), axis=0)
    return {name: tuple(np.round((at - least) / POINTS_PER_CM, 3).tolist()) for name, at in centres.items()}


def _saved(figure: Figure, path: str | Path | None) -> Figure:
    if path is not None:
        save(figure, path)
    return figure
