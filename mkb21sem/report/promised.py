"""What became of a plan's exclusions and criteria of fit, as far as a program can tell; of the rest it says so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.globalfit.indices import indices, most_robust
from mkb21sem.report import numbers
from mkb21sem.report.words import Words
from mkb21sem.specify.checkable import Rule, criteria, exclusions
from mkb21sem.specify.deviations import Deviation
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Plan, Rules
from mkb21sem.survey.wave import Wave


@dataclass(frozen=True, slots=True)
class Promise:
    """One thing that a plan says of exclusions or criteria.

    Attributes
    ----------
    kind
        exclusion or criterion.
    said
        As the plan words it.
    outcome
        kept, broken; unknown where it can't be told; words where no program can check it.
    found
        The index of fit; None for anything else.
    why
        Why it can't be told; of an index, its version: plain, scaled or robust.
    """

    kind: str
    said: str
    outcome: str
    found: float | None = None
    why: str = ""


def promises(plan: Plan | None, found: Fit, source: Wave | pd.DataFrame | None, missing: str) -> tuple[Promise, ...]:
    """Hold the exclusions and criteria of a plan against a fit.

    Parameters
    ----------
    plan
        None gives nothing.
    found
        The fit.
    source
        The answers that it is a fit of; a table has its variables as columns. None if there are several samples.
    missing
        How missing answers were treated: listwise, fiml or pairwise.
    """
    if plan is None:
        return ()
    return (*_exclusions(plan.rules, found, source, missing), *_criteria(plan.rules, found))


def broken(held: Sequence[Promise]) -> tuple[Deviation, ...]:
    """Exclusions that were planned and not done. A criterion that is not met is no deviation, but a finding."""
    return tuple(
        Deviation("exclusion", each.said, "left out", "analysed")
        for each in held
        if each.kind == "exclusion" and each.outcome == "broken"
    )


def _exclusions(rules: Rules, found: Fit, source: Wave | pd.DataFrame | None, missing: str) -> Iterator[Promise]:
    stated = exclusions(rules.exclusions)
    if stated.nobody:
        yield Promise("exclusion", rules.exclusions, "kept", why="; ".join(why for why, _ in found.moments.left_out))
    analysed = _analysed(found, source, missing) if stated.rules else None
    for rule in stated.rules:
        yield _excluded(rule, analysed)
    for text in stated.words:
        yield Promise("exclusion", text, "words")


def _excluded(rule: Rule, analysed: pd.DataFrame | None) -> Promise:
    if analysed is None:
        return Promise("exclusion", rule.said, "unknown", why="rows")
    if rule.name not in analysed:
        return Promise("exclusion", rule.said, "unknown", why="column")
    values = pd.to_numeric(analysed[rule.name], errors="coerce").astype(float)
    some = any(rule.holds(float(value)) for value in values.unique())
    return Promise("exclusion", rule.said, "broken" if some else "kept")


def _analysed(found: Fit, source: Wave | pd.DataFrame | None, missing: str) -> pd.DataFrame | None:
    """Every column of the rows that the fit rests on; None if they can't be told from the others."""
    model = found.model
    if source is None:
        return None
    if isinstance(source, Wave):
        asked = source.frame(model.observed)
        known = source.answers.where(source.answers >= 0).astype(float)
        every = known.combine_first(source.derived()).loc[asked.index]
    else:
        asked = every = source
    answered = asked[list(model.observed)].notna()
    used = _used(answered, model, missing)
    return every.loc[used] if int(used.sum()) == found.moments.total else None


def _used(answered: pd.DataFrame, model: Model, missing: str) -> pd.Series[bool]:
    if missing == "listwise":
        return answered.all(axis=1)
    if missing == "fiml":
        return answered.any(axis=1) & answered[list(model.exogenous)].all(axis=1)
    return answered.any(axis=1)


def _criteria(rules: Rules, found: Fit) -> Iterator[Promise]:
    stated = criteria(rules.criteria)
    values = indices(found)
    ending = most_robust(values)
    for rule in stated.rules:
        value = float(values[rule.name + ("" if rule.name == "srmr" else ending)])
        if not found.converged or math.isnan(value):
            yield Promise("criterion", rule.said, "unknown", why="index")
        else:
            version = "plain" if rule.name == "srmr" or not ending else ending.removeprefix(".")
            yield Promise("criterion", rule.said, "kept" if rule.holds(value) else "broken", value, version)
    for text in stated.words:
        yield Promise("criterion", text, "words")


def lines(held: Sequence[Promise], words: Words) -> Iterator[Markup]:
    """Each promise and what became of it, in a sentence."""
    for each in held:
        if each.kind == "exclusion" and exclusions(each.said).nobody:
            yield words("promise.nobody.missing" if each.why else "promise.nobody")
            continue
        outcome = f"unknown.{each.why}" if each.outcome == "unknown" else each.outcome
        value = "" if each.found is None else numbers.bounded(each.found, 3, words.lang)
        version = "" if each.found is None else words.plain(f"back.version.{each.why}")
        yield words(f"promise.{each.kind}.{outcome}", said=each.said, value=value, version=version)
    if any(each.kind == "exclusion" for each in held):
        yield words("promise.file")
