"""The choices that a careful analyst could also have made, and which of them this wave allows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import pandas as pd

from mkb21sem.estimate.choice import Choice, choose
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave

ESTIMATORS = ("ML", "MLR", "WLSMV")
CHOICES: dict[str, tuple[str, ...]] = {
    "estimator": ESTIMATORS,
    "missing": ("listwise", "every answer"),
    "items": ("parcels", "single items"),
    "method": ("without", "with"),
    "respondents": ("all", "unflagged"),
    "weights": ("none", "weighted"),
}
"""What can be chosen, with the options of each; the first option of all but the estimator is the plain one."""


@dataclass(frozen=True, slots=True)
class Specification:
    """One way to analyse the same question.

    Attributes
    ----------
    estimator, missing, items, method, respondents, weights
        An option of each of `CHOICES`: how to estimate, what to do with missing answers, which level the indicators
        have, with or without a method factor, with or without respondents whose answers look careless, weighted or not.
    """

    estimator: str
    missing: str = "listwise"
    items: str = "parcels"
    method: str = "without"
    respondents: str = "all"
    weights: str = "none"

    def other(self, than: Specification) -> tuple[str, ...]:
        """The choices in which this one differs from another."""
        return tuple(name for name in CHOICES if getattr(self, name) != getattr(than, name))


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What will be run.

    Attributes
    ----------
    base
        The specification whose verdicts are to be checked.
    specifications
        All that are run, the base first.
    unavailable
        choice option reason: what can't be had, for any specification or for all of one estimator.
    """

    base: Specification
    specifications: tuple[Specification, ...]
    unavailable: pd.DataFrame


def plan(
    model: Model,
    wave: Wave,
    items: Model | None,
    weighted: bool,
    flagged: int,
    crossed: bool = True,
    estimator: str = "auto",
) -> Plan:
    """The specifications that this model and wave allow.

    Parameters
    ----------
    model, wave
        What is analysed.
    items
        The same model on single items, if there is one.
    weighted
        Whether there are weights.
    flagged
        How many respondents a screening flags.
    crossed
        Every combination of the options; else each option by itself, all others as in the base.
    estimator
        Of the base; ``auto`` for what the answers ask for.
    """
    choice = choose(model, wave, estimator)
    barred = _barred(choice, model, items, weighted, flagged)
    base = Specification(choice.estimator, "listwise" if choice.missing == "listwise" else "every answer")
    estimators = (base.estimator, *(e for e in ESTIMATORS if e != base.estimator and ("estimator", e) not in barred))
    open_ = {"estimator": estimators} | {
        name: tuple(option for option in CHOICES[name] if (name, option) not in barred) for name in list(CHOICES)[1:]
    }
    if crossed:
        wanted = [Specification(*options) for options in product(*open_.values())]
    else:
        wanted = [replace(base, **{name: option}) for name, options in open_.items() for option in options]
    run = dict.fromkeys([base, *(s for s in wanted if not (s.estimator == "WLSMV" and s.weights == "weighted"))])
    if weighted and "WLSMV" in estimators:
        barred["weights", "weighted"] = "under WLSMV only: weights go with ML or MLR (pseudo-maximum likelihood)"
    lines = [(name, option, reason) for (name, option), reason in barred.items()]
    return Plan(base, tuple(run), pd.DataFrame(lines, columns=["choice", "option", "reason"]))


def _barred(
    choice: Choice, model: Model, items: Model | None, weighted: bool, flagged: int
) -> dict[tuple[str, str], str]:
    """Options that can't be had, and why."""
    barred = {}
    if not choice.items:
        barred["estimator", "WLSMV"] = "no variable that is measured or explained is ordinal"
    if not choice.incomplete:
        barred["missing", "every answer"] = "no answer is missing: every treatment of missing answers gives the same"
    if items is None:
        barred["items", "single items"] = "there is no model on single items beside this one"
    if not model.latents:
        barred["method", "with"] = "a method factor needs constructs with items; the model has none"
    if not flagged:
        barred["respondents", "unflagged"] = "the screening flags no respondent"
    if not weighted:
        barred["weights", "weighted"] = "there are no weights"
    return barred
