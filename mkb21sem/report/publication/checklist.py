"""How much of what reviewers ask for a document really holds: a score out of forty.

A point is met by a block of the document that has something in it: a table with rows, a sentence with words, a
picture. A chapter that is taken out takes its points along. The forty items follow the reporting standards of the APA
(Appelbaum et al. 2018, JARS–Quant, Table 7) and Hoyle & Isherwood (2013); one on common-method variance is added.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files

from mkb21sem.report.documents.parts import Block, Document, Drawn, Listing, Paragraph, Section, Tabled, Verbatim

SOURCE = "mkb21sem.report.publication"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the checklist.

    Attributes
    ----------
    number, part
        1–40, and the part of a report that it belongs to.
    source
        J, J1 (APA), H (Hoyle & Isherwood), + (added).
    needs
        Points that must all be there.
    wording
        Language → what is asked.
    """

    number: int
    part: str
    source: str
    needs: tuple[str, ...]
    wording: dict[str, str]


@dataclass(frozen=True, slots=True)
class Score:
    """One item judged: in which sections its points stand, and which points are lacking."""

    item: Item
    where: tuple[str, ...]
    lacking: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether nothing is lacking."""
        return not self.lacking


def items() -> tuple[Item, ...]:
    """The forty items."""
    with files(SOURCE).joinpath("checklist.csv").open(encoding="utf-8") as lines:
        return tuple(
            Item(
                int(row["item"]),
                row["part"],
                row["source"],
                tuple(row["needs"].split()),
                {"en": row["en"], "nl": row["nl"]},
            )
            for row in csv.DictReader(lines)
        )


def scores(document: Document) -> tuple[Score, ...]:
    """Judge every item by what the document holds."""
    stands: dict[str, list[Section]] = {}
    for section in document.walk():
        for block in section.blocks:
            for point in block.shows if holds(block) else ():
                stands.setdefault(point, []).append(section)
    known = {point for item in items() for point in item.needs}
    if strange := sorted(set(stands) - known):
        raise KeyError(f"points that are not on the checklist: {', '.join(strange)}")
    return tuple(
        Score(
            item,
            tuple(dict.fromkeys(section.name for point in item.needs for section in stands.get(point, ()))),
            tuple(point for point in item.needs if point not in stands),
        )
        for item in items()
    )


def holds(block: Block) -> bool:
    """Whether there is anything in a block."""
    match block:
        case Paragraph(text):
            return bool(text.strip())
        case Listing(entries):
            return any(holds(entry) for entry in entries)
        case Tabled(table):
            return len(table.frame) > 0 and (table.rows is None or len(table.rows) > 0)
        case Drawn(svg=svg):
            return bool(svg.strip())
        case Verbatim(text):
            return bool(text.strip())
