"""Cells of a file → coded answers, with everything that is wrong or remarkable about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.errors import closest
from mkb21sem.survey.cells import Cells
from mkb21sem.survey.codebook import Codebook, Item
from mkb21sem.survey.columns import among, numbers, truths
from mkb21sem.survey.derived import DONT_KNOW, NO_ANSWER, NOT_ASKED, use
from mkb21sem.survey.exports.log import Recode
from mkb21sem.survey.exports.platform import RESPONDENT
from mkb21sem.survey.exports.translate import translated
from mkb21sem.survey.problems import Problem, by_value, one_typo
from mkb21sem.survey.routing import routed, routing_problems

MISSING = (NOT_ASKED, DONT_KNOW, NO_ANSWER)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to know about a wave that doesn't forbid using it.

    Parameters
    ----------
    kind
        "reading", "column", "blank", "missing", "constant", "empty category", "base" and the like.
    column
        The column it is about; empty for the whole file.
    count
        How many cells, rows or respondents.
    remark
        What there is to know.
    """

    kind: str
    column: str
    count: int
    remark: str


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """What a file holds, read with a codebook.

    Parameters
    ----------
    answers : (n, questions)
        Integer codes, indexed by respondent; meaningless while there are problems.
    problems
        What has to be put right first.
    remarks
        What was assumed or left out.
    recodes
        Columns that were renamed and answers that were given a code.
    """

    answers: pd.DataFrame
    problems: tuple[Problem, ...]
    remarks: tuple[Remark, ...]
    recodes: tuple[Recode, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """Which of the file's columns is which question, and which numbers the respondents."""

    place: dict[str, int]
    respondent: int | None
    problems: tuple[Problem, ...]
    remarks: tuple[Remark, ...]


def examine(
    cells: Cells,
    codebook: Codebook,
    missing_codes: Iterable[float] = (),
    strict: bool = False,
    mapping: str | Path | None = None,
) -> Examined:
    """Read cells with a codebook and check them: columns, answers, respondents, codes, routing.

    Parameters
    ----------
    cells
        A file's columns.
    codebook
        The questions.
    missing_codes
        Codes that mean "no answer" in this file; a code that is an answer to a question stays one there.
    strict
        Whether a codebook question without a column is a problem instead of a remark.
    mapping
        A file that says which column is which question and which answer has which code.

    Raises
    ------
    WaveError
        The mapping is wrong.
    """
    done = translated(cells, codebook, mapping)
    file = done.cells
    columns = match_columns(file, codebook, strict)
    respondents, problems = _respondents(file, columns.respondent)
    problems = [*file.problems, *done.problems, *columns.problems, *problems]
    remarks = [Remark("reading", "", 0, note) for note in file.notes]
    remarks += [Remark(*note) for note in done.notes]
    remarks += columns.remarks
    coded: dict[str, NDArray[np.float64]] = {}
    for item in codebook.items:
        if item.id in columns.place:
            coded[item.id], wrong, noted = _codes(file, columns.place[item.id], item, tuple(missing_codes))
            problems += wrong
            remarks += noted
    answers = pd.DataFrame(coded, index=respondents)
    if not coded:
        return Examined(answers, tuple(problems), tuple(remarks), done.recodes)
    complete = routed(answers, codebook)
    problems += routing_problems(complete, codebook, file.rows, file.file)
    if not problems:
        remarks += _blanks(answers, complete) + _rows(complete, codebook)
    named = [_as_named(problem, done.named) for problem in problems]
    return Examined(complete.astype(np.int64), tuple(named), tuple(remarks), done.recodes)


def _as_named(problem: Problem, named: Mapping[str, str]) -> Problem:
    """The problem with the column as the file names it, and its question."""
    name = named.get(problem.column, problem.column)
    return problem if name == problem.column else replace(problem, column=f"{name} ({problem.column})")


def match_columns(cells: Cells, codebook: Codebook, strict: bool = False) -> Columns:
    """Find the column of every question; misspelt ones are problems, others that don't fit remarks."""
    first = {name: at for at, name in reversed(list(enumerate(cells.names)))}
    at = {id: first[id] for id in codebook if id in first}
    folded = {name.casefold(): name for name in reversed(cells.names)}
    remarks = []
    respondent = next((first[folded[name]] for name in RESPONDENT if name in folded), None)
    if respondent is None:
        remarks.append(Remark("column", "", 0, "no column `respondent`: respondents are numbered by row"))
    taken = {*at.values(), respondent}
    extra = [name for name, place in sorted(first.items(), key=lambda pair: pair[1]) if place not in taken]
    lacking = [id for id in codebook if id not in at]
    if not at:
        return Columns(at, respondent, (_no_questions(cells, codebook),), tuple(remarks))
    problems, noted = _unmatched(cells.file, extra, lacking, strict, codebook)
    return Columns(at, respondent, tuple(problems), (*remarks, *noted))


def _no_questions(cells: Cells, codebook: Codebook) -> Problem:
    named = ", ".join(cells.names[:8]) + (" …" if len(cells.names) > 8 else "")
    return Problem(
        cells.file,
        f"none of the codebook's {len(codebook)} questions is a column; its columns are {named}",
        "Put the question ids (REG01, SEC01 …) in the first row, or pass the codebook of this wave.",
    )


def _unmatched(
    file: str, extra: list[str], lacking: list[str], strict: bool, codebook: Codebook
) -> tuple[list[Problem], list[Remark]]:
    """Columns that no question claims, and questions without a column."""
    problems, remarks = [], []
    meant = {name: [id for id in lacking if one_typo(name, id)] for name in extra}
    for name in extra:
        if meant[name]:
            what = f"the codebook has no such question, and no column is {' or '.join(meant[name])}"
            remedy = f"Rename it to {meant[name][0]}, or pass a codebook that has {name}."
            problems.append(Problem(file, what, remedy, (1,), name))
        else:
            hint = closest(name, codebook)
            remarks.append(Remark("column", name, 0, f"not in the codebook, left out.{hint}"))
    misspelt = {id for ids in meant.values() for id in ids}
    for id in lacking:
        if strict and id not in misspelt:
            remedy = f"Add the column, or pass the codebook of this wave.{closest(id, extra)}"
            problems.append(Problem(file, "the file has no such column", remedy, column=id))
        elif id not in misspelt:
            remarks.append(Remark("column", id, 0, "question of the codebook that the file doesn't have"))
    return problems, remarks


def _respondents(cells: Cells, at: int | None) -> tuple[pd.Index, list[Problem]]:
    """Respondent ids, which must be there and differ; row numbers from 1 where the file has none."""
    if at is None:
        return pd.RangeIndex(1, len(cells.rows) + 1, name="respondent"), []
    column, name = cells.columns[at], cells.names[at]
    found = numbers(column)
    remedy = "Give every respondent an id of its own, or delete the column."
    problems = []
    if found.blank.any():
        where = tuple(cells.rows[found.blank].tolist())
        problems.append(Problem(cells.file, "the respondent id is blank", remedy, where, name))
    ids = np.array([_id(cell) for cell in column], dtype=object)
    if all(re.fullmatch(r"0|-?[1-9]\d{0,14}", id) for id in ids):
        ids = ids.astype(np.int64)
    twice = pd.Series(ids).duplicated(keep=False).to_numpy() & ~found.blank
    what = "stands for more than one respondent"
    problems += by_value(cells.file, name, ids, twice, cells.rows, what, remedy)
    return pd.Index(ids, name="respondent"), problems


def _id(cell: object) -> str:
    """Spell an id: 17 for the number 17.0, and 017 as it stands."""
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell).strip()


