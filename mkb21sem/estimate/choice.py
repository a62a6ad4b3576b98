"""Which estimator the answers of a wave ask for, and why: robust maximum likelihood or the ordinal one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from mkb21sem.errors import one_of
from mkb21sem.estimate.estimators import ESTIMATORS
from mkb21sem.estimate.rows import MISSING
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave

AUTO = "auto"
CATEGORIES, SKEWNESS = 5, 2.0
"""Fewest answers in use and largest |skewness| at which an item is taken as continuous."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An estimator, how it treats missing answers, and the one to show beside it.

    Attributes
    ----------
    estimator, missing
        For `fit`.
    alternative, alternative_missing
        The estimator beside it; empty where there is none.
    ordered
        The model's ordinal variables, causes too, for whichever of the two is ordinal.
    reason
        symmetric (MLR), few or skewed (WLSMV), none (no ordinal item, MLR) or asked (the user's choice).
    items
        The ordinal answers that are measured or explained: those that the rule looks at.
    fewest, categories
        The item with the fewest answers in use, and their number.
    skewest, skewness
        The item with the largest |skewness|, and its skewness.
    incomplete
        Respondents who were asked everything and left something unanswered.
    """

    estimator: str
    missing: str
    alternative: str
    alternative_missing: str
    ordered: tuple[str, ...]
    reason: str
    items: tuple[str, ...] = ()
    fewest: str = ""
    categories: int = 0
    skewest: str = ""
    skewness: float = 0.0
    incomplete: int = 0

    @property
    def options(self) -> dict[str, Any]:
        """What `fit` is to be called with."""
        return _options(self.estimator, self.missing, self.ordered)

    @property
    def beside(self) -> dict[str, Any]:
        """What `fit` is to be called with for the alternative."""
        return _options(self.alternative, self.alternative_missing, self.ordered)


def choose(model: Model, wave: Wave, estimator: str = AUTO, missing: str = AUTO) -> Choice:
    """MLR for Likert items with five or more answers in use and no bad skew, WLSMV otherwise; the other one beside it.

    Parameters
    ----------
    model, wave
        What is to be fitted to what. Only respondents who were asked the model's questions count: a question that
        routing skipped (−7) is no missing answer.
    estimator
        ``auto`` for the rule, or a name in `ESTIMATORS`.
    missing
        ``auto`` uses every answer (fiml under ML and MLR, pairwise under the ordinal estimators) where one is
        missing, and listwise where none is, which gives the same numbers.

    Raises
    ------
    OptionError
        An unknown estimator or treatment of missing answers.
    WaveError
        The wave lacks a variable of the model.

    Notes
    -----
    Rhemtulla, Brosseau-Liard & Savalei (2012) found robust maximum likelihood as good as ordinal least squares from
    five categories on, if the answers are roughly symmetric. How symmetric they leave open; |skewness| up to 2, where
    normal theory starts to fail (Curran, West & Finch 1996), is our reading. Categories are counted as used: a
    five-point item of which only four answers occur is one of four. Skewness is m₃ / m₂^(3/2).
    """
    one_of("estimator", estimator, (AUTO, *ESTIMATORS))
    one_of("missing", missing, (AUTO, *MISSING))
    frame = wave.frame(model.observed)
    incomplete = int(frame.isna().any(axis=1).sum())
    items, ordered = _ordinal(model, wave)
    facts = _facts(frame, items)
    reason, chosen = _rule(facts)
    if estimator != AUTO:
        reason, chosen = "asked", estimator
    other = _other(chosen, bool(items))
    return Choice(
        chosen,
        _missing(chosen, bool(incomplete), ordered) if missing == AUTO else missing,
        other,
        _missing(other, bool(incomplete) and missing != "listwise", ordered) if other else "",
        ordered,
        reason,
        items,
        **facts,
        incomplete=incomplete,
    )


def choose_for_table(model: Model, table: pd.DataFrame, estimator: str = AUTO, missing: str = AUTO) -> tuple[str, str]:
    """Estimator and treatment of missing answers for a table, which has no codebook that says what is ordinal.

    ``auto`` is MLR, and fiml where a variable of the model lacks a value (listwise for estimators other than ML and
    MLR).
    """
    absent = [name for name in model.observed if name not in table]
    some = not absent and bool(table[list(model.observed)].isna().any(axis=None))
    chosen = "MLR" if estimator == AUTO else estimator
    way = ("fiml" if some and chosen in ("ML", "MLR") else "listwise") if missing == AUTO else missing
    return chosen, way


def _ordinal(model: Model, wave: Wave) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ordinal variables of the model: those measured or explained, and all of them with the causes."""
    heads = {arrow.rhs if arrow.op == "=~" else arrow.lhs for arrow in model.arrows if arrow.op in ("=~", "~")}
    causes = {arrow.rhs for arrow in model.arrows if arrow.op == "~"} - heads
    book = wave.codebook
    known = [name for name in model.observed if name in book and book[name].measure in ("ordinal", "binary")]
    ordered = tuple(name for name in model.observed if name in known or name in model.ordered)
    return tuple(name for name in ordered if name not in causes), ordered


def _facts(frame: pd.DataFrame, items: tuple[str, ...]) -> dict[str, Any]:
    """Fewest answers in use and largest |skewness|, with the items they belong to."""
    if not items:
        return {}
    answers = frame[list(items)]
    centred = answers - answers.mean()
    m2, m3 = (centred**2).mean(), (centred**3).mean()
    skewness = (m3 / m2.where(m2 > 0) ** 1.5).fillna(0.0)
    used = answers.nunique()
    fewest, skewest = str(used.idxmin()), str(skewness.abs().idxmax())
    return {
        "fewest": fewest,
        "categories": int(used[fewest]),
        "skewest": skewest,
        "skewness": float(skewness[skewest]),
    }


def _rule(facts: dict[str, Any]) -> tuple[str, str]:
    if not facts:
        return "none", "MLR"
    if facts["categories"] < CATEGORIES:
        return "few", "WLSMV"
    if abs(facts["skewness"]) > SKEWNESS:
        return "skewed", "WLSMV"
    return "symmetric", "MLR"


def _other(chosen: str, ordinal: bool) -> str:
    """MLR beside an ordinal estimator, WLSMV beside all others where an item is ordinal."""
    if not ordinal:
        return ""
    return "WLSMV" if ESTIMATORS[chosen].items == "continuous" else "MLR"


def _missing(estimator: str, incomplete: bool, ordered: tuple[str, ...]) -> str:
    if not incomplete:
        return "listwise"
    if estimator in ("ML", "MLR"):
        return "fiml"
    return "pairwise" if ordered and ESTIMATORS[estimator].items != "continuous" else "listwise"


def _options(estimator: str, missing: str, ordered: tuple[str, ...]) -> dict[str, Any]:
    # Without names, fit asks for those it needs.
    named = {"ordered": ordered} if ordered and ESTIMATORS[estimator].items != "continuous" else {}
    return {"estimator": estimator, "missing": missing, **named}
