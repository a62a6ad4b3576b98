"""Charts without their title, for whatever prints it above or below them: number and title stand once."""

from __future__ import annotations

import re

from matplotlib.figure import Figure

from mkb21sem.report.drawing.typeset import TITLE_SIZE, measure

PAD = 3.0
"""Points between the edge of a figure and what stands in it, as matplotlib's constrained layout leaves them."""


def take(figure: Figure) -> None:
    """Take the title from a figure that isn't laid out yet, which becomes as much lower."""
    title = figure.get_suptitle()
    if title:
        across, down = figure.get_size_inches()
        figure.suptitle("")
        figure.set_size_inches(across, down - _height(title) / 72)


def cut(svg: bytes, title: str) -> bytes:
    """A finished picture that shows only what stands below its title."""
    if not title:
        return svg
    top = PAD + _height(title)

    def lower(found: re.Match[bytes]) -> bytes:
        across, down = (float(size) for size in found.groups())
        return f'height="{down - top:g}pt" viewBox="0 {top:g} {across:g} {down - top:g}"'.encode()

    return re.sub(rb'height="[\d.]+pt" viewBox="0 0 ([\d.]+) ([\d.]+)"', lower, svg, count=1)


def _height(title: str) -> float:
    """Of a title, in points."""
    return measure(title, TITLE_SIZE, bold=True)[1]
