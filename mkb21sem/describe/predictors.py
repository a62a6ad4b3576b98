"""What may tell users from non-users: size, market, sector, culture and environment, as columns of a regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mkb21sem.errors import WaveError
from mkb21sem.survey.wave import Wave

BUSINESS_SERVICES, RETAIL = 10, 2
ANSWERED = 0.5
"""Share of respondents who must have answered a predictor's question for it to stay."""


@dataclass(frozen=True, slots=True)
class Term:
    """One column.

    Parameters
    ----------
    name
        Of the column.
    item
        The question or derived variable behind it.
    codes
        Answers that make it 1; empty for a scale.
    """

    name: str
    item: str
    codes: tuple[int, ...] = ()

    @property
    def scale(self) -> bool:
        """Whether it is a number on a scale and no class."""
        return not self.codes


TERMS = (
    Term("size_2", "OMV01", (2,)),
    Term("size_10", "OMV01", (3, 4)),
    Term("consumers", "MKT02", (1,)),
    Term("services", "SEC01", (BUSINESS_SERVICES,)),
    Term("retail", "SEC01", (RETAIL,)),
    Term("culture", "CUL_M"),
    Term("environment", "OMG_M"),
)
"""Against one-person firms outside the consumer market in other sectors. Seven, because non-users are few."""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Predictors of the respondents who answered all of them.

    Parameters
    ----------
    frame : (n, terms)
        Indexed by respondent.
    terms
        The columns' meaning.
    without
        Respondents left out because an answer is missing.
    dropped
        Terms left out because the wave lacks their question, less than half answered it, or they don't vary.
    """

    frame: pd.DataFrame
    terms: tuple[Term, ...]
    without: int
    dropped: tuple[str, ...]

    def label(self, term: Term, wave: Wave, lang: str) -> str:
        """What a term is called, with the class it stands for."""
        name = wave.codebook.label(term.item, lang).partition(" (")[0]
        if term.scale or wave.codebook[term.item].measure == "binary":
            return name
        return f"{name}: {', '.join(wave.codebook[term.item].code_label(code, lang) for code in term.codes)}"


def design(wave: Wave, response: str, users_only: bool) -> tuple[Design, pd.Series[float]]:
    """Predictors and response of the respondents for whom both are known.

    Raises
    ------
    WaveError
        The wave has none of the predictors, or too few respondents.
    """
    valid = wave.answers.where(wave.answers >= 0).astype(float).join(wave.derived())
    asked = wave.users if users_only else pd.Series(True, index=valid.index)
    terms = [term for term in TERMS if term.item in valid and valid.loc[asked, term.item].notna().mean() >= ANSWERED]
    columns = {term.name: _column(valid[term.item], term) for term in terms}
    outcome = valid[response] if response in valid else pd.Series(np.nan, index=valid.index)
    frame = pd.DataFrame(columns, index=valid.index)
    kept = asked & frame.notna().all(axis=1) & outcome.notna()
    varying = [term for term in terms if np.ptp(frame.loc[kept, [term.name]].to_numpy()) > 0] if kept.any() else []
    if not varying or kept.sum() < 3 * (len(varying) + 1):
        raise WaveError(
            f"{wave.name}: {int(kept.sum())} respondents have {response} and the firm characteristics "
            f"({', '.join(dict.fromkeys(term.item for term in TERMS))}); that is too few for a regression."
        )
    names = [term.name for term in varying]
    dropped = tuple(term.name for term in TERMS if term.name not in names)
    return Design(frame.loc[kept, names], tuple(varying), int((asked & ~kept).sum()), dropped), outcome[kept]


def _column(answers: pd.Series[float], term: Term) -> pd.Series[float]:
    if term.scale:
        return answers
    return answers.isin(term.codes).astype(float).where(answers.notna())
