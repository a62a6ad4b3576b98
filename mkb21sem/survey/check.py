"""A wave file checked without raising an error for what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mkb21sem.errors import WaveError
from mkb21sem.survey.examine import Examined, examine
from mkb21sem.survey.exports.log import Recode
from mkb21sem.survey.mark import marked, unmarked
from mkb21sem.survey.problems import Problem, listing, problem_frame
from mkb21sem.survey.readers import read_cells
from mkb21sem.survey.remarks import COLUMNS
from mkb21sem.survey.wave import Source, Wave, codebook_of


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What a check of a wave file found.

    Parameters
    ----------
    file
        The file.
    problems
        What has to be put right; empty if the file can be used.
    remarks
        Columns kind, column, count, remark.
    bases
        Respondents asked and answering by group of questions; empty while there are problems.
    wave
        The wave, if there are no problems.
    recodes
        What was changed in reading, as far as it came.
    """

    file: str
    problems: tuple[Problem, ...]
    remarks: pd.DataFrame
    bases: pd.DataFrame
    wave: Wave | None
    recodes: tuple[Recode, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the file can be used."""
        return not self.problems

    def __str__(self) -> str:
        return listing(self.problems) if self.problems else f"{self.file}: no problems. {self.wave}"

    def frame(self) -> pd.DataFrame:
        """Problems with one line a cell: file, row, column, value, problem, remedy."""
        return problem_frame(self.problems)


def check(
    path: str | Path,
    codebook: Source = None,
    missing_codes: Iterable[float] = (),
    strict: bool = False,
    mapping: str | Path | None = None,
) -> Report:
    """Check a wave file without raising an error for what is wrong with it; arguments as `Wave.read`.

    Raises
    ------
    WaveError
        The codebook or the mapping itself is wrong.
    """
    questions = codebook_of(codebook)
    try:
        cells = read_cells(path)
    except WaveError as error:
        return _failed(path, (_unreadable(path, error),))
    examined = examine(unmarked(cells), questions, missing_codes, strict, mapping)
    if examined.problems:
        return _failed(path, examined.problems, examined)
    noted, recodes = examined.remarks, examined.recodes
    wave = Wave(examined.answers, questions, Path(path).stem, marked(cells), str(path), cells.sha256, noted, recodes)
    return Report(str(path), (), wave.remarks(), wave.bases(), wave, recodes)


def _failed(path: str | Path, problems: tuple[Problem, ...], examined: Examined | None = None) -> Report:
    remarks, recodes = (examined.remarks, examined.recodes) if examined else ((), ())
    lines = [(remark.kind, remark.column, remark.count, remark.remark) for remark in remarks]
    return Report(str(path), problems, pd.DataFrame(lines, columns=COLUMNS), pd.DataFrame(), None, recodes)


def _unreadable(path: str | Path, error: WaveError) -> Problem:
    what, _, remedy = str(error).removeprefix(str(path)).lstrip(":, ").partition(". ")
    return Problem(str(path), what, remedy)
