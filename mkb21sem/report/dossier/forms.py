"""Rival measurement models side by side, and which of them the answers speak for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from mkb21sem.errors import Mkb21Error
from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.certificates.admissibility import admissibility
from mkb21sem.infer.rivals.difference import difference
from mkb21sem.report.dossier.confirm import fit_row, no_fit
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.parallel import parallel
from mkb21sem.validate.rivals import WORDS, Rival, rivals
from mkb21sem.validate.solution import Factors
from mkb21sem.validate.structure import Structure

AGAINST = {"one": "correlated", "second": "correlated", "bifactor": "second"}
"""The nested counterpart that each rival is tested against."""
WAYS = {"MLR": False, "WLSMV": True}
"""Estimator → whether the items are ordinal. All constructs together are compared by the first alone."""
LIKE = 2.0
"""A difference in BIC up to this is none (Raftery 1995)."""

Made = TypeVar("Made")
Attempt = Callable[[str, Callable[[], Made]], Made | None]


@dataclass(frozen=True, slots=True, eq=False)
class Rivalry:
    """Rival measurement models of the same items.

    Attributes
    ----------
    construct
        Whose forms they are about; empty for all constructs together.
    models
        Estimator → rivals.
    table
        estimator rival n, the columns of `fit_row`, admissible note, and against d_chisq d_df d_p: the difference
        from the nested counterpart that ``against`` names.
    best
        The admissible rival with the smallest BIC, plainer ones first where BIC hardly differs; empty if there is none.
    """

    construct: str
    models: Mapping[str, tuple[Rival, ...]]
    table: pd.DataFrame
    best: str

    def row(self, rival: str, estimator: str = "MLR") -> Mapping[str, float]:
        """The row of one rival; empty if there is none."""
        rows = self.table[(self.table["rival"] == rival) & (self.table["estimator"] == estimator)]
        return {} if rows.empty else dict(rows.iloc[0])


def rivalries(wave: Wave, of: Structure, attempt: Attempt[Rivalry], thorough: bool = True) -> dict[str, Rivalry]:
    """Rivals of the forms of every construct that has them, and of all constructs."""
    asked = {name: of.forms[name] for name in of.forms}
    if len(of.constructs) > 1:
        asked[""] = of.constructs
    found = {}
    for name, groups in asked.items():
        made = attempt("rivals", lambda: rivalry(wave, name, groups, thorough))  # noqa: B023
        if made is not None:
            found[name] = made
    return found


def rivalry(
    source: Wave | pd.DataFrame, construct: str, groups: Mapping[str, Sequence[str]], thorough: bool = True
) -> Rivalry:
    """Rivals of one construct's forms, or of all constructs (``construct`` empty), and which of them is best.

    Without being thorough by MLR alone, and without the bifactor model, which crawls where a form adds nothing.

    Raises
    ------
    WaveError
        An item is absent, constant, or determined by others.
    """
    ways = WAYS if construct and thorough else {"MLR": False}
    names = tuple(name for name in WORDS if thorough or name != "bifactor")
    models = {name: rivals(source, groups, name, ordered, names) for name, ordered in ways.items()}
    table = pd.DataFrame([_row(name, rival, own) for name, own in models.items() for rival in own])
    return Rivalry(construct, models, table, best(table[table["estimator"] == "MLR"]))


def best(table: pd.DataFrame) -> str:
    """The admissible rival with the smallest BIC; of those within 2 of it the plainest (most degrees of freedom)."""
    usable = table[table["admissible"] & table["bic"].notna()]
    if usable.empty:
        return ""
    near = usable[usable["bic"] <= usable["bic"].min() + LIKE]
    return str(near.sort_values("df", ascending=False)["rival"].iloc[0])


def _row(estimator: str, rival: Rival, among: tuple[Rival, ...]) -> dict[str, object]:
    found = rival.found
    start: dict[str, object] = {"estimator": estimator, "rival": rival.name, "n": math.nan, **no_fit()}
    if found is None or not found.converged:
        return start | {"admissible": False, "note": rival.note, "against": ""} | _difference(None, None)
    wrong = [check for check in admissibility(found) if check.ok is False]
    note = "; ".join(check.finding for check in wrong)
    other = next((one for one in among if one.name == AGAINST.get(rival.name)), None)
    tested = _difference(found, other.found if other else None)
    named = {"against": AGAINST.get(rival.name, "") if other else ""}
    return (
        start | {"n": found.moments.total} | fit_row(found) | {"admissible": not wrong, "note": note} | named | tested
    )


def _difference(found: Fit | None, other: Fit | None) -> dict[str, float]:
    none = dict.fromkeys(("d_chisq", "d_df", "d_p"), math.nan)
    if found is None or other is None or not other.converged:
        return none
    try:
        test = difference(found, other)
    except Mkb21Error:
        return none
    return {"d_chisq": float(test.chisq), "d_df": float(test.df), "d_p": test.pvalue}


@dataclass(frozen=True, slots=True, eq=False)
class Follows:
    """Whether a construct's items follow those of another that were asked in the same words.

    Attributes
    ----------
    one, other
        The constructs.
    congruence
        factor other congruence of exploratory factors.
    difference
        Test of equal loadings against free ones.
    """

    one: str
    other: str
    congruence: pd.DataFrame
    difference: Test


def follows(wave: Wave, of: Structure, pair: tuple[str, str], found: tuple[Factors, Factors]) -> Follows:
    """Compare constructs with parallel items; see `mkb21sem.validate.parallel.parallel`.

    Raises
    ------
    WaveError, FitError
        A model can't be fitted.
    """
    own = parallel(wave, of, pair, found)
    return Follows(own.one, own.other, own.congruence, difference(own.equal, own.free))
