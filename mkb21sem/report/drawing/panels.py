"""From fits to a sheet: each panel collected, all placed at once, and what the reader must know added."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mkb21sem.errors import Mkb21Error, OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.effects.effects import effects
from mkb21sem.report.drawing.annotation import chosen_labels
from mkb21sem.report.drawing.canvas import THEMES
from mkb21sem.report.drawing.legend import sample_line
from mkb21sem.report.drawing.options import POINTS_PER_CM, Options
from mkb21sem.report.drawing.picture import Picture, group_index, picture
from mkb21sem.report.drawing.scene import compose
from mkb21sem.report.drawing.sheet import MARGIN, Sheet
from mkb21sem.report.numbers import bounded, equals_p, interval
from mkb21sem.report.words import Words
from mkb21sem.specify.model import Model

Panel = tuple[Fit | Model, str | None]
"""A fit or a model, and which of its groups."""


def single(found: Fit | Model, group: str | None, options: Options, title: str | None = None) -> Sheet:
    """One drawing; its title is the model's unless another is given."""
    return _sheet([(found, group)], [""], options, _title(found) if title is None else title, 1)


def beside(
    found: Sequence[Fit | Model] | Fit,
    titles: Sequence[str] | None,
    options: Options,
    title: str = "",
    columns: int = 2,
) -> Sheet:
    """Several drawings over one layout: of fits or models, or of the groups of one fit.

    Raises
    ------
    OptionError
        Nothing to draw, or not one title a panel.
    """
    panels = _panels(found)
    heads = list(titles) if titles is not None else [_panel_title(f, group) for f, group in panels]
    if len(heads) != len(panels):
        raise OptionError(f"{len(panels)} drawings need {len(panels)} titles; got {len(heads)}.")
    if columns < 1:
        raise OptionError(f"columns must be 1 or more; got {columns}.")
    return _sheet(panels, heads, options, title, min(columns, len(panels)))


def _sheet(panels: Sequence[Panel], heads: Sequence[str], options: Options, title: str, columns: int) -> Sheet:
    """Collect, place, and set around it what the reader must know."""
    o = options
    drawn = [_picture(found, group, o) for found, group in panels]
    path = o.path(drawn)
    scene = compose(drawn, o.width * POINTS_PER_CM - 2 * MARGIN, o.pinned(drawn))
    shown = [chosen_labels(found, o.labels) for found, _ in panels]
    lines = _told([sample_line(found, label, o.lang) for (found, _), label in zip(panels, shown, strict=True)], heads)
    along = _told([_along(found, group, path, o) for found, group in panels], heads)
    return Sheet(
        drawn,
        heads,
        scene,
        THEMES[o.theme],
        max(shown, key=len),
        o.lang,
        title,
        [*lines, *along, *_left_out(drawn, o.lang), *([o.note] if o.note else [])],
        columns,
        frozenset(pairwise(path)) if path else None,
        o.stamped,
    )


def _picture(found: Fit | Model, group: str | None, o: Options) -> Picture:
    return picture(
        found,
        indicators=o.indicators,
        labels=o.labels,
        lang=o.lang,
        names=o.names,
        group=group,
        covariances=o.covariances,
    )


def _told(lines: Sequence[str], heads: Sequence[str]) -> list[str]:
    """What holds for all panels once, else each with the heading of its panel."""
    if len(set(lines)) > 1:
        return [f"{head}: {line}" for head, line in zip(heads, lines, strict=True) if line]
    return [line for line in dict.fromkeys(lines) if line]


def _along(found: Fit | Model, group: str | None, path: Sequence[str], o: Options) -> str:
    """The effect along a highlighted path of two arrows or more; "" where there is none."""
    if len(path) < 3 or not (isinstance(found, Fit) and found.converged):
        return ""
    try:
        listed = effects(found, source=path[0], outcome=path[-1])
    except Mkb21Error:
        return ""
    here = found.moments.groups[group_index(found, group)]
    rows = listed[(listed["path"] == " -> ".join(path)) & (listed["effect"] == "indirect") & (listed["group"] == here)]
    if len(rows) != 1 or not np.isfinite(rows.iloc[0]["std_se"]):
        return ""
    row = rows.iloc[0]
    texts = o.names or {}
    return Words(o.lang).plain(
        "drawing.along",
        path=" → ".join(texts.get(name, name) for name in path),
        std=bounded(row["std"], lang=o.lang),
        interval=interval(row["std_low"], row["std_high"], bounded, lang=o.lang),
        p=equals_p(row["std_p"], o.lang),
    )


def _left_out(drawn: Sequence[Picture], lang: str) -> list[str]:
    """How many covariances are in the model but not in the drawing."""
    most = max(one.omitted for one in drawn)
    return [Words(lang).plain("drawing.omitted", n=most)] if most else []


def _panels(found: Sequence[Fit | Model] | Fit) -> list[Panel]:
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
