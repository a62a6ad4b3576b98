"""How every chart looks: fonts, colours that survive a grey printer, sizes for a page, numbers of the language."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import blended_transform_factory

from mkb21sem.report import numbers
from mkb21sem.report.charts import titles
from mkb21sem.report.drawing import sheet
from mkb21sem.report.drawing.typeset import FONT, NOTE_SIZE, TITLE_SIZE, font, measure
from mkb21sem.report.words import Words

PAGE, COLUMN = 6.3, 3.35
"""Width of a page of A4 between its margins, and of half of it, in inches."""
TALLEST = 9.0
"""Height of a page of A4 between its margins, less its caption, in inches."""
TEXT_SIZE, TICK_SIZE, CELL_SIZE = 8.0, 7.5, 6.5

INK, SOFT, LINE, PAPER = "#1c2128", "#525a65", "#c9ced6", "#ffffff"
PALETTE = ("#004488", "#ddaa33", "#bb5566", "#111111")
"""Series, after Tol's high-contrast scheme: apart in grey and for the colour-blind. Vary MARKERS and HATCHES too."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "++++")
DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))
HEAT = LinearSegmentedColormap.from_list("heat", ["#ffffff", "#c9dcee", "#6f9fca", "#245f9c", "#0a2f5c"])
"""For sizes from 0 (white) to 1 (dark); the number stands in the cell."""
AGAINST, BETWEEN, FOR = ("#8c4a0a", "#e8b878"), "#dddddd", ("#a9c8e6", "#0f4c8a")
SETTINGS = {
    "font.family": FONT,
    "font.size": TEXT_SIZE,
    "axes.titlesize": TEXT_SIZE + 0.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": TEXT_SIZE,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.labelsize": TICK_SIZE,
    "ytick.labelsize": TICK_SIZE,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "text.usetex": False,
    "text.parse_math": False,
    "grid.color": LINE,
    "grid.linewidth": 0.5,
    "legend.fontsize": TICK_SIZE,
    "legend.frameon": False,
    "hatch.linewidth": 0.5,
    "hatch.color": INK,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.5,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "figure.dpi": 100.0,
    "savefig.dpi": 300.0,
}


NOTEBOOK = 110
"""Dots an inch in a notebook."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A finished chart.

    Attributes
    ----------
    name
        Its files are called so.
    figure
        Ready to be saved.
    caption
        What it shows, one sentence.
    alt
        The same for those who can't see it, with what is to be read from it.
    """

    name: str
    figure: Figure
    caption: str
    alt: str

    def save(self, folder: Path, suffixes: tuple[str, ...] = (".svg", ".png")) -> list[Path]:
        """Write the chart into a folder; the paths that were written."""
        made = [folder / f"{self.name}{suffix}" for suffix in suffixes]
        for path in made:
            if path.suffix == ".svg":
                path.write_bytes(self.svg())
            else:
                save(self.figure, path)
        return made

    def svg(self) -> bytes:
        """The chart as SVG. It is laid out once; later calls keep where everything stands."""
        file = BytesIO()
        with styled():
            self.figure.savefig(file, format="svg", metadata=sheet.METADATA[".svg"])
        self.figure.set_layout_engine("none")
        return file.getvalue()

    def _repr_png_(self) -> bytes:
        """The chart as a notebook shows it."""
        file = BytesIO()
        with styled():
            self.figure.savefig(file, format="png", dpi=NOTEBOOK, metadata=sheet.METADATA[".png"])
        return file.getvalue()

    def image(self, svg: bytes | None = None) -> Markup:
        """An HTML element that holds the picture and its alternative text; of the SVG if it was made already.

        The title is cut off, as the page prints it beside the picture.
        """
        whole = self.svg() if svg is None else svg
        held = base64.b64encode(titles.cut(whole, self.figure.get_suptitle())).decode("ascii")
        wide = float(self.figure.get_size_inches()[0])
        style = f"width:100%;max-width:{wide * 1.25:.2f}in;height:auto"
        return Markup('<img alt="{}" style="{}" src="data:image/svg+xml;base64,{}">').format(self.alt, style, held)


@contextmanager
def styled() -> Iterator[None]:
    """The style, whatever the user's own matplotlib settings are. Draw and save inside."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        mpl.rcParams.update({"svg.hashsalt": "mkb21sem", "svg.fonttype": "path", "pdf.fonttype": 42})
        yield


def paper(width: float = PAGE, height: float = 3.4) -> Figure:
    """An empty figure of so many inches, that makes room for what stands in it by itself."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: str | Path) -> None:
    """Write a chart as .svg, .pdf or .png; the same chart gives the same bytes.

    Raises
    ------
    OptionError
        Another suffix.
    """
    with styled():
        sheet.save(figure, path)


