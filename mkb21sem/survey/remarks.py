"""What to know about a wave's answers that doesn't forbid using them: bases, missing answers, empty categories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from mkb21sem.survey.codebook import Codebook, Item
from mkb21sem.survey.derived import DONT_KNOW, NO_ANSWER, NOT_ASKED
from mkb21sem.survey.examine import Remark

COLUMNS = ["kind", "column", "count", "remark"]


def bases(answers: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Respondents asked and answering, by group of questions.

    Returns
    -------
    DataFrame
        construct, questions, asked, n_asked (were put at least one question), n_complete (answered all),
        base_2012 (as published).
    """
    lines = []
    for construct in codebook.constructs:
        items = [item for item in codebook.items if item.construct == construct and item.id in answers]
        if items:
            block = answers[[item.id for item in items]]
            n_asked = int((block != NOT_ASKED).any(axis=1).sum())
            n_complete = int((block >= 0).all(axis=1).sum())
            lines.append((construct, len(items), items[0].asked, n_asked, n_complete, items[0].base_n))
    names = ["construct", "questions", "asked", "n_asked", "n_complete", "base_2012"]
    return pd.DataFrame(lines, columns=names).astype({"base_2012": "Int64"})


def missing(answers: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Counts for every question, indexed by item: valid, not_asked (−7), dont_know (−8), no_answer (−9)."""
    codes = {"not_asked": NOT_ASKED, "dont_know": DONT_KNOW, "no_answer": NO_ANSWER}
    counts = {"valid": (answers >= 0).sum()} | {name: (answers == code).sum() for name, code in codes.items()}
    return pd.DataFrame(counts).rename_axis("item")


def remark_frame(
    answers: pd.DataFrame, codebook: Codebook, noted: Iterable[Remark], by: pd.Series[float] | None
) -> pd.DataFrame:
    """All remarks as a table: kind, column, count, remark.

    Parameters
    ----------
    answers : (n, questions)
        Codes.
    codebook
        The questions.
    noted
        What was already noted while reading.
    by
        Group of each respondent, for looking within groups; None for all together only.
    """
    remarks = [*noted, *_base_remarks(answers, codebook), *_missing_remarks(answers, codebook)]
    remarks += _category_remarks(answers, codebook, "")
    if by is not None:
        for value, members in by.groupby(by).groups.items():
            remarks += _category_remarks(answers.loc[members], codebook, f" where {by.name} is {value:g}")
    lines = [(remark.kind, remark.column, remark.count, remark.remark) for remark in remarks]
    return pd.DataFrame(lines, columns=COLUMNS)


def _base_remarks(answers: pd.DataFrame, codebook: Codebook) -> Iterator[Remark]:
    for line in bases(answers, codebook).to_dict("records"):
        remark = f"asked; {line['n_complete']} answered every question"
        yield Remark("base", str(line["construct"]), int(line["n_asked"]), remark)


def _missing_remarks(answers: pd.DataFrame, codebook: Codebook) -> Iterator[Remark]:
    words = {"dont_know": "don't know (-8)", "no_answer": "no answer (-9)"}
    for item, counts in missing(answers, codebook).iterrows():
        for name, what in words.items():
            if counts[name]:
                yield Remark("missing", str(item), int(counts[name]), what)


def _category_remarks(answers: pd.DataFrame, codebook: Codebook, where: str) -> Iterator[Remark]:
    """Items that are constant or have a category nobody chose."""
    for id in map(str, answers):
        item, codes = codebook[id], answers[id]
        given = codes[codes >= 0]
        used = set(given.unique())
        empty = [code for code in item.codes if code not in used]
        if not used:
            yield Remark("constant", item.id, 0, f"no valid answer{where}")
        elif len(used) == 1:
            code = int(given.iloc[0])
            yield Remark("constant", item.id, len(given), f"every answer is {_named(item, code)}{where}")
        elif empty:
            named = ", ".join(_named(item, code) for code in empty)
            yield Remark("empty category", item.id, len(empty), f"nobody chose {named}{where}")


def _named(item: Item, code: int) -> str:
    return f"{code} ({item.code_label(code, 'en')})"
