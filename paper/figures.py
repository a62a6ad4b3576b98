"""The manuscript's pictures, drawn by the package for a printer without colour."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from mkb21sem.errors import Mkb21Error
from mkb21sem.report.charts.forest import forest
from mkb21sem.report.documents.parts import Drawn
from mkb21sem.report.documents.pictures import of_chart, of_diagram
from mkb21sem.report.drawing.diagram import diagram
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.words import Words
from paper.leaves import LANG

PATHS = "The arrows of the model with their evidence: see the table of hypotheses."


def draw(of: Analysis, folder: Path) -> dict[str, dict[str, str]]:
    """Draw everything that can be drawn of an analysis into a folder.

    Returns
    -------
    dict
        Name of each picture → its file and what it shows in words.
    """
    words = Words(LANG, of.wave.codebook.label)
    names = {name: words.short(name) for name in (*of.model.latents, *of.model.observed)}
    made = [_model(of, names)]
    if of.found.converged:
        made += [_fitted(of, names), _forest(of, words)]
    drawn = [picture for picture in made if picture is not None]
    for picture in drawn:
        (folder / f"{picture.name}.svg").write_text(picture.svg, encoding="utf-8")
    return {picture.name: {"file": f"{picture.name}.svg", "alt": picture.alternative} for picture in drawn}


def _model(of: Analysis, names: dict[str, str]) -> Drawn | None:
    """The model as it is claimed, without a number."""
    try:
        figure = diagram(of.model, lang=LANG, names=names, title="", labels="key")
    except Mkb21Error:
        return None
    return of_diagram("model", figure, Markup(), PATHS)


def _fitted(of: Analysis, names: dict[str, str]) -> Drawn | None:
    """The model with its standardised estimates."""
    try:
        figure = diagram(of.found, lang=LANG, names=names, title="", synthetic=of.wave.synthetic)
    except Mkb21Error:
        return None
    return of_diagram("fitted", figure, Markup(), "The same arrows with their standardised estimates.")


def _forest(of: Analysis, words: Words) -> Drawn:
    """Every hypothesis with its interval."""
    kind = words.plain(f"intervals.{of.inference.sampling.intervals}")
    chart = forest(of.inference.judged, words, kind=kind, synthetic=of.wave.synthetic)
    chart.figure.suptitle("")  # the caption says it
    return of_chart(chart)
