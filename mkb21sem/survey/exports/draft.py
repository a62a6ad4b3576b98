"""A first mapping file for an export: what was told by names and labels, and what is left for the user."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from mkb21sem.survey.cells import Cells
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.columns import among, numbers
from mkb21sem.survey.exports.answers import options, ticked
from mkb21sem.survey.exports.mapping import MISSING
from mkb21sem.survey.exports.matching import Match
from mkb21sem.survey.exports.platform import RESPONDENT
from mkb21sem.survey.exports.spelling import folded, spelled
from mkb21sem.survey.exports.translate import Translation, translation
from mkb21sem.survey.item import LANGUAGES
from mkb21sem.survey.questionnaire.form import NONE, Block
from mkb21sem.survey.readers import read_cells

COLUMNS = ("column", "item", "answer", "code", "count", "note")
MOST = 40
"""Different answers of a column that are listed; a column with more is open text."""

Line = tuple[str, str, str, object, object, str]


def draft_mapping(
    path: str | Path, codebook: Codebook | None = None, mapping: str | Path | None = None
) -> pd.DataFrame:
    """Draft a mapping file: a line for each column, and for each of its answers that isn't a code.

    Parameters
    ----------
    path
        The export.
    codebook
        The questions; default: the MKB21 questionnaire.
    mapping
        An earlier draft, edited: what it says stands.

    Returns
    -------
    DataFrame
        Columns column item answer code count note. Lines whose item or code is blank are for the user to fill in; a
        column whose item stays blank is left out.

    Raises
    ------
    WaveError
        The file or the earlier draft can't be read.
    """
    questions = Codebook.read() if codebook is None else codebook
    work = translation(read_cells(path), questions, mapping)
    by_column = {match.column: match for match in work.matches.values()}
    lines: list[Line] = []
    for name in work.place:
        if name in work.own or folded(name) in RESPONDENT:
            continue
        match = by_column.get(name)
        if match is None:
            lines.append((name, "", "", "", "", _note(name, work.cells, questions)))
            continue
        item = match.item.removesuffix(f":{NONE}")
        lines.append((name, item, "", "", "", f"told by its {match.by}" if match.by != "mapping" else "as you said"))
        lines += _answers(work, match)
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _note(name: str, cells: Cells, codebook: Codebook) -> str:
    """What an unknown column looks like."""
    words = f"{name} {cells.titles.get(name, '')}"
    tail = words.rpartition("[")[2].strip(" ]") if "[" in words else words.rpartition(" - ")[2]
    alike = [
        item.id
        for item in codebook.items
        for lang in LANGUAGES
        if get_close_matches(folded(tail), [folded(item.topic(lang)), folded(item.label(lang))], n=1, cutoff=0.8)
    ]
    hint = f"; looks like {' or '.join(dict.fromkeys(alike))}" if alike else ""
    return f"unknown: left out unless you name its item{hint}"


def _answers(work: Translation, match: Match) -> Iterator[Line]:
    """The answers of a column that had or need a code."""
    told = [each for each in work.recodes if each.column == match.column and each.code is not None]
    if match.item in work.boxed:
        yield from _boxes(work, match, work.boxed[match.item])
        return
    for each in told:
        if each.by != "box":
            yield each.column, each.item, each.answer, each.code, each.count, f"told by its {each.by}"
    known = {folded(each.answer) for each in told}
    column = work.cells.columns[work.place[match.column]]
    read = numbers(column)
    codes = (*work.codebook[match.item].codes, *MISSING) if match.item in work.codebook else (0, 1)
    wrong = read.text | ~(np.isnan(read.values) | among(read.values, codes))
    text = [words for cell in column[wrong] if folded(words := spelled(cell)) not in known]
    counts = pd.Series(text, dtype=object).value_counts(sort=True)
    for answer, count in counts.head(MOST).items():
        yield match.column, match.item, str(answer), "", int(count), "unknown: fill in the code"
    if len(counts) > MOST:
        yield match.column, match.item, "", "", "", f"and {len(counts) - MOST} more different answers"


def _boxes(work: Translation, match: Match, block: Block) -> Iterator[Line]:
    known = {**options(block), **work.given.boxes.get(match.column, {})}
    column = work.cells.columns[work.place[match.column]]
    counts = pd.Series([spelled(cell) for cell in column], dtype=object).value_counts()
    parts: dict[str, int] = {}
    for cell, often in counts.items():
        unknown = ticked(str(cell), known)[1]
        if unknown:
            parts[unknown] = parts.get(unknown, 0) + int(often)
    for answer, name in work.given.boxes.get(match.column, {}).items():
        yield match.column, name or match.item, answer, 1 if name else 0, "", "as you said"
    for part, count in list(parts.items())[:MOST]:
        yield match.column, match.item, part, "", count, f"unknown: name the box ({block.items[0].id} …), code 1"
