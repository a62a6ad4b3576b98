"""Rival measurement models of the same items: one factor, correlated, second-order, bifactor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from mkb21sem.errors import Mkb21Error, OptionError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.correlations import answers

WORDS = {
    "one": "all items measure one thing",
    "correlated": "the constructs differ and are related",
    "second": "the constructs are related because they are forms of one thing",
    "bifactor": "one thing runs through all items, and each construct adds something of its own",
}
GENERAL = "G"


@dataclass(frozen=True)
class Rival:
    """One of the rival models and its fit.

    Attributes
    ----------
    name, words
        Key of `WORDS`, and what the model claims.
    model
        The spec.
    found
        None, with a ``note``, if the model can't be fitted.
    """

    name: str
    words: str
    model: Model
    found: Fit | None
    note: str = ""


def rival_models(constructs: Mapping[str, Sequence[str]], general: str = GENERAL) -> dict[str, Model]:
    """Specs of the rivals, from the plainest to the richest.

    One factor and second-order are nested in correlated factors, second-order in the bifactor model. A second-order
    model of fewer than three constructs isn't identified and is left out.

    Parameters
    ----------
    constructs
        Items of each construct.
    general
        Name of the general factor.

    Raises
    ------
    OptionError
        Fewer than two constructs, an item in two of them, or a construct called like the general factor.
    """
    items = [item for own in constructs.values() for item in own]
    twice = sorted({item for item in items if items.count(item) > 1})
    if len(constructs) < 2 or twice or general in (*constructs, *items):
        wrong = f"{', '.join(twice)} stands in two" if twice else f"got {', '.join(constructs) or 'none'}"
        raise OptionError(f"constructs must be two or more with items of their own, none called {general}; {wrong}.")
    measured = [f"{name} =~ " + " + ".join(own) for name, own in constructs.items()]
    whole = f"{general} =~ " + " + ".join(items)
    apart = [f"{one} ~~ 0*{other}" for one, other in combinations([general, *constructs], 2)]
    specs = {
        "one": [whole],
        "second": [*measured, f"{general} =~ " + " + ".join(constructs)] if len(constructs) > 2 else [],
        "correlated": measured,
        "bifactor": [whole, *measured, *apart],
    }
    return {name: Model.parse("\n".join(lines), name=name) for name, lines in specs.items() if lines}


def rivals(
    source: Wave | pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    estimator: str = "ML",
    ordered: bool = False,
    names: Sequence[str] = tuple(WORDS),
) -> tuple[Rival, ...]:
    """Fit the rivals to the same respondents.

    Parameters
    ----------
    source
        A wave or table.
    constructs
        Items of each construct.
    estimator
        As `fit`.
    ordered
        Whether all items are ordinal.
    names
        Which of `WORDS`.

    Raises
    ------
    WaveError
        An item is absent, constant, or determined by others.
    """
    models = rival_models(constructs)
    given = answers(source, models["correlated"].observed)
    return tuple(_rival(name, model, given, estimator, ordered) for name, model in models.items() if name in names)


def _rival(name: str, model: Model, given: pd.DataFrame, estimator: str, ordered: bool) -> Rival:
    try:
        # A form that adds nothing has no variance, which a marker item can't say: loadings can.
        found = fit(model, given, estimator, ordered=ordered or None, std_lv=name == "bifactor")
    except Mkb21Error as error:
        return Rival(name, WORDS[name], model, None, str(error))
    return Rival(name, WORDS[name], model, found, found.cause)