def _codes(
    cells: Cells, at: int, item: Item, missing_codes: tuple[float, ...]
) -> tuple[NDArray[np.float64], list[Problem], list[Remark]]:
    """One question's codes, NaN where blank or wrong."""
    column, name = cells.columns[at], cells.names[at]
    if item.measure != "binary" and column.dtype.kind == "O" and truths(column).any():
        column = np.array([str(cell).upper() if isinstance(cell, bool) else cell for cell in column], dtype=object)
    found = numbers(column)
    values = found.values.copy()
    kept = [code for code in missing_codes if code in item.codes and (values == code).any()]
    values[among(values, set(missing_codes) - set(kept))] = np.nan
    wrong = ~np.isnan(values) & ~among(values, (*item.codes, *MISSING))
    expected = f"is not one of {_spelled(item.codes)}"
    remedy = 'Correct it, or use --missing-codes if {value} means "no answer".'
    if item.measure == "binary":
        remedy += ' If it means "not ticked", give it code 0 in a mapping file (mkb21sem mapping FILE).'
    problems = _text_problems(cells, name, column, found.text, item)
    problems += by_value(cells.file, name, found.values, wrong, cells.rows, expected, remedy)
    problems += _label_problems(cells, name, item)
    remarks = [
        Remark("missing code", name, int((values == code).sum()), f"{code:g} is an answer here and was kept")
        for code in kept
    ]
    return np.where(wrong, np.nan, values), problems, remarks


