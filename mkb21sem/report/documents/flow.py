"""A document read from its beginning to its end: headings with their depth, and what stands below them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mkb21sem.report.documents.parts import Block, Document, Section


@dataclass(frozen=True, slots=True, eq=False)
class Heading:
    """A section's heading; ``level`` is 1 for a chapter."""

    section: Section
    level: int


Piece: TypeAlias = Heading | Block


def flow(document: Document) -> Iterator[Piece]:
    """Headings and blocks in order; sections with nothing in them are left out."""
    for section in document.sections:
        yield from _below(section, 1)


def headings(document: Document, deepest: int = 2) -> list[Heading]:
    """What the contents list names."""
    return [piece for piece in flow(document) if isinstance(piece, Heading) and piece.level <= deepest]


def _below(section: Section, level: int) -> Iterator[Piece]:
    if not section.filled:
        return
    yield Heading(section, level)
    yield from section.blocks
    for inner in section.sections:
        yield from _below(inner, level + 1)
