"""From estimates to verdicts: a table of hand-made fits, and how often chance alone is called support."""

from __future__ import annotations

import gc
import math
from itertools import accumulate

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import binom, norm

from mkb21sem import Hypothesis, Model, OptionError, fit, verdicts
from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.estimators import ESTIMATORS
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import cell_values, offset
from mkb21sem.estimate.moments import Moments
from mkb21sem.infer.judging.verdicts import verdict_table
from mkb21sem.specify.layout import layout

Claim = tuple[str, str, float, float]
"""Sign, family, estimate and standard error of one path."""


@pytest.fixture(autouse=True)
def uncollected(monkeypatch: pytest.MonkeyPatch) -> None:
    """statsmodels' `multipletests` collects garbage at every call: half a second each beside a loaded heap."""
    monkeypatch.setattr(gc, "collect", lambda *_: 0)


def fit_of(claims: list[Claim], fixed: str = "", **changes: object) -> Fit:
    """A fit of y on x1, x2, … with these estimates and standard errors; the paths in `fixed` have a fixed value."""
    names = [f"x{i}" for i, _ in enumerate(claims, start=1)]
    terms = [f"{claims[i][2]}*{x}" if x in fixed.split() else x for i, x in enumerate(names)]
    model = Model.parse("y ~ " + " + ".join(terms), name="made")
    where = layout(model)
    known = {f"y~{x}": (est, se) for x, (_, _, est, se) in zip(names, claims, strict=True)}
    theta, se = np.array([known.get(name, (1.0, 0.1)) for name in where.names]).T
    sample = Moments(np.eye(len(names) + 1)[None], np.array([100]), names=where.observed, unbiased=False)
    cells = cell_values(where, theta, offset(where, sample.cov))
    test = Test("standard", 1.0, where.df)
    parts = {
        "model": model, "layout": where, "estimator": ESTIMATORS["ML"], "moments": sample, "theta": theta,
        "cells": cells, "vcov": np.diag(se**2), "loss": 0.0, "test": test, "baseline": test, "converged": True,
        "iterations": 1,
    }  # fmt: skip
    return Fit(**(parts | changes))


def hypotheses_of(claims: list[Claim]) -> list[Hypothesis]:
    return [
        Hypothesis(f"H{i}", f"x{i}", "y", sign, family) for i, (sign, family, _, _) in enumerate(claims, start=1)
    ]  # fmt: skip


def holm(p: list[float]) -> list[float]:
    """Holm (1979): the smallest p times m, the next times m − 1, …, never falling, never above 1."""
    order = sorted(range(len(p)), key=p.__getitem__)
    steps = list(accumulate(((len(p) - i) * p[j] for i, j in enumerate(order)), max))
    adjusted = dict(zip(order, steps, strict=True))
    return [min(adjusted[i], 1.0) for i in range(len(p))]


def hochberg(p: list[float]) -> list[float]:
    """Benjamini & Hochberg (1995): the largest p as it is, the next times m/(m − 1), …, never rising."""
    order = sorted(range(len(p)), key=p.__getitem__, reverse=True)
    steps = list(accumulate((len(p) / (len(p) - i) * p[j] for i, j in enumerate(order)), min))
    adjusted = dict(zip(order, steps, strict=True))
    return [min(adjusted[i], 1.0) for i in range(len(p))]


