"""The dossier's chapters: what is said, drawn and listed under each heading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from markupsafe import Markup

from mkb21sem.report.charts.style import Chart
from mkb21sem.report.dossier.inquiry import Inquiry
from mkb21sem.report.dossier.meanings import meaning, reconstructed
from mkb21sem.report.dossier.sentences import told
from mkb21sem.report.pages import numbered
from mkb21sem.report.table import Table
from mkb21sem.report.words import Words

SECTIONS: dict[str, tuple[str, ...]] = {
    "screen": ("d_items", "d_tests", "d_respondents"),
    "explore": ("d_adequacy", "d_retention", "d_explored_fit"),
    "forms": ("d_rivals", "d_congruence"),
    "confirm": ("d_fit", "d_loadings", "d_misfit"),
    "reliability": ("d_reliability", "d_dropped"),
    "validity": ("d_fornell", "d_latent", "d_ratios"),
    "method": ("d_inflation", "d_moved", "d_marker"),
}
RULES: dict[str, tuple[str, ...]] = {
    "d_items": ("shape", "crowded", "weak", "reversed"),
    "d_tests": ("mardia", "mcar"),
    "d_respondents": (
        "careless_longstring",
        "careless_straight",
        "careless_irv",
        "careless_distance",
        "careless_duplicate",
    ),
    "d_adequacy": ("kmo", "bartlett"),
    "d_retention": ("retain_parallel", "retain_parallel_mean", "retain_map", "retain_map4", "retain_kaiser"),
    "d_explored_fit": ("fit",),
    "d_rivals": ("rivals",),
    "d_congruence": ("congruence",),
    "d_fit": ("fit",),
    "d_loadings": ("loading",),
    "d_misfit": ("misfit",),
    "d_reliability": ("reliability", "variance"),
    "d_dropped": ("dropped",),
    "d_fornell": ("fornell_larcker", "variance"),
    "d_latent": ("correlation",),
    "d_ratios": ("htmt",),
    "d_inflation": ("collinearity", "harman"),
    "d_moved": ("method",),
    "d_marker": ("marker", "smallest"),
}
"""Table → rules of thumb that were applied, each with source and criticism: the texts ``rule.<name>``."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One thing that was asked.

    Attributes
    ----------
    name
        Of its table.
    sentences
        What the numbers mean; of several groups each with the group before it.
    rules
        Rules of thumb with source and criticism.
    charts
        Pictures.
    table
        The numbers; None where there are none.
    """

    name: str
    sentences: tuple[Markup, ...]
    rules: tuple[Markup, ...]
    charts: tuple[Chart, ...]
    table: Table | None


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A heading and what stands below it."""

    name: str
    heading: Markup
    blocks: tuple[Block, ...]
    remarks: tuple[Markup, ...] = ()


def sections(
    found: Sequence[Inquiry], tables: Mapping[str, Table], charts: Mapping[str, Sequence[Chart]], words: Words
) -> list[Section]:
    """All chapters in their order; a chapter without anything is left out."""
    made = []
    for name, asked in SECTIONS.items():
        blocks = tuple(block for table in asked if (block := _block(table, found, tables, charts, words)) is not None)
        key = "forms_other" if name == "forms" and not found[0].structure.forms else name
        if blocks:
            made.append(Section(name, words(f"dossier.{key}"), blocks, _remarks(name, found, words)))
    return made


def _block(
    name: str,
    found: Sequence[Inquiry],
    tables: Mapping[str, Table],
    charts: Mapping[str, Sequence[Chart]],
    words: Words,
) -> Block | None:
    sentences = tuple(sentence for one in found for sentence in spoken(name, one, words))
    if not sentences and name not in tables:
        return None
    rules = tuple(words(f"rule.{rule}") for rule in RULES[name])
    return Block(name, sentences, rules, tuple(charts.get(name, ())), tables.get(name))


def spoken(name: str, one: Inquiry, words: Words, only: tuple[str, ...] = ("",)) -> list[Markup]:
    """What a table means for one set of respondents, the group before it; ``only`` findings whose key begins so."""
    said = told((each for each in meaning(name, one) if each.key.startswith(only)), words)
    return [Markup("<b>{}</b>: {}").format(one.group, sentence) for sentence in said] if one.group else said


def _remarks(section: str, found: Sequence[Inquiry], words: Words) -> tuple[Markup, ...]:
    if section == "method":
        return (words("dossier.structural" if found[0].method_structural else "dossier.measurement"),)
    return ()


def limits(found: Sequence[Inquiry], words: Words) -> list[Markup]:
    """What can't be said: reconstruction, no dropping, one sample, and what could not be had."""
    said = []
    for construct, items in reconstructed(found[0]):
        name = words.short(construct)
        if len(items) == len(found[0].structure.constructs[construct]):
            said.append(words("dossier.reconstruction_whole", construct=name))
        else:
            said.append(words("dossier.reconstruction", construct=name, items=words.listed(items)))
    said += [words("dossier.flagged"), words("dossier.sample_same")]
    for one in found:
        for what, cause in one.absent:
            told_of = f"{one.group}: {what}" if one.group else what
            said.append(words("dossier.absent", what=told_of, cause=cause))
    return said


def shown(made: Sequence[Section], images: Mapping[str, Markup], words: Words, mark: str = "") -> list[dict[str, Any]]:
    """Sections as the template wants them; ``mark`` stands before the numbers of tables and figures."""
    numbers, drawn = count(1), count(1)
    return [
        {
            "name": section.name,
            "heading": section.heading,
            "remarks": section.remarks,
            "blocks": [
                {
                    "sentences": block.sentences,
                    "charts": [_drawn(chart, images[chart.name], f"{mark}{next(drawn)}") for chart in block.charts],
                    "table": numbered(block.table, f"{mark}{next(numbers)}", words) if block.table else None,
                    "rules": block.rules,
                }
                for block in section.blocks
            ],
        }
        for section in made
    ]


def _drawn(chart: Chart, image: Markup, number: str) -> dict[str, Any]:
    return {"image": image, "number": number, "caption": chart.caption}
