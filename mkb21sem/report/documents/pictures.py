"""Charts and path diagrams as pictures of a document."""

from __future__ import annotations

import re
import struct
from io import BytesIO

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from mkb21sem.report.charts import titles
from mkb21sem.report.charts.style import Chart, styled
from mkb21sem.report.documents.parts import Drawn
from mkb21sem.report.drawing import sheet

CENTIMETRES = 2.54
SHARP = 200
"""Dots an inch of the pictures in Word, which can't take every SVG."""


def of_chart(chart: Chart, shows: tuple[str, ...] = ()) -> Drawn:
    """A chart as a picture, with its caption and its alternative text.

    The caption, which is the chart's title, stands above the picture and so not in it.
    """
    titles.take(chart.figure)
    svg = chart.svg().decode("utf-8")
    with styled():
        png = _png(chart.figure)
    return Drawn(chart.name, escape(chart.caption), chart.alt, svg, png, _width(chart.figure), shows)


def of_diagram(name: str, figure: Figure, caption: Markup, alternative: str, shows: tuple[str, ...] = ()) -> Drawn:
    """A path diagram, as `mkb21sem.report.drawing.diagram.diagram` draws it, as a picture."""
    file = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "mkb21sem", "svg.fonttype": "path"}):
        figure.savefig(file, format="svg", metadata=sheet.METADATA[".svg"])
        png = _png(figure)
    return Drawn(name, caption, alternative, file.getvalue().decode("utf-8"), png, _width(figure), shows)


def _png(figure: Figure) -> bytes:
    file = BytesIO()
    figure.savefig(file, format="png", dpi=SHARP, metadata=sheet.METADATA[".png"])
    return file.getvalue()


def _width(figure: Figure) -> float:
    return float(figure.get_size_inches()[0]) * CENTIMETRES


def height(picture: Drawn) -> float:
    """Height in cm of a picture of its natural width."""
    across, down = _size(picture)
    return picture.width * down / across


def _size(picture: Drawn) -> tuple[float, float]:
    """Width and height, in whatever unit the file has."""
    if picture.png[:8] == b"\x89PNG\r\n\x1a\n":
        across, down = struct.unpack(">II", picture.png[16:24])
        return float(across), float(down)
    box = re.search(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', picture.svg)
    return (float(box.group(1)), float(box.group(2))) if box else (4.0, 3.0)