P, S, X = "primary", "secondary", "exploratory"
CASES = {
    # one hypothesis: z = est/se with se .1
    "clear, as expected": ([("+", P, 0.50, 0.1)], 0.05, ["supported"]),
    "clear, minus expected": ([("-", P, -0.50, 0.1)], 0.05, ["supported"]),
    "clear, no sign": ([("", P, -0.50, 0.1)], 0.05, ["supported"]),
    "the other way, plus expected": ([("+", P, -0.50, 0.1)], 0.05, ["opposite"]),
    "the other way, minus expected": ([("-", P, 0.50, 0.1)], 0.05, ["opposite"]),
    "nothing": ([("+", P, 0.01, 0.1)], 0.05, ["undecided"]),
    "exactly nothing": ([("+", P, 0.0, 0.1), ("", P, 0.0, 0.1)], 0.05, ["undecided"] * 2),
    "a little the other way": ([("+", P, -0.10, 0.1)], 0.05, ["undecided"]),
    # z = 1.8: one-sided p .036, two-sided .072
    "a sign makes the test one-sided": ([("+", P, 0.18, 0.1)], 0.05, ["supported"]),
    "no sign leaves it two-sided": ([("", P, 0.18, 0.1)], 0.05, ["undecided"]),
    "against the sign it is two-sided": ([("-", P, 0.18, 0.1)], 0.05, ["undecided"]),
    # z = 2.2: one-sided .014, two-sided .028
    "a stricter alpha": ([("+", P, 0.22, 0.1)], 0.01, ["undecided"]),
    "a laxer alpha": ([("", P, 0.15, 0.1)], 0.20, ["supported"]),
    "opposite at a stricter alpha": ([("-", P, 0.22, 0.1)], 0.01, ["undecided"]),
    # Holm over three primary ones: z = 2.2 alone would do, p .014 * 3 = .042 still does, .028 * 3 = .083 does not
    "Holm, the smallest of three": ([("+", P, 0.22, 0.1), ("+", P, 0.0, 0.1), ("", P, 0.0, 0.1)], 0.05,
                                    ["supported", "undecided", "undecided"]),
    "Holm takes it away": ([("", P, 0.22, 0.1), ("+", P, 0.0, 0.1), ("", P, 0.0, 0.1)], 0.05, ["undecided"] * 3),
    "Holm steps down": ([("", P, 0.22, 0.1), ("", P, 0.9, 0.1), ("", P, -0.9, 0.1)], 0.05, ["supported"] * 3),
    "secondary ones cost the primary nothing": ([("", P, 0.22, 0.1), ("", S, 0.22, 0.1), ("", S, 0.0, 0.1)], 0.05,
                                                ["supported", "undecided", "undecided"]),
    # two-sided .028, .036 and .69: Holm leaves none of three, Benjamini–Hochberg two (.036 * 3 / 2 = .054 is too much)
    "Benjamini–Hochberg": ([("", S, 0.22, 0.1), ("", S, 0.225, 0.1), ("", S, 0.22, 0.1)], 0.05, ["supported"] * 3),
    "Holm on the same": ([("", P, 0.22, 0.1), ("", P, 0.225, 0.1), ("", P, 0.22, 0.1)], 0.05, ["undecided"] * 3),
    # two-sided p of opposite: .028 alone, .083 of three
    "opposite is adjusted too": ([("-", P, 0.22, 0.1), ("-", P, 0.0, 0.1), ("-", P, 0.0, 0.1)], 0.05,
                                 ["undecided"] * 3),
    # nobody predicted it: found or not, it supports nothing; adjusted as primary ones are, apart from them
    "exploratory": ([("", X, -0.50, 0.1), ("", X, 0.22, 0.1), ("", X, 0.0, 0.1), ("", P, 0.22, 0.1)], 0.05,
                    ["significant", "undecided", "undecided", "supported"]),
    "exploratory and too small": ([("", X, 0.06, 0.015)], 0.05, ["practically zero"]),
    # TOST against .10
    "too small to matter": ([("+", P, 0.02, 0.02)], 0.05, ["practically zero"]),
    "too small, no sign": ([("", P, -0.03, 0.03)], 0.05, ["practically zero"]),
    "significant and too small": ([("+", P, 0.06, 0.015)], 0.05, ["practically zero"]),
    "significant against the sign and too small": ([("-", P, 0.06, 0.015)], 0.05, ["practically zero"]),
    "at the limit": ([("+", P, 0.10, 0.01)], 0.05, ["supported"]),
    # standardised .049 with se .027: p against the limit .03 alone, .09 of three
    "equivalence is adjusted too": ([("", P, 0.06, 0.0333), ("", P, 0.5, 0.1), ("", P, 0.5, 0.1)], 0.05,
                                    ["undecided", "supported", "supported"]),
    "equivalence alone": ([("", P, 0.04, 0.0333)], 0.05, ["practically zero"]),
}  # fmt: skip


