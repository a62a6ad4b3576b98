"""A document with the real tables and pictures of an analysis, and with everything a text may hold."""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup

from mkb21sem.report import document as page
from mkb21sem.report import numbers
from mkb21sem.report.charts.forest import forest
from mkb21sem.report.documents.parts import Document, Listing, Num, Paragraph, Section, Tabled, Verbatim, say
from mkb21sem.report.documents.pictures import of_chart, of_diagram
from mkb21sem.report.drawing.diagram import diagram
from mkb21sem.report.study import study
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave


@lru_cache(maxsize=1)
def analysed():
    return study(synthetic_wave(), Model.read("mkb21"), Hypothesis.read("mkb21"))


def worded(lang):
    return Words(lang, analysed().wave.codebook.label)


@lru_cache(maxsize=2)
def document(lang="en"):
    """Every table of the analysis, two pictures, sentences with numbers and references, lists and code."""
    of, words = analysed(), worded(lang)
    made = page.every_table(of, words)
    picture = diagram(of.found, lang=lang, synthetic=True)
    drawn = [
        of_diagram("diagram", picture, words("figure.diagram"), words.plain("figure.alt", paths="MOT → ERV .32")),
        of_chart(forest(of.judged, words, synthetic=True)),
    ]
    table = of.found.table()
    arrows = [row for row in table.to_dict("records") if row["op"] == "~"]
    said = [
        say(
            words,
            "pub.judged",
            id=str(at),
            path=words.path(row["rhs"], row["lhs"]),
            verdict=words.plain("verdict.supported"),
            std=Num(row["std"], "bounded2"),
            level="95%",
            ci=Num(row["low"], "interval number3", row["high"]),
            p=Num(row["p"], "equals_p"),
            side=words.plain("pub.two_sided"),
            adjusted=Num(row["p"], "equals_p"),
        )
        for at, row in enumerate(arrows, start=1)
    ]
    refer = Paragraph(Markup("<b>[[table.paths]]</b>, <i>[[figure.diagram]]</i> &amp; [[table.verdicts]]."))
    chapters = [
        _section("survey", words, [say(words, "banner.more", look="note"), *_tabled(made, "bases", "missing")]),
        _section("describe", words, [refer, *_tabled(made, "published", "descriptives", "correlations", "software")]),
        _section(
            "specify",
            words,
            [*_tabled(made, "hypotheses"), Verbatim(str(of.model)), drawn[0]],
        ),
        _section("estimate", words, [*said[:3], *_tabled(made, "paths", "loadings", "covariances", "second_opinion")]),
        _section("validate", words, _tabled(made, "reliability", "suitability", "pattern")),
        Section(
            "infer",
            words("section.infer"),
            (Listing(tuple(said[3:])), Listing(tuple(said[:2]), ordered=True)),
            (
                _section("summary", words, _tabled(made, "indices", "explained"), "infer.verdicts"),
                _section("report", words, [*_tabled(made, "verdicts", "sizes", "beside"), drawn[1]]),
            ),
        ),
        Section("limits", words("report.limits"), ()),
    ]
    n = numbers.count(of.wave.n, lang)
    return Document(
        of.model.title,
        f"{of.wave.name}, N = {n}",
        lang,
        tuple(chapters),
        words.plain("banner"),
        "mkb21sem 0.1.0 · 2012",
    )


def _section(name, words, blocks, key=""):
    return Section(
        name,
        words(key if key and words.has(key) else f"section.{name}" if words.has(f"section.{name}") else name),
        tuple(blocks),
    )


def _tabled(made, *names):
    notes = dict.fromkeys(page.ESTIMATES, "note.estimates")
    return [Tabled(made[name], notes.get(name, "")) for name in names if name in made]


@lru_cache(maxsize=2)
def short(lang="en"):
    """Four tables, one of them with thirty columns, and three sentences: what can be printed often."""
    of, words = analysed(), worded(lang)
    made = page.every_table(of, words)
    said = say(words, "pub.counted", n=Num(1234.0, "count"))
    whole = document(lang)
    sentences = next(section for section in whole.sections if section.name == "estimate").blocks[:3]
    chapter = Section("infer", words("section.infer"), (*sentences, said, *_tabled(made, "paths", "indices")))
    wide = Section("describe", words("section.describe"), tuple(_tabled(made, "explained", "correlations")))
    return Document("Short", "", lang, (chapter, wide), words.plain("banner"), "foot")