def _text_problems(cells: Cells, name: str, column: NDArray[Any], text: NDArray[np.bool_], item: Item) -> list[Problem]:
    """Text that is none of the question's answers."""
    if not text.any():
        return []
    dates = np.array([isinstance(cell, date) for cell in column]) & text
    expected = f"is a date; expected {_spelled(item.codes)}"
    remedy = "Excel makes dates of answers such as 2-9: export the answers again as CSV, or correct the cells."
    problems = by_value(cells.file, name, column, dates, cells.rows, expected, remedy)
    expected = f"is text; expected {_spelled(item.codes)}"
    remedy = "Put the answer's code there, or give the answer a code in a mapping file (mkb21sem mapping FILE)."
    return problems + by_value(cells.file, name, column, text & ~dates, cells.rows, expected, remedy)


def _label_problems(cells: Cells, name: str, item: Item) -> list[Problem]:
    """Value labels of an SPSS file that the codebook gives to another code: the scale runs the other way."""
    problems = []
    for code, label in cells.labels.get(name, {}).items():
        for labels in (item.code_labels_nl, item.code_labels_en):
            meant = dict(zip((each.casefold() for each in labels), item.codes, strict=True))
            other = meant.get(label.strip().casefold(), code)
            if other != code:
                what = f"the file labels code {code:g} '{label}', the codebook gives that label to {other}"
                remedy = "Recode the column, or pass the codebook of this wave."
                problems.append(Problem(cells.file, what, remedy, column=name))
                break
    return problems


def _spelled(codes: tuple[int, ...]) -> str:
    """Spell codes as 1-5 where they follow each other, else one by one."""
    if len(codes) > 2 and list(codes) == list(range(codes[0], codes[-1] + 1)):
        return f"{codes[0]}-{codes[-1]}"
    return ", ".join(map(str, codes))


def _blanks(before: pd.DataFrame, after: pd.DataFrame) -> list[Remark]:
    """How blank cells were read."""
    blank = before.isna().to_numpy()
    words = {NOT_ASKED: "read as -7 (not asked, by routing)", NO_ANSWER: "read as -9 (no answer)"}
    counts = {code: int((blank & (after.to_numpy() == code)).sum()) for code in words}
    return [Remark("blank", "", counts[code], f"blank cells {words[code]}") for code in words if counts[code]]


def _rows(answers: pd.DataFrame, codebook: Codebook) -> list[Remark]:
    """Respondents whose use can't be told, and rows that are the same in every answer."""
    remarks = []
    unknown = int(np.isnan(use(answers, codebook)).sum()) if codebook.battery("GEB") else 0
    if unknown:
        remarks.append(Remark("use", "", unknown, "respondents of whom use or non-use can't be told"))
    same = int(answers.duplicated().sum())
    if same:
        remarks.append(Remark("same rows", "", same, "rows repeat all answers of an earlier row"))
    return remarks