@pytest.mark.parametrize(("claims", "alpha", "expected"), CASES.values(), ids=CASES)
def test_verdicts(claims: list[Claim], alpha: float, expected: list[str]) -> None:
    judged = verdicts(fit_of(claims), hypotheses_of(claims), alpha)
    assert [v.verdict for v in judged] == expected
    z = [est / se for _, _, est, se in claims]
    side = {"+": 1, "-": -1}
    p_test = [norm.sf(side[c[0]] * v) if c[0] else 2 * norm.sf(abs(v)) for c, v in zip(claims, z, strict=True)]
    adjusted = {}
    for family, method in ((P, holm), (S, hochberg), (X, holm)):
        own = [i for i, claim in enumerate(claims) if claim[1] == family]
        adjusted |= dict(zip(own, method([p_test[i] for i in own]), strict=True))
    half = norm.isf(alpha / 2)
    for i, (verdict, (sign, _, est, se)) in enumerate(zip(judged, claims, strict=True)):
        numbers = [verdict.est, verdict.se, verdict.z, verdict.p, verdict.p_test, verdict.low, verdict.high]
        wanted = [est, se, z[i], 2 * norm.sf(abs(z[i])), p_test[i], est - half * se, est + half * se]
        assert_allclose(numbers, wanted, rtol=1e-12)
        assert_allclose(verdict.p_adjusted, adjusted[i], rtol=1e-12)
        assert verdict.as_expected == (None if not sign else est > 0 if sign == "+" else est < 0)
        negligible = verdict.verdict == "practically zero" and min(verdict.p_adjusted, verdict.p) < alpha
        assert bool(verdict.reason) == (verdict.verdict == "opposite" or negligible)
        sides = 1 if sign else 2
        detectable = (norm.isf(alpha / sides) + norm.ppf(0.8)) * verdict.std_se
        assert_allclose(verdict.detectable, detectable, rtol=1e-12)
        tost = max(norm.sf((verdict.std + 0.1) / verdict.std_se), norm.cdf((verdict.std - 0.1) / verdict.std_se))
        assert_allclose(verdict.p_equivalence, tost, rtol=1e-9)
        ends = [verdict.std - half * verdict.std_se, verdict.std + half * verdict.std_se]
        assert_allclose([verdict.std_low, verdict.std_high], ends, rtol=1e-12)


def test_a_path_that_the_model_lacks() -> None:
    claims = [("+", P, 0.5, 0.1)]
    strange = [Hypothesis("H2", "x2", "y", "+"), Hypothesis("H3", "y", "x1", "+"), Hypothesis("H4", "y", "y")]
    judged = verdicts(fit_of(claims), [*hypotheses_of(claims), *strange])
    assert [v.verdict for v in judged] == ["supported", *["not testable"] * 3]
    assert judged[1].reason == "the model made has no arrow x2 → y"
    assert judged[2].reason == "the model made has no arrow x1 → y".replace("x1 → y", "y → x1")
    assert math.isnan(judged[1].est)
    assert judged[1].as_expected is None


def test_a_variable_without_variance() -> None:
    """A construct that the estimates leave no variance has no size to speak of."""
    model = Model.parse("f =~ a + b + c\ny ~ f")
    drawn = np.random.default_rng(1).standard_normal((200, 5))
    found = fit(model, pd.DataFrame(drawn[:, :4] + drawn[:, 4:], columns=list("abcy")))
    cells = found.cells.copy()
    own = [row.arrow.lhs == row.arrow.rhs == "f" for row in found.layout.rows].index(True)
    cells[0, own] = -0.1
    parts = {name: getattr(found, name) for name in found.__dataclass_fields__}
    (judged,) = verdicts(Fit(**(parts | {"cells": cells})), [Hypothesis("H1", "f", "y")])
    assert judged.verdict == "not testable"
    assert judged.reason == "no positive variance is left to f: the path has no size"


def test_a_path_that_is_fixed() -> None:
    claims = [("+", P, 0.5, 0.1), ("+", P, 0.9, 0.1)]
    first, second = verdicts(fit_of(claims, fixed="x1"), hypotheses_of(claims))
    assert (first.verdict, first.reason) == ("not testable", "the arrow has no standard error: its value is fixed")
    assert (first.est, first.as_expected) == (0.5, True)
    assert second.verdict == "supported"


def test_a_fit_that_did_not_converge() -> None:
    claims = [("+", P, 9.0, 0.1), ("", S, 9.0, 0.1)]
    judged = verdicts(fit_of(claims, converged=False, cause="too few rows."), hypotheses_of(claims))
    assert {v.verdict for v in judged} == {"not testable"}
    assert {v.reason for v in judged} == {"the model did not converge: too few rows."}
    assert all(math.isnan(v.est) and math.isnan(v.p_adjusted) for v in judged)


