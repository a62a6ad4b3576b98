"""One wave of the monitor: checked answers, their questions, and the variables that follow from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mkb21sem.errors import WaveError, closest
from mkb21sem.survey.cells import cells_of
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.derived import NOT_ASKED, derivations, derive
from mkb21sem.survey.examine import Remark, examine
from mkb21sem.survey.exports.log import Recode, recode_frame
from mkb21sem.survey.mark import marked, unmarked
from mkb21sem.survey.problems import BadWaveError
from mkb21sem.survey.readers import read_cells
from mkb21sem.survey.remarks import bases, missing, remark_frame

Source = Codebook | str | Path | None


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """Answers of one wave, checked against a codebook. Made by `Wave.read` or `Wave.of`.

    Parameters
    ----------
    answers : (n, questions)
        Integer codes indexed by respondent, in the file's order. Missing answers stay distinct:
        −7 not asked because of routing, −8 don't know, −9 no answer. Not to be changed in place.
    codebook
        The questions.
    name
        What to call the wave in tables and pictures.
    synthetic
        Whether the answers were drawn from a model and no firm gave them.
    source
        File or description of where the answers come from.
    sha256
        Of the file, or of the answers where there is no file.
    noted
        What was assumed or left out when the answers were read.
    recodes
        Every column that was read as a question of another name, and every answer that was given a code.
    """

    answers: pd.DataFrame
    codebook: Codebook
    name: str
    synthetic: bool = False
    source: str | None = None
    sha256: str = ""
    noted: tuple[Remark, ...] = ()
    recodes: tuple[Recode, ...] = ()

    @classmethod
    def read(
        cls,
        path: str | Path,
        codebook: Source = None,
        missing_codes: Iterable[float] = (),
        name: str | None = None,
        strict: bool = False,
        mapping: str | Path | None = None,
    ) -> Wave:
        """Read and check a wave from a .csv, .xlsx or .sav file, as LimeSurvey, Qualtrics and others export it.

        Parameters
        ----------
        path
            Questions in the first row, by id or label, a respondent a row, answers as codes or in words. Blank
            cells and SPSS user-missing values become −9, or −7 where routing skipped the question. A file whose
            column `synthetic` says in every row that no respondent gave the answers makes a synthetic wave.
        codebook
            The questions; a Codebook or the path of one. Default: the MKB21 questionnaire.
        missing_codes
            Further codes that mean "no answer"; treated as blank cells. A code that is an answer to a
            question (9 among the sectors) stays one there.
        name
            What to call the wave; default: the file's name without ending.
        strict
            Whether questions of the codebook without a column are problems.
        mapping
            A file with the columns column, item, answer, code that says which column is which question and which
            answer has which code, where names and labels don't tell; `draft_mapping` writes a first one.

        Raises
        ------
        WaveError
            All problems of the file at once, each with row, column, value and what was expected.
        """
        cells = read_cells(path)
        questions = codebook_of(codebook)
        examined = examine(unmarked(cells), questions, missing_codes, strict, mapping)
        if examined.problems:
            raise BadWaveError(examined.problems)
        called = Path(path).stem if name is None else name
        noted, recodes = examined.remarks, examined.recodes
        return cls(examined.answers, questions, called, marked(cells), str(path), cells.sha256, noted, recodes)

    @classmethod
    def of(
        cls,
        answers: pd.DataFrame,
        codebook: Source = None,
        name: str = "wave",
        synthetic: bool = False,
        source: str | None = None,
        missing_codes: Iterable[float] = (),
        strict: bool = False,
    ) -> Wave:
        """Check answers that are already in a frame; rows are counted from 1 in messages.

        Parameters
        ----------
        answers
            Columns as in a wave file; respondents in a column or an index called `respondent`.
        codebook, missing_codes, strict
            As for `read`.
        name, synthetic, source
            As the fields of the same names.

        Raises
        ------
        WaveError
            All problems at once.
        """
        if answers.empty:
            raise WaveError(f"{name}: the frame holds no answers. Give one row a respondent.")
        frame = answers.reset_index() if answers.index.name == "respondent" else answers
        questions = codebook_of(codebook)
        examined = examine(cells_of(frame, name), questions, missing_codes, strict)
        if examined.problems:
            raise BadWaveError(examined.problems)
        content = hashlib.sha256(examined.answers.to_csv(lineterminator="\n").encode()).hexdigest()
        noted, recodes = examined.remarks, examined.recodes
        return cls(examined.answers, questions, name, synthetic, source, content, noted, recodes)

    @property
    def n(self) -> int:
        """Number of respondents."""
        return len(self.answers)

    @property
    def users(self) -> pd.Series[bool]:
        """Who uses at least one medium more than hardly or never (USER = 1), by respondent."""
        return self.derived()["USER"] == 1

    def derived(self) -> pd.DataFrame:
        """Every derived variable that the wave's questions allow, (n, variables); NaN where unknown.

        NaN stands for missing answers and for questions not asked alike; `asked` tells them apart.
        """
        return derive(self.answers, self.codebook)

    def asked(self, names: str | Iterable[str]) -> pd.Series[bool]:
        """Who was asked every question behind the given items and derived variables, by respondent.

        Raises
        ------
        WaveError
            The wave lacks a question that one of them needs.
        """
        wanted = [names] if isinstance(names, str) else list(names)
        ids = list(dict.fromkeys(id for name in wanted for id in self._needed(name)))
        return (self.answers[ids] != NOT_ASKED).all(axis=1)

    def frame(self, items: Iterable[str]) -> pd.DataFrame:
        """Items and derived variables for analysis, (asked, items) floats indexed by respondent.

        Respondents who were not asked one of the items (−7) are left out; −8 and −9 become NaN.

        Raises
        ------
        WaveError
            The wave has no such item, or lacks a question that a derived variable needs.
        """
        names = list(items)
        asked = self.asked(names)
        known = self.answers.where(self.answers >= 0).astype(float)
        wider = known.join(self.derived()) if any(name not in known for name in names) else known
        return wider.loc[asked, names]

    def bases(self) -> pd.DataFrame:
        """Respondents asked and answering, by group of questions, beside the base of the 2012 wave."""
        return bases(self.answers, self.codebook)

    def missing(self) -> pd.DataFrame:
        """Counts of valid answers, −7, −8 and −9 for every question."""
        return missing(self.answers, self.codebook)

    def log(self) -> pd.DataFrame:
        """What was changed in reading: column, item, by, answer, code, count; empty for a file of ids and codes."""
        return recode_frame(self.recodes)

    def remarks(self, group: str | None = None) -> pd.DataFrame:
        """What to know before analysing: assumptions of the reader, bases, missing answers, empty categories.

        Parameters
        ----------
        group
            An item or derived variable, such as ZZP, within whose groups constant items and empty
            categories are looked for as well.

        Returns
        -------
        DataFrame
            Columns kind, column, count, remark.
        """
        by = None if group is None else self.frame([group])[group]
        return remark_frame(self.answers, self.codebook, self.noted, by)

    def __str__(self) -> str:
        what = "synthetic, no real firms" if self.synthetic else self.source or "from a frame"
        return f"{self.name} ({what}): {self.n} respondents, {int(self.users.sum())} users"

    def _needed(self, name: str) -> tuple[str, ...]:
        """Questions behind a name; none behind USER, which everyone has."""
        if name in self.answers:
            return (name,)
        if name == "USER":
            return ()
        known = derivations(self.codebook)
        if name in known:
            lacking = [id for id in known[name].items if id not in self.answers]
            if lacking:
                raise WaveError(f"{name} follows from {', '.join(lacking)}, which {self.name} doesn't have.")
            return known[name].items
        if name in self.codebook:
            raise WaveError(f"{self.name} has no column for `{name}`, a question of the codebook.")
        hint = closest(name, [*self.answers, *known, "USER"])
        raise WaveError(f"{self.name} has no item or derived variable `{name}`.{hint}")


def codebook_of(codebook: Source) -> Codebook:
    """The codebook given, read if it is a file; the MKB21 questionnaire if there is none."""
    return codebook if isinstance(codebook, Codebook) else Codebook.read(codebook)
