"""What each of the whitepaper's figures shows: which questions, as which shares or means, of whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mkb21sem.survey.codebook import Codebook

WEEKLY, ACTIVE, TOP, BOTTOM, EAST, TICKED = (3, 4, 5), (2, 3, 4, 5), (4, 5), (1, 2), (4, 5, 6), (1,)
MEDIA_SHARES = ("weekly", "active")


@dataclass(frozen=True, slots=True)
class Block:
    """One kind of number in a figure, for every question of a battery.

    Parameters
    ----------
    figure
        Number of the figure, 1 to 13. "Figuur 1" is the chart of provinces; the model has the same number in print.
    kind
        What is counted or averaged: ``level`` (each answer), ``ticked``, ``east``, ``weekly`` (weekly or more),
        ``active`` (more than hardly or never, which is not weekly), ``likely``, ``without`` (boxes 1–2),
        ``plan`` (boxes 4–5), ``ticked_of_all`` (of every respondent, not of those asked), ``mean``, ``difference``
        (experience minus motive), ``scale_mean``, ``alpha``.
    battery
        Letters of the questions.
    codes
        Answers that count; empty for a mean, and for each answer by itself.
    """

    figure: int
    kind: str
    battery: str
    codes: tuple[int, ...] = ()


OUTLINE = (
    Block(1, "level", "REG"),
    Block(1, "east", "REG", EAST),
    Block(2, "level", "SEC"),
    Block(3, "level", "OMV"),
    Block(4, "ticked", "MKT", TICKED),
    Block(5, "level", "ORG"),
    Block(6, "ticked", "SMB", TICKED),
    Block(7, "level", "GEB"),
    Block(7, "weekly", "GEB", WEEKLY),
    Block(7, "active", "GEB", ACTIVE),
    Block(8, "level", "TOE"),
    Block(8, "likely", "TOE", TOP),
    Block(9, "ticked", "NIE", TICKED),
    Block(9, "ticked_of_all", "NIE", TICKED),
    Block(10, "mean", "MAA"),
    Block(10, "without", "MAA", BOTTOM),
    Block(10, "plan", "MAA", TOP),
    Block(11, "mean", "WIJ"),
    Block(12, "mean", "MOT"),
    Block(12, "mean", "ERV"),
    Block(12, "difference", "ERV"),
    Block(13, "mean", "REP"),
    Block(13, "scale_mean", "REP"),
    Block(13, "alpha", "REP"),
)
"""The figures in their order; reputation is a scale, and its items are shown too."""


@dataclass(frozen=True, slots=True)
class Line:
    """One number: the block it stands in, its questions, and the answers that count."""

    block: Block
    items: tuple[str, ...]
    codes: tuple[int, ...]


def lines(codebook: Codebook) -> Iterator[Line]:
    """Every number of the figures that the questions allow, in order.

    Shares of several answers together (weekly or more, boxes 4–5, the East) are left out where a question has other
    answers than the MKB21 questionnaire gives it: they would be another share under the same name.
    """
    for block in OUTLINE:
        ids = tuple(item.id for item in codebook.battery(block.battery))
        if block.kind in ("scale_mean", "alpha"):
            if len(ids) > 1:
                yield Line(block, ids, ())
            continue
        for id in ids:
            if block.kind == "level":
                yield from (Line(block, (id,), (code,)) for code in codebook[id].codes)
            elif block.kind == "difference":
                motive = f"MOT{codebook[id].number}"
                if motive in codebook:
                    yield Line(block, (id, motive), ())
            elif not block.codes or same_answers(codebook, id):
                yield Line(block, (id,), block.codes)


def same_answers(codebook: Codebook, id: str) -> bool:
    """Whether a question has the answers that its battery has in the MKB21 questionnaire."""
    item, shipped = codebook[id], Codebook.read().battery(codebook[id].battery)
    if not shipped or item.codes != shipped[0].codes:
        return False
    return item.measure != "nominal" or item.code_labels_nl == shipped[0].code_labels_nl


def same_question(codebook: Codebook, id: str) -> bool:
    """Whether a question is the one of the MKB21 questionnaire, and not another under the same name."""
    shipped = Codebook.read()
    if id not in codebook or id not in shipped:
        return False
    ours, theirs = codebook[id], shipped[id]
    return ours.codes == theirs.codes and ours.topic("nl").casefold() == theirs.topic("nl").casefold()
