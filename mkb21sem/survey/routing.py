"""Who was asked what: blanks told apart by routing, and answers that contradict it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.derived import NO_ANSWER, NOT_ASKED, use
from mkb21sem.survey.problems import Problem, by_value

Array = NDArray[np.float64]


def routed(answers: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Fill blanks: −7 where routing skipped the question, −9 where it was put and not answered.

    Parameters
    ----------
    answers : (n, questions)
        Codes; NaN where a cell is blank.
    """
    user = use(answers, codebook)
    skipped = {"users": user == 0, "nonusers": user == 1, "all": np.zeros(len(answers), dtype=bool)}
    columns = {}
    for id in answers:
        codes = answers[id].to_numpy()
        blank = np.where(skipped[codebook[str(id)].asked], NOT_ASKED, NO_ANSWER)
        columns[id] = np.where(np.isnan(codes), blank, codes)
    return pd.DataFrame(columns, index=answers.index)


def routing_problems(answers: pd.DataFrame, codebook: Codebook, rows: NDArray[np.int64], file: str) -> list[Problem]:
    """Answers that contradict the routing, the markets or the order of motives and experience.

    Parameters
    ----------
    answers : (n, questions)
        Codes without blanks.
    rows : (n,)
        Row numbers as the spreadsheet shows them.
    file
        Name to print.
    """
    user = use(answers, codebook)
    found: list[Problem] = []
    for id, wrong, what, remedy in _contradictions(answers, codebook, user):
        found += by_value(file, id, answers[id].to_numpy(), wrong, rows, what, remedy)
    return found + _both_blocks(answers, codebook, user, rows, file) + _no_market(answers, rows, file)


def _contradictions(
    answers: pd.DataFrame, codebook: Codebook, user: Array
) -> Iterator[tuple[str, NDArray[np.bool_], str, str]]:
    """Question by question: which cells are wrong, what was expected, what to do."""
    skip = "Code it -7 (not asked), or correct the GEB answers."
    put = "Code -9 if it was put and not answered, or correct the GEB answers."
    for id in map(str, answers):
        asked = answers[id].to_numpy() != NOT_ASKED
        match codebook[id].asked:
            case "users":
                yield id, asked & (user == 0), "stands at a question for users, but no medium is used", skip
                yield id, ~asked & (user == 1), "means not asked, but the respondent uses social media", put
            case "nonusers":
                what = "stands at a question for non-users, but the respondent uses social media"
                yield id, asked & (user == 1), what, skip
                yield id, ~asked & (user == 0), "means not asked, but no medium is used", put
            case _:
                what = "means not asked, but the question is put to everyone"
                yield id, ~asked, what, "Code -9 if it was not answered."
        motive = f"MOT{codebook[id].number}"
        if codebook[id].battery == "ERV" and motive in answers:
            hidden = asked & (answers[motive].to_numpy() == NOT_ASKED)
            yield id, hidden, f"is an experience with a goal that was not put ({motive} is -7)", skip


def _both_blocks(
    answers: pd.DataFrame, codebook: Codebook, user: Array, rows: NDArray[np.int64], file: str
) -> list[Problem]:
    """Respondents with unanswered frequencies who answered the users' and the non-users' questions."""
    answered = [
        (answers[[id for id in answers if codebook[str(id)].asked == asked]] >= 0).any(axis=1).to_numpy()
        for asked in ("users", "nonusers")
    ]
    both = rows[np.isnan(user) & answered[0] & answered[1]]
    if not len(both):
        return []
    what = "questions for users and for non-users are both answered, and GEB doesn't tell which is right"
    return [Problem(file, what, "Fill in the GEB answers, or code one block -7.", tuple(both.tolist()))]


def _no_market(answers: pd.DataFrame, rows: NDArray[np.int64], file: str) -> list[Problem]:
    """Firms that are active on neither market."""
    if not {"MKT01", "MKT02"} <= set(answers):
        return []
    neither = rows[((answers["MKT01"] == 0) & (answers["MKT02"] == 0)).to_numpy()]
    if not len(neither):
        return []
    what = "is 0 in both, but every firm serves at least one market"
    remedy = "Tick the business market, the consumer market or both; code -9 if the question was not answered."
    return [Problem(file, what, remedy, tuple(neither.tolist()), "MKT01 and MKT02")]
