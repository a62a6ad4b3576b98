"""How the report begins and ends: what was found in short, what it can't show, and how complete it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
from markupsafe import Markup, escape

from mkb21sem.report import judged, prose
from mkb21sem.report.documents.parts import (
    Block,
    Document,
    Listing,
    Num,
    Paragraph,
    Section,
    Tabled,
    joined,
    say,
)
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.publication.checklist import Score
from mkb21sem.report.publication.said import NOTE
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words


def short(of: Analysis, words: Words) -> Section:
    """Who answered, how well the model fits, what became of the hypotheses."""
    return Section("short", words("pub.short"), tuple(_short(of, words)))


def _short(of: Analysis, words: Words) -> Iterator[Block]:
    if not of.found.converged:
        yield say(words, "not_converged", look="warning")
        yield say(words, "cause", cause=of.found.cause, look="warning")
    yield joined(*prose.summary(of.study, words))
    given = of.inference.judged
    if of.found.converged and given and of.claimed:
        counted = [
            say(words, "pub.count", n=Num(n, "count"), verdict=words(f"verdict.{name}"))
            for name, n in judged.counts(given)
        ]
        yield joined(say(words, "pub.counted", n=Num(len(given), "count")), *counted)


def limits(of: Analysis, words: Words) -> Section:
    """What the analysis can't show."""
    own = of.declaration.limits
    said = tuple(prose.limits(of.study, words))
    blocks: list[Block] = [Listing(said, shows=("40.limits",))]
    if own:
        blocks.append(say(words, "pub.own_limits"))
        blocks.append(Paragraph(escape(own), look="quotation"))
    if of.absent:
        blocks.append(say(words, "pub.absent"))
        blocks.append(
            Listing(
                tuple(say(words, "pub.absent.one", what=words(f"pub.what.{what}"), why=why) for what, why in of.absent)
            )
        )
    if of.threshold:
        blocks.append(say(words, "privacy.publication", threshold=Num(of.threshold, "count")))
        if of.found.layout.thresholds:
            blocks.append(say(words, "privacy.thresholds"))
    elif not of.wave.synthetic:
        blocks.append(say(words, "privacy.off", look=NOTE))
    return Section("limits", words("pub.limits"), tuple(blocks))


def score_table(given: Sequence[Score], document: Document, words: Words) -> Table:
    """Every item of the checklist, whether it is met, and in which section."""
    headings = {section.name: section.heading.striptags() for section in document.walk()}
    frame = pd.DataFrame(
        {
            "item": [each.item.number for each in given],
            "wording": [each.item.wording[words.lang] for each in given],
            "source": [each.item.source for each in given],
            "met": ["yes" if each.met else "no" for each in given],
            "where": ["; ".join(headings[name] for name in each.where) for each in given],
            "lacking": [" ".join(each.lacking) for each in given],
        }
    )
    columns = (
        Column("checklist_item", "count", of=("item",)),
        Column("checklist_wording", of=("wording",)),
        Column("checklist_source", of=("source",)),
        Column("met", "word"),
        Column("checklist_where", of=("where",)),
    )
    return Table("checklist", frame, columns, wide=True)


def score(given: Sequence[Score], document: Document, words: Words) -> Section:
    """The report's own score, item by item."""
    met = sum(each.met for each in given)
    missed = [each for each in given if not each.met]
    blocks: list[Block] = [
        say(words, "pub.score", met=Num(met, "count"), all=Num(len(given), "count")),
        say(words, "pub.score.how"),
    ]
    if missed:
        blocks.append(say(words, "pub.score.missed"))
        blocks.append(Listing(tuple(_missed(each, words) for each in missed)))
    blocks.append(Tabled(score_table(given, document, words)))
    return Section("checklist", words("pub.checklist"), tuple(blocks))


def _missed(of: Score, words: Words) -> Paragraph:
    """An item that is not met, and what would meet it."""
    advice = f"pub.missed.{of.item.number}"
    text = words(advice) if words.has(advice) else Markup("")
    return say(words, "pub.score.item", number=of.item.number, wording=of.item.wording[words.lang], advice=text)
