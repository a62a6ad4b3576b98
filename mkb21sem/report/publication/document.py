"""The whole report, in the order of a paper: in short, plan, sample, model, fit, verdicts, limits, score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from markupsafe import Markup

from mkb21sem.report.documents.parts import Document, Listing, Paragraph, Section
from mkb21sem.report.publication import (
    closing,
    compared,
    diagnosed,
    effects,
    estimated,
    fitted,
    judging,
    planned,
    sampled,
    specified,
)
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.checklist import Score, scores
from mkb21sem.report.references.listing import with_references
from mkb21sem.report.results import PROGRAM, software
from mkb21sem.report.words import Words

CHAPTERS: tuple[Callable[[Analysis, Words], Section], ...] = (
    closing.short,
    planned.section,
    sampled.section,
    diagnosed.section,
    specified.section,
    estimated.section,
    fitted.section,
    compared.section,
    effects.section,
    judging.section,
    closing.limits,
)


def document(of: Analysis, words: Words) -> Document:
    """The report without its score."""
    wave = of.wave
    sections = tuple(section for chapter in CHAPTERS if (section := chapter(of, words)).filled)
    return Document(
        of.model.title or of.model.name,
        words.plain("pub.subtitle", wave=wave.name),
        words.lang,
        sections,
        words.plain("banner") if wave.synthetic else "",
        words.plain("pub.foot", program=PROGRAM, version=software()[PROGRAM], wave=wave.name),
    )


def scored(of: Analysis, words: Words, made: Sequence[Markup] = ()) -> tuple[Document, tuple[Score, ...]]:
    """The report with its score at the end and what it cites, and the score.

    Parameters
    ----------
    of
        The analysis.
    words
        Language and labels.
    made
        How the numbers were made: a line each, after the score.
    """
    body = document(of, words)
    given = scores(body)
    last = [closing.score(given, body, words)]
    if made:
        said = Listing(tuple(Paragraph(line) for line in made))
        last.append(Section("made", words("provenance.title"), (said,)))
    return with_references(replace(body, sections=(*body.sections, *last)), words), given


def score_of(of: Analysis, words: Words) -> tuple[Score, ...]:
    """The score without printing the report."""
    return scores(document(of, words))
