"""An export of a survey tool → columns by the codebook's ids, answers by its codes, and a log of every change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.survey.cells import Cells
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.columns import numbers
from mkb21sem.survey.exports.answers import coded, known_answers, options, ticked
from mkb21sem.survey.exports.log import Recode
from mkb21sem.survey.exports.mapping import Given, read_mapping
from mkb21sem.survey.exports.matching import Match, Matcher
from mkb21sem.survey.exports.platform import stripped
from mkb21sem.survey.exports.spelling import folded, spelled
from mkb21sem.survey.item import Item
from mkb21sem.survey.problems import Problem, by_value
from mkb21sem.survey.questionnaire.form import NONE, Block, boxed

UNTICKED = "(blank, another box ticked)"
SPLIT = "(the cell names other boxes)"
RANKS = ("mapping", "exact", "name", "label")

Column = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Translated:
    """A file in the codebook's terms.

    Parameters
    ----------
    cells
        Columns named by questions; columns that no question claims as they were.
    recodes
        Every column that was renamed and every answer that was given a code.
    notes
        What was left out: kind, column, count, remark.
    problems
        What can't be told and has to be put right.
    named
        The file's own name of each question's column.
    """

    cells: Cells
    recodes: tuple[Recode, ...]
    notes: tuple[tuple[str, str, int, str], ...]
    problems: tuple[Problem, ...]
    named: Mapping[str, str]


def translated(cells: Cells, codebook: Codebook, mapping: str | Path | None = None) -> Translated:
    """Bring a file to the codebook's ids and codes.

    Parameters
    ----------
    cells
        The file as it was read.
    codebook
        The questions.
    mapping
        A mapping file, which overrides what would be found by names and labels.

    Raises
    ------
    WaveError
        The mapping is wrong.
    """
    return translation(cells, codebook, mapping).done()


def translation(cells: Cells, codebook: Codebook, mapping: str | Path | None = None) -> Translation:
    """The same as `translated`, with all that was found on the way."""
    tool = stripped(cells)
    given = Given() if mapping is None else read_mapping(mapping, tool.cells, codebook)
    work = Translation(tool.cells, codebook, given, tool.own)
    work.notes += [(kind, "", count, what) for kind, what, count in tool.notes]
    work.find()
    work.code()
    return work


class Translation:
    """The translation of one file, step by step: `find` its columns, `code` its answers, and it is `done`."""

    def __init__(self, cells: Cells, codebook: Codebook, given: Given, own: frozenset[str]) -> None:
        self.cells, self.codebook, self.given, self.own = cells, codebook, given, own
        self.boxed = boxed(codebook)
        self.place: dict[str, int] = {}
        for at, name in enumerate(cells.names):
            self.place.setdefault(name, at)
        self.matches: dict[str, Match] = {}
        self.columns: dict[str, Column] = {}
        self.dropped: set[str] = set(own)
        self.recodes: list[Recode] = []
        self.notes: list[tuple[str, str, int, str]] = []
        self.problems: list[Problem] = []

    def find(self) -> None:
        """Find each question's column."""
        matcher = Matcher(self.codebook)
        claims: dict[str, list[Match]] = {}
        for name in self.place:
            match = self._match(name, matcher)
            if match is not None:
                claims.setdefault(match.item, []).append(match)
        for item, claiming in claims.items():
            ranked = sorted(claiming, key=_rank)
            best = [match for match in ranked if _rank(match) == _rank(ranked[0])]
            if len(best) > 1:
                named = " and ".join(f"`{match.column}`" for match in best)
                remedy = "Delete all but one, or say in a mapping file which to take (mkb21sem mapping FILE)."
                self.problems.append(Problem(self.cells.file, f"{named} all look like {item}", remedy, (1,)))
            self.matches[item] = ranked[0]
            if ranked[0].column != item and _rank(ranked[0]) == RANKS.index("exact"):
                self.notes.append(("column", ranked[0].column, 0, f"read as {item}"))
            for match in ranked[1:]:
                self._drop(match.column, f"left out: {item} was read from `{ranked[0].column}`")
        for letters, block in self.boxed.items():
            if letters in self.matches and any(item.id in self.matches for item in block.items):
                self._drop(self.matches.pop(letters).column, "left out: each of its boxes has a column of its own")

    def _match(self, name: str, matcher: Matcher) -> Match | None:
        if name in self.given.items:
            item = self.given.items[name]
            if not item:
                self._drop(name, "left out, as the mapping says")
            return Match(name, item, "mapping") if item else None
        return None if name in self.dropped else matcher.match(name, self.cells.titles.get(name, ""))

    def _drop(self, name: str, why: str) -> None:
        self.dropped.add(name)
        self.notes.append(("column", name, 0, why))

    def code(self) -> None:
        """Give answers their codes."""
        nobody: dict[str, Column] = {}
        for key, match in self.matches.items():
            column = self.cells.columns[self.place[match.column]]
            if match.column != key:
                self.recodes.append(Recode(match.column, key, match.by, "", None, len(column)))
            if key.endswith(f":{NONE}"):
                nobody[key.removesuffix(f":{NONE}")] = numbers(coded(column, _BOX, {}).column).values
                self.dropped.add(match.column)
            elif key in self.boxed:
                self._split(match, self.boxed[key], column)
            else:
                self.columns[key] = self._coded(match, self.codebook[key], column)
        for letters, block in self.boxed.items():
            self._fill(block, nobody.get(letters))

    def _coded(self, match: Match, item: Item, column: Column) -> Column:
        answers = {**self._of_labels(match.column, item), **self.given.codes.get(match.column, {})}
        done = coded(column, item, answers)
        self.recodes += [Recode(match.column, item.id, by, words, code, n) for words, code, n, by in done.log]
        return done.column

    def _of_labels(self, name: str, item: Item) -> dict[str, int]:
        """Codes of an SPSS column of text (A1, A2 …), by the value labels it has."""
        known = known_answers(item)
        labels = {code: words for code, words in self.cells.labels.get(name, {}).items() if isinstance(code, str)}
        return {folded(code): known[folded(words)] for code, words in labels.items() if folded(words) in known}

    def _split(self, match: Match, block: Block, column: Column) -> None:
        """Several boxes in one cell: a column for each."""
        self.dropped.add(match.column)
        known = {**options(block), **self.given.boxes.get(match.column, {})}
        which, different = pd.factorize(column)
        named = [ticked(spelled(cell), known) for cell in different]
        blank = np.array([spelled(cell) == "" for cell in different] + [True])
        unknown = np.array([bool(part) for _, part in named] + [False])
        if unknown.any():
            parts = np.array([part for _, part in named] + [""], dtype=object)
            what = f"is none of the boxes of {block.letters}"
            remedy = "Correct it, or say in a mapping file which box it is (mkb21sem mapping FILE --out mapping.csv)."
            file, rows = self.cells.file, self.cells.rows
            self.problems += by_value(file, match.column, parts[which], unknown[which], rows, what, remedy)
        for item in block.items:
            code = np.array([float(item.id in ids) for ids, _ in named] + [np.nan])
            code[blank | unknown] = np.nan
            values = code[which]
            self.columns[item.id] = values
            for number, words in ((1, item.topic("nl")), (0, SPLIT)):
                count = int((values == number).sum())
                self.recodes.append(Recode(match.column, item.id, "box", words, number, count))

    def _fill(self, block: Block, nobody: Column | None) -> None:
        """Boxes of which only the ticked ones are exported: a blank beside a tick is not ticked."""
        ids = [item.id for item in block.items if item.id in self.columns]
        if not ids:
            return
        values = np.column_stack([numbers(self.columns[id]).values for id in ids])
        blank = np.column_stack([numbers(self.columns[id]).blank for id in ids])
        if (values == 0).any() or not blank.any():
            return
        answered = (values == 1).any(axis=1)
        if nobody is not None:
            answered |= nobody == 1
        for at, id in enumerate(ids):
            unticked = blank[:, at] & answered
            if unticked.any():
                column = self.columns[id].astype(object)
                column[unticked] = 0
                self.columns[id] = column
                name = self.matches[id].column
                self.recodes.append(Recode(name, id, "box", UNTICKED, 0, int(unticked.sum())))

    def done(self) -> Translated:
        """Put the columns together under their questions."""
        of = {match.column: key for key, match in self.matches.items()}
        names = {name: of.get(name, name) for name in self.place if name not in self.dropped}
        kept = [(new, self.columns.get(new, self.cells.columns[self.place[old]])) for old, new in names.items()]
        kept += [(id, column) for id, column in self.columns.items() if id not in names.values()]
        texts = {name for name, values in self.cells.labels.items() if any(isinstance(code, str) for code in values)}
        unlabelled = texts | set(self.given.codes)
        cells = replace(
            self.cells,
            names=tuple(name for name, _ in kept),
            columns=tuple(column for _, column in kept),
            declared={names.get(name, name): codes for name, codes in self.cells.declared.items()},
            labels={
                names.get(name, name): labels for name, labels in self.cells.labels.items() if name not in unlabelled
            },
        )
        named = {key: match.column for key, match in self.matches.items()}
        return Translated(cells, tuple(self.recodes), tuple(self.notes), tuple(self.problems), named)


_BOX = Item("BOX1", "", "box", "box", (0, 1), ("niet aangekruist", "aangekruist"), ("not ticked", "ticked"), "binary")


def _rank(match: Match) -> int:
    exact = match.by == "name" and match.column.strip().casefold() == match.item.casefold()
    return RANKS.index("exact" if exact else match.by)