def test_a_fit_without_standard_errors_says_why() -> None:
    claims = [("+", P, 9.0, 0.1)]
    found = fit_of(claims, vcov=np.full((2, 2), np.nan), cause="the sample hardly determines y~x1.")
    (judged,) = verdicts(found, hypotheses_of(claims))
    assert judged.verdict == "not testable"
    assert judged.reason == "the arrow has no standard error: the sample hardly determines y~x1."


def test_holm_counts_only_what_could_be_tested() -> None:
    """z = 2.2 two-sided is .028: supported among one, not among two; an untestable one doesn't count."""
    claims = [("", P, 0.22, 0.1), ("", P, 0.22, 0.1)]
    both = verdicts(fit_of(claims), hypotheses_of(claims))
    assert [v.verdict for v in both] == ["undecided", "undecided"]
    one = verdicts(fit_of(claims, fixed="x2"), hypotheses_of(claims))
    assert [v.verdict for v in one] == ["supported", "not testable"]
    assert one[0].p_adjusted == one[0].p_test
    assert math.isnan(one[1].p_adjusted)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, 5, math.nan])
def test_alpha_is_a_probability(alpha: float) -> None:
    with pytest.raises(OptionError, match="alpha must lie between 0 and 1"):
        verdicts(fit_of([("", P, 1.0, 0.1)]), [], alpha)


def test_several_groups_are_refused() -> None:
    sample = Moments(np.eye(2)[None], np.array([50, 50]), groups=("north", "south"))
    with pytest.raises(OptionError, match="verdicts are given for one group; fit each group by itself"):
        verdicts(fit_of([("", P, 1.0, 0.1)], moments=sample), [])


def test_the_table_of_verdicts() -> None:
    claims = [("+", P, 0.5, 0.1), ("", S, 0.0, 0.1)]
    table = verdict_table(verdicts(fit_of(claims), hypotheses_of(claims)))
    assert list(table["id"]) == ["H1", "H2"]
    assert list(table["path"]) == ["x1 → y", "x2 → y"]
    assert list(table["verdict"]) == ["supported", "undecided"]
    assert {"sign", "family", "evidence", "arrow", "est", "se", "z", "p", "p_adjusted", "low", "high", "std"} <= set(
        table.columns
    )


# ------------------------------------------------------------------------------------------------------ by chance

SEEDS = 200
CHAIN = Model.parse("f =~ a1 + a2 + a3\ng =~ b1 + b2 + b3\ng ~ f + u + v + w\nf ~ u")
ZERO, ALPHA = ("u", "v", "w"), 0.05


def drawn(seed: int, n: int = 200) -> pd.DataFrame:
    """Nothing leads to g but f."""
    rng = np.random.default_rng(seed)
    u, v, w = rng.standard_normal((3, n))
    f = 0.5 * u + rng.standard_normal(n)
    g = 0.4 * f + rng.standard_normal(n)
    items = {
        f"{name}{i}": 0.8 * of + 0.6 * rng.standard_normal(n) for name, of in (("a", f), ("b", g)) for i in (1, 2, 3)
    }
    return pd.DataFrame(items | {"u": u, "v": v, "w": w})


@pytest.fixture(scope="module")
def fits() -> list[Fit]:
    return [fit(CHAIN, drawn(seed)) for seed in range(SEEDS)]


@pytest.mark.parametrize(("sources", "sign"), [(("v",), ""), (("v",), "+"), (ZERO, ""), (ZERO, "-")])
def test_chance_is_called_support_no_more_often_than_alpha(
    fits: list[Fit], sources: tuple[str, ...], sign: str
) -> None:
    """Of one zero path, and of three together thanks to Holm, up to the bound that 1 in 1000 such runs exceeds."""
    assert all(found.converged for found in fits)
    claims = [Hypothesis(source, source, "g", sign) for source in sources]
    hits = sum(any(v.verdict == "supported" for v in verdicts(found, claims, ALPHA)) for found in fits)
    assert hits <= binom.ppf(0.999, SEEDS, ALPHA)


def test_a_true_path_is_found(fits: list[Fit]) -> None:
    """Else the bound above would be easy to keep."""
    claims = [Hypothesis("right", "f", "g", "+", "secondary"), Hypothesis("wrong", "f", "g", "-", "secondary")]
    judged = [tuple(v.verdict for v in verdicts(found, claims, ALPHA)) for found in fits]
    assert judged.count(("supported", "opposite")) > 0.95 * SEEDS
