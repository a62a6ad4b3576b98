"""The model redrawn with numbers on its arrows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mkb21sem.errors import OptionError, closest, one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.report.drawing.canvas import THEMES, drawn_shapes
from mkb21sem.report.drawing.legend import WORDS, sample_line
from mkb21sem.report.drawing.picture import Picture, chosen_labels, group_index, picture
from mkb21sem.report.drawing.scene import compose
from mkb21sem.report.drawing.sheet import MARGIN, Sheet, save
from mkb21sem.report.numbers import LANGUAGES
from mkb21sem.specify.model import Model

__all__ = ["diagram", "diagrams", "node_positions", "save"]

POINTS_PER_CM = 72 / 2.54
PAGE_WIDTH = 17.0
"""Text width of a page in cm, which a drawing fills if its labels allow."""


@dataclass(frozen=True, slots=True)
class Options:
    """The arguments that `diagram` and `diagrams` share; see there."""

    indicators: bool
    labels: str | None
    lang: str
    theme: str
    names: Mapping[str, str] | None
    note: str | None
    positions: Mapping[str, Sequence[float]] | None
    highlight: str | Sequence[str] | None
    synthetic: bool
    covariances: bool
    width: float

    def __post_init__(self) -> None:
        one_of("theme", self.theme, THEMES)
        one_of("lang", self.lang, LANGUAGES)
        if not (isinstance(self.width, int | float) and self.width > 0):
            raise OptionError(f"width must be a number of cm above 0; got {self.width!r}.")

    @property
    def stamped(self) -> bool:
        """Whether SYNTHETIC DATA is printed."""
        return self.synthetic or any(word in (self.note or "").lower() for word in ("synthetic", "synthetisch"))


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
    sheet = _sheet([(found, group)], [""], options, _title(found) if title is None else title, 1)
    return _saved(sheet.draw(), path)


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
    panels = _panels(found)
    heads = list(titles) if titles is not None else [_panel_title(f, group) for f, group in panels]
    if len(heads) != len(panels):
        raise OptionError(f"{len(panels)} drawings need {len(panels)} titles; got {len(heads)}.")
    if columns < 1:
        raise OptionError(f"columns must be 1 or more; got {columns}.")
    return _saved(_sheet(panels, heads, options, title, min(columns, len(panels))).draw(), path)


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


def _sheet(
    panels: Sequence[tuple[Fit | Model, str | None]],
    heads: Sequence[str],
    options: Options,
    title: str,
    columns: int,
) -> Sheet:
    """Collect, place, and set around it what the reader must know."""
    o = options
    drawn = [
        picture(
            found,
            indicators=o.indicators,
            labels=o.labels,
            lang=o.lang,
            names=o.names,
            group=group,
            covariances=o.covariances,
        )
        for found, group in panels
    ]
    scene = compose(drawn, o.width * POINTS_PER_CM - 2 * MARGIN, _pinned(o.positions, drawn))
    shown = [chosen_labels(found, o.labels) for found, _ in panels]
    lines = [sample_line(found, label, o.lang) for (found, _), label in zip(panels, shown, strict=True)]
    if len(set(lines)) > 1:
        lines = [f"{head}: {line}" for head, line in zip(heads, lines, strict=True)]
    return Sheet(
        drawn,
        heads,
        scene,
        THEMES[o.theme],
        max(shown, key=len),
        o.lang,
        title,
        [*dict.fromkeys(lines), *_left_out(drawn, o.lang), *([o.note] if o.note else [])],
        columns,
        _highlighted(o.highlight, drawn),
        o.stamped,
    )


def _left_out(drawn: Sequence[Picture], lang: str) -> list[str]:
    """How many covariances are in the model but not in the drawing."""
    most = max(one.omitted for one in drawn)
    return [WORDS[lang]["omitted"].format(n=most)] if most else []


def _pinned(positions: Mapping[str, Sequence[float]] | None, pictures: Sequence[Picture]) -> dict[str, Sequence[float]]:
    """Positions in points.

    Raises
    ------
    OptionError
        Unknown node, or not two numbers.
    """
    known = [name for drawn in pictures for name in drawn.structural]
    found: dict[str, Sequence[float]] = {}
    for name, at in (positions or {}).items():
        if name not in known:
            raise OptionError(f"positions: the drawing has no node `{name}`.{closest(name, known)}")
        try:
            x, y = (float(v) for v in at)
        except (TypeError, ValueError) as error:
            raise OptionError(f"positions: `{name}` needs two numbers, x and y in cm; got {at!r}.") from error
        found[name] = (x * POINTS_PER_CM, y * POINTS_PER_CM)
    return found


def _highlighted(
    highlight: str | Sequence[str] | None, pictures: Sequence[Picture]
) -> frozenset[tuple[str, str]] | None:
    """The arrows of a path.

    Raises
    ------
    OptionError
        Two consecutive variables without an arrow.
    """
    if highlight is None:
        return None
    path = highlight.replace("->", "→").split("→") if isinstance(highlight, str) else list(highlight)
    path = [name.strip() for name in path]
    pairs = frozenset(pairwise(path))
    arrows = {(e.tail, e.head) for drawn in pictures for e in drawn.edges if not e.two_headed}
    for tail, head in pairs:
        if (tail, head) not in arrows:
            known = [f"{t} → {h}" for t, h in sorted(arrows)]
            raise OptionError(
                f"highlight: the drawing has no arrow {tail} → {head}.{closest(f'{tail} → {head}', known)}"
            )
    if not pairs:
        raise OptionError(f"highlight needs a path of at least two variables, such as 'CUL → MOT'; got {highlight!r}.")
    return pairs


def _panels(found: Sequence[Fit | Model] | Fit) -> list[tuple[Fit | Model, str | None]]:
    if isinstance(found, Fit):
        return [(found, group) for group in found.moments.groups]
    if not found:
        raise OptionError("diagrams needs at least one fit.")
    return [(f, None) for f in found]


def _title(found: Fit | Model) -> str:
    model = found.model if isinstance(found, Fit) else found
    return model.title or model.name


def _panel_title(found: Fit | Model, group: str | None) -> str:
    if group and isinstance(found, Fit):
        return f"{group} (n = {found.moments.n[group_index(found, group)]})"
    return found.model.name if isinstance(found, Fit) else found.name
