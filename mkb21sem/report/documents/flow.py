"""A document read from its beginning to its end: headings with their depth, and what stands below them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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


def sheets(pieces: Sequence[Piece], turned: Callable[[Piece], bool]) -> list[tuple[bool, list[Piece]]]:
    """Pieces in groups that stand on upright or on turned pages; a heading goes along with what follows it.

    Parameters
    ----------
    pieces
        From `flow`.
    turned
        Whether a piece needs a turned page.
    """
    made: list[tuple[bool, list[Piece]]] = []
    for piece in pieces:
        across = turned(piece)
        if not made:
            made.append((across, []))
        elif made[-1][0] != across:
            along: list[Piece] = []
            while made[-1][1] and isinstance(made[-1][1][-1], Heading):
                along.insert(0, made[-1][1].pop())
            if not made[-1][1]:
                made.pop()
            made.append((across, along))
        made[-1][1].append(piece)
    return made
