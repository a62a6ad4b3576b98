"""Models beside each other: fit, information criteria with weights, and a test of every pair that suits the pair."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from mkb21sem.errors import Mkb21Error, OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.globalfit.indices import indices
from mkb21sem.infer.globalfit.information_criteria import aic, bic, held_logl
from mkb21sem.infer.rivals.difference import difference
from mkb21sem.infer.rivals.nesting import Nesting, comparable, nesting
from mkb21sem.infer.rivals.vuong import vuong

SCALED = {
    "standard": ("plain",),
    "satorra.bentler": ("satorra.2000", "satorra.bentler.2001", "satorra.bentler.2010"),
    "yuan.bentler.mplus": ("satorra.2000", "satorra.bentler.2001", "satorra.bentler.2010"),
    "scaled.shifted": ("satorra.2000",),
    "mean.var.adjusted": ("satorra.2000",),
}
"""Difference tests that an estimator has, the one to report first."""


@dataclass(frozen=True)
class Comparison:
    """Models of the same answers, compared.

    Attributes
    ----------
    models
        model k df chisq pvalue cfi rmsea srmr aic aic_weight bic bic_weight cause. χ² and what follows from it are the
        estimator's own (scaled and robust where it has these). Where some models hold a predictor at the sample's
        moments and others leave it free, k, AIC and BIC count its moments as free in all of them: a likelihood given
        the predictor is not to be set beside one of the predictor too.
    pairs
        smaller larger relation discrepancy df chisq pvalue p_distinguishable z p_nearer nearer reason. ``relation``:
        nested, equivalent or not nested, as `nesting` found it. Nested pairs have the difference test, others Vuong's:
        whether they can be told apart, and if so which is nearer.
    tests
        smaller larger method chisq df pvalue scaling reason: every difference test of every nested pair.
    """

    models: pd.DataFrame
    pairs: pd.DataFrame
    tests: pd.DataFrame


def compare(*founds: Fit) -> Comparison:
    """Compare fits of the same variables in the same rows by one estimator.

    Parameters
    ----------
    founds
        Two or more; those that did not converge are listed with their cause and compared with none.

    Raises
    ------
    OptionError
        Fewer than two fits, two of one name, or fits that can't be compared.

    Notes
    -----
    Nesting is checked by what the models imply (Bentler & Satorra 2010). Akaike weights exp(−Δ/2) / Σ exp(−Δ/2) weigh
    these models against each other, not against the truth, and likewise for BIC; least squares has neither. Tests of
    many pairs are many tests: plan which one is the question.
    """
    if len(founds) < 2:
        raise OptionError("compare needs two fits or more.")
    for found in founds:
        if not isinstance(found, Fit):
            raise OptionError(f"compare takes fits, as fit() returns them; got {type(found).__name__}.")
    names = [found.model.name for found in founds]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise OptionError(f"two models are called {twice}; name= tells them apart (Model.parse(text, name)).")
    usable = [found for found in founds if found.converged]
    for one, other in combinations(usable, 2):
        comparable(one, other)
    pairs, tests = [], []
    for one, other in combinations(usable, 2):
        pair, tested = _pair(one, other)
        pairs.append(pair)
        tests += tested
    return Comparison(_models(founds), pd.DataFrame(pairs, columns=PAIRS), pd.DataFrame(tests, columns=TESTS))


PAIRS = [
    *("smaller", "larger", "relation", "discrepancy", "df", "chisq", "pvalue"),
    *("p_distinguishable", "z", "p_nearer", "nearer", "reason"),
]
TESTS = ["smaller", "larger", "method", "chisq", "df", "pvalue", "scaling", "reason"]


def weights(criterion: Sequence[float]) -> list[float]:
    """Akaike weights of values of AIC, or of BIC; NaN where a value is."""
    values = np.asarray(criterion, dtype=float)
    if not np.isfinite(values).any():
        return [math.nan] * len(values)
    share = np.exp(-(values - np.nanmin(values)) / 2)
    return [float(each) for each in share / np.nansum(share)]


def _held(found: Fit, everywhere: frozenset[str]) -> tuple[float, int]:
    """Log-likelihood and number of the moments that this model holds at the sample's and another leaves free."""
    held = found.layout.exogenous
    both = tuple(name for name in held if name in everywhere)
    logl = held_logl(found.moments, held) - held_logl(found.moments, both)

    def moments(q: int) -> int:
        return q * (q + 1) // 2 + (q if found.layout.meanstructure else 0)

    return logl, len(found.moments.cov) * (moments(len(held)) - moments(len(both)))