def head(figure: Figure, title: str, words: Words, synthetic: bool = False, note: str = "") -> None:
    """Title above, broken to the width of the figure; below it the note, and that the answers were made up."""
    width = float(figure.get_size_inches()[0]) * 72 - 12
    if title:
        figure.suptitle(
            fitted(title, TITLE_SIZE, width, bold=True), x=0.01, ha="left", fontproperties=font(TITLE_SIZE, bold=True)
        )
    below = " ".join(part for part in (note, words.plain("banner") if synthetic else "") if part)
    if below:
        figure.supxlabel(fitted(below, NOTE_SIZE, width), x=0.01, ha="left", fontproperties=font(NOTE_SIZE), color=SOFT)


def stage(
    figure: Figure, down: int, across: int, key_rows: int, shared: bool = True, widths: Sequence[float] = ()
) -> tuple[list[list[Axes]], Axes]:
    """Panels in rows, and below them an empty strip for the key, which so never lies over anything.

    Parameters
    ----------
    figure
        From `paper`.
    down, across
        Rows of panels, and panels in a row.
    key_rows
        Lines of the key.
    shared
        Whether the panels have the same axes.
    widths
        Of the columns, relative.
    """
    inches = float(figure.get_size_inches()[1])
    strip = 0.19 * key_rows
    body = max(inches - strip - 0.8, 0.5) / down
    grid = figure.add_gridspec(down + 1, across, height_ratios=[body] * down + [strip], width_ratios=widths or None)
    first: Axes | None = None
    rows: list[list[Axes]] = []
    for i in range(down):
        rows.append([])
        for j in range(across):
            panel = figure.add_subplot(grid[i, j], sharex=first if shared else None, sharey=first if shared else None)
            if shared and j:
                panel.tick_params(labelleft=False)
            first = first or panel
            rows[-1].append(panel)
    key = figure.add_subplot(grid[down, :])
    key.set_axis_off()
    return rows, key


def key(axes: Axes, handles: Sequence[Artist], labels: Sequence[str], columns: int) -> None:
    """The key, in the strip that `stage` keeps free for it, from the left edge of the figure."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    corner = blended_transform_factory(figure.transFigure, axes.transAxes)
    box = {"bbox_to_anchor": (0.012, 1.0), "bbox_transform": corner}
    made = axes.legend(handles, labels, loc="upper left", ncols=columns, borderaxespad=0.0, handlelength=1.8, **box)
    made.set_in_layout(False)


def shortened(text: str, size: float, width: float) -> str:
    """Text on one line of at most so many points, with an ellipsis where some is left out."""
    if measure(text, size)[0] <= width:
        return text
    while text and measure(f"{text}…", size)[0] > width:
        text = text[:-1].rstrip()
    return f"{text}…"


def fitted(text: str, size: float, width: float, bold: bool = False) -> str:
    """Text broken into lines of at most so many points."""
    if measure(text, size, bold)[0] <= width:
        return text
    letters = max(int(len(text) * width / measure(text, size, bold)[0]), 8)
    while True:
        lines = textwrap.wrap(text, letters, break_long_words=False, break_on_hyphens=False)
        if letters <= 8 or max(measure(line, size, bold)[0] for line in lines) <= width:
            return "\n".join(lines)
        letters -= 1


def ticks(axis: Axis, lang: str, form: Callable[..., str] = numbers.bounded, places: int = 1) -> None:
    """Numbers along an axis as the language writes them; ``form`` is one of `numbers`."""
    axis.set_major_formatter(FuncFormatter(lambda x, at: form(float(x), places, lang)))


def bare(axes: Axes) -> None:
    """Take the frame and the tick marks away: for heat maps and bars with labels."""
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)


def shades(k: int) -> list[str]:
    """k colours from light to dark, for ordered answers without a middle."""
    return [to_hex(HEAT(x)) for x in np.linspace(0.12, 0.95, k)]


def diverging(k: int) -> list[tuple[str, str]]:
    """Colour and hatch of k ordered answers from against to for; the side against is hatched, so that grey tells."""
    half = k // 2
    low = _ramp(AGAINST[0], AGAINST[1], half)
    high = _ramp(FOR[0], FOR[1], half)
    middle = [(BETWEEN, "")] if k % 2 else []
    return [(c, "////") for c in low] + middle + [(c, "") for c in high]


def _ramp(first: str, last: str, k: int) -> list[str]:
    a, b = np.array(to_rgb(first)), np.array(to_rgb(last))
    return [to_hex(a + (b - a) * t) for t in (np.linspace(0, 1, k) if k > 1 else [0.5] * k)]


def ink_on(colour: str | tuple[float, ...]) -> str:
    """Black or white, whichever can be read on a colour."""
    channel = np.array(to_rgb(colour))
    linear = np.where(channel <= 0.03928, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)
    return PAPER if float(linear @ np.array([0.2126, 0.7152, 0.0722])) < 0.25 else INK
