"""The dossier as a chapter of the report: its sentences, three pictures, and the tables that answer its questions."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from mkb21sem.errors import Mkb21Error
from mkb21sem.report.dossier.inquiry import Depth, Inquiry, inquire
from mkb21sem.report.dossier.pictures import pictures
from mkb21sem.report.dossier.sections import limits, sections, shown
from mkb21sem.report.dossier.sentences import called
from mkb21sem.report.dossier.tables import every
from mkb21sem.report.pages import rendered
from mkb21sem.report.words import Words
from mkb21sem.survey.wave import Wave

LIGHT = Depth(draws=200, random=200, polychoric=False, thorough=False)
"""The report is quick; `mkb21sem validate` does the rest."""
LISTED = ("d_retention", "d_rivals", "d_fit", "d_fornell", "d_ratios", "d_moved")
DRAWN = ("d_explored_fit", "d_reliability", "d_ratios")


def chapter(wave: Wave, lang: str) -> Markup:
    """What the report says of the measurement, as HTML; empty of a wave without scales.

    Parameters
    ----------
    wave
        The answers.
    lang
        "en" or "nl".
    """
    words = Words(lang, called(wave.codebook))
    try:
        found = (inquire(wave, depth=LIGHT),)
    except Mkb21Error:
        return Markup("")
    page = {"sections": _shown(found, words), "limits": limits(found, words), "synthetic": wave.synthetic}
    return Markup(rendered("dossier_chapter.html", page, words))  # escaped by its template


def _shown(found: tuple[Inquiry, ...], words: Words) -> list[dict[str, Any]]:
    tables = {name: table for name, table in every(found, words).items() if name in LISTED}
    charts = pictures(found, words, DRAWN)
    images = {chart.name: chart.image() for own in charts.values() for chart in own}
    return shown(sections(found, tables, charts, words), images, words, mark="V")