def _models(founds: Sequence[Fit]) -> pd.DataFrame:
    rows = []
    everywhere = frozenset.intersection(*(frozenset(found.layout.exogenous) for found in founds))
    for found in founds:
        values = indices(found)
        held, more = _held(found, everywhere)
        k, logl = found.layout.k + more, float(values.get("logl", math.nan)) + held

        def best(name: str, *endings: str, values: pd.Series[float] = values) -> float:
            there = [float(values[name + end]) for end in endings if name + end in values.index]
            return next((each for each in there if not math.isnan(each)), math.nan)

        rows.append(
            {
                "model": found.model.name,
                "k": k,
                "df": found.layout.df,
                "chisq": best("chisq", ".scaled", ""),
                "pvalue": best("pvalue", ".scaled", ""),
                "cfi": best("cfi", ".robust", ".scaled", ""),
                "rmsea": best("rmsea", ".robust", ".scaled", ""),
                "srmr": best("srmr", ""),
                "aic": aic(logl, k) if found.converged else math.nan,
                "bic": bic(logl, k, found.moments.total) if found.converged else math.nan,
                "cause": found.cause,
            }
        )
    table = pd.DataFrame(rows)
    table.insert(9, "aic_weight", weights(table["aic"].to_list()))
    table.insert(11, "bic_weight", weights(table["bic"].to_list()))
    return table


def _pair(one: Fit, other: Fit) -> tuple[dict[str, object], list[dict[str, object]]]:
    smaller, larger = (one, other) if one.layout.df >= other.layout.df else (other, one)
    found = nesting(smaller, larger)
    relation = "equivalent" if found.equivalent else "nested" if found.nested else "not nested"
    row: dict[str, object] = dict.fromkeys(PAIRS, math.nan) | {
        "smaller": smaller.model.name,
        "larger": larger.model.name,
        "relation": relation,
        "discrepancy": found.discrepancy,
        "df": found.df,
        "nearer": "",
        "reason": "",
    }
    if relation == "nested":
        tests = _tests(smaller, larger, found)
        return row | {key: tests[0][key] for key in ("chisq", "pvalue", "reason")}, tests
    if relation == "equivalent":
        return row | {"reason": "no answers can tell equivalent models apart"}, []
    return row | _nearer(smaller, larger), []


def _tests(smaller: Fit, larger: Fit, found: Nesting) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for method in SCALED[larger.estimator.test]:
        test = difference(smaller, larger, method, checked=found)
        named = {"smaller": smaller.model.name, "larger": larger.model.name, "method": method}
        measured: dict[str, object] = {"chisq": test.chisq, "df": test.df, "pvalue": test.pvalue}
        rows.append({**named, **measured, "scaling": test.scaling, "reason": test.reason})
    return rows


def _nearer(smaller: Fit, larger: Fit) -> dict[str, object]:
    """Vuong's tests, or why there are none."""
    try:
        told = vuong(smaller, larger)
    except Mkb21Error as error:
        return {"reason": str(error)}
    p = min(told.p_first, told.p_second)
    apart = told.p_distinguishable < 0.05
    return {
        "p_distinguishable": told.p_distinguishable,
        "z": told.z,
        "p_nearer": min(2 * p, 1.0),
        "nearer": (smaller if told.z > 0 else larger).model.name if apart and 2 * p < 0.05 else "",
        "reason": "" if apart else "the answers don't tell these models apart, so z is not to be read",
    }
