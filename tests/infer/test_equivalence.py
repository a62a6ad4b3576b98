"""Equivalence, detectable effects, effect sizes and paths of several arrows, against other programs and by law."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from scipy.stats import norm
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.weightstats import ztost

from mkb21sem import Hypothesis, Model, OptionError, bootstrap, fit, intervals, monte_carlo, verdicts
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.effects.effectsize import contribution
from mkb21sem.infer.effects.measured import Measured
from mkb21sem.infer.effects.pathway import pathway, places
from mkb21sem.infer.judging.equivalence import equivalence, equivalence_power, minimum_detectable
from mkb21sem.infer.judging.multiplicity import adjusted


def test_tost_is_that_of_statsmodels() -> None:
    """A mean of n numbers with limits ±.2; statsmodels estimates the standard error with divisor n − 1."""
    x = np.random.default_rng(3).normal(0.05, 1.0, 400)
    found = equivalence(Measured(x.mean(), x.std(ddof=1) / 20), 0.2)
    p, low, high = ztost(x, -0.2, 0.2)
    assert_allclose([found.p, found.p_low, found.p_high], [p, low[1], high[1]], rtol=1e-10)


@pytest.mark.parametrize("value", [-0.15, -0.04, 0.0, 0.03, 0.09, 0.4])
@pytest.mark.parametrize("se", [0.02, 0.05])
def test_practically_zero_is_an_interval_within_the_limits(value: float, se: float) -> None:
    effect = Measured(value, se)
    low, high = effect.interval(0.90)
    assert (equivalence(effect, 0.1).p < 0.05) == (max(-low, high) < 0.1)


def test_the_smallest_size_of_interest_is_positive() -> None:
    with pytest.raises(OptionError, match="sesoi must be positive; got 0"):
        equivalence(Measured(0.0, 0.1), 0.0)


@pytest.mark.parametrize(("sides", "alternative"), [(2, "two-sided"), (1, "larger")])
def test_the_detectable_effect_has_its_power(sides: int, alternative: str) -> None:
    """statsmodels' power of a z test of one mean at that effect, in units of the standard deviation, n = 100."""
    size = minimum_detectable(0.1, 0.05, 0.8, sides)
    power = NormalIndPower(ddof=0).power(size, nobs1=100, alpha=0.05, ratio=0, alternative=alternative)
    assert_allclose(power, 0.8, atol=2e-6)


def test_power_of_equivalence_is_the_share_of_zeros_that_are_called_so() -> None:
    rng = np.random.default_rng(8)
    hits = np.mean([equivalence(Measured(x, 0.04), 0.1).p < 0.05 for x in rng.normal(0.0, 0.04, 4000)])
    assert_allclose(hits, equivalence_power(0.04, 0.1), atol=4 * math.sqrt(0.25 / 4000))
    assert equivalence_power(0.08, 0.1) == 0.0


# ------------------------------------------------------------------------------------------------------- the draws


@pytest.mark.parametrize("acceleration", [-0.05, 0.0, 0.08])
@pytest.mark.parametrize("level", [0.80, 0.95])
def test_a_p_value_is_the_bca_interval_turned_round(acceleration: float, level: float) -> None:
    """At its own ends the one-sided p-values of an interval are half of what it leaves out."""
    draws = np.random.default_rng(5).gamma(4.0, 0.1, 20_001)
    effect = Measured(0.38, 0.2, draws, acceleration)
    low, high = effect.interval(level)
    assert_allclose([effect.above(low), effect.below(high)], (1 - level) / 2, atol=2e-4)


def test_the_interval_is_bca_as_scipy_computes_it() -> None:
    """Of a mean, with the same draws: scipy's acceleration is the jackknife's, the mean third power of the answers."""
    rng = np.random.default_rng(2)
    x = rng.gamma(2.0, 1.0, 60)
    draws = x[rng.integers(0, 60, (9999, 60))].mean(axis=1)
    away = x - x.mean()
    a = (away**3).sum() / (6 * (away**2).sum() ** 1.5)
    low, high = Measured(x.mean(), x.std() / 60**0.5, draws, a).interval(0.95)
    z0 = norm.ppf((draws < x.mean()).mean())
    z = z0 + norm.ppf([0.025, 0.975])
    assert_allclose([low, high], np.quantile(draws, norm.cdf(z0 + z / (1 - a * z))), rtol=1e-12)
    crossing = brentq(lambda c: Measured(x.mean(), 1.0, draws, a).above(c) - 0.025, 0.5 * low, high)
    assert_allclose(crossing, low, rtol=1e-3)


def test_symmetric_draws_give_what_normal_theory_gives() -> None:
    draws = norm.ppf((np.arange(20_000) + 0.5) / 20_000, 0.3, 0.1)
    by_draws, by_theory = Measured(0.3, 0.1, draws), Measured(0.3, 0.1)
    for limit in (0.0, 0.1, 0.35):
        assert_allclose(by_draws.above(limit), by_theory.above(limit), atol=1e-3)
        assert_allclose(by_draws.below(limit), by_theory.below(limit), atol=1e-3)
    assert_allclose(by_draws.interval(0.95), by_theory.interval(0.95), atol=1e-3)
    assert 0 < by_draws.above(-5.0) < 1 / 10_000


# ------------------------------------------------------------------------------------------------------ effect sizes


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    x, v = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], 300).T
    m = 0.5 * x + rng.standard_normal(300)
    y = 0.4 * m + 0.2 * v + rng.standard_normal(300)
    return pd.DataFrame({"x": x, "v": v, "m": m, "y": y})


def test_effect_sizes_are_those_of_least_squares(sample: pd.DataFrame) -> None:
    """In a saturated path model the implied covariances are the sample's, and each equation is a regression."""
    found = fit(Model.parse("m ~ x + v\ny ~ m + x + v"), sample)
    for outcome, causes in (("m", "xv"), ("y", "mxv")):
        whole = smf.ols(f"{outcome} ~ {' + '.join(causes)}", sample).fit().rsquared
        for cause in causes:
            without = smf.ols(f"{outcome} ~ {' + '.join(set(causes) - {cause})}", sample).fit().rsquared
            one = contribution(found, cause, outcome)
            assert_allclose([one.delta_r2, one.f2], [whole - without, (whole - without) / (1 - whole)], rtol=1e-6)
    assert math.isnan(contribution(found, "y", "x").f2)


def test_an_only_cause_adds_all_there_is(sample: pd.DataFrame) -> None:
    found = fit(Model.parse("m ~ x"), sample)
    r2 = smf.ols("m ~ x", sample).fit().rsquared
    assert_allclose(contribution(found, "x", "m").delta_r2, r2, rtol=1e-8)


# --------------------------------------------------------------------------------------------------- indirect paths


def test_an_indirect_path_has_sobels_standard_error(sample: pd.DataFrame) -> None:
    """√(a² se_b² + b² se_a²): in a recursive path model the estimates of two equations are uncorrelated."""
    found = fit(Model.parse("m ~ x\ny ~ m + x"), sample)
    table = found.table().set_index(["lhs", "rhs"])
    (a, sa), (b, sb) = (tuple(table.loc[path, ["est", "se"]]) for path in (("m", "x"), ("y", "m")))
    cells = places(found, (("x", "m"), ("m", "y")))
    one = pathway(found, [cell for cell in cells.values() if cell is not None])
    assert_allclose(one.effect.value, a * b, rtol=1e-12)
    assert_allclose(one.effect.se, math.hypot(a * sb, b * sa), rtol=1e-6)
    assert_allclose(one.standardized.value, table.loc[("m", "x"), "std"] * table.loc[("y", "m"), "std"], rtol=1e-12)


def test_a_verdict_on_an_indirect_path(sample: pd.DataFrame) -> None:
    found = fit(Model.parse("m ~ x\ny ~ m + x"), sample)
    claims = [Hypothesis("H1", "x", "y", "+", through=("m",)), Hypothesis("H2", "v", "y", through=("m",))]
    first, second = verdicts(found, claims)
    assert (first.verdict, first.hypothesis.path) == ("supported", "x → m → y")
    assert math.isnan(first.f2)
    assert second.reason == "the model model has no arrow v → m"
    assert first.est != pytest.approx(found.table().set_index(["lhs", "rhs"]).loc[("y", "x"), "est"])


def test_each_hypothesis_has_its_own_level_and_size(sample: pd.DataFrame) -> None:
    found = fit(Model.parse("m ~ x + v"), sample)
    own = verdicts(found, [Hypothesis("H1", "v", "m", alpha=0.2, sesoi=0.9), Hypothesis("H2", "x", "m", sesoi=0.9)])
    assert [v.verdict for v in own] == ["practically zero"] * 2
    assert_allclose(own[0].high - own[0].low, 2 * norm.isf(0.1) * own[0].se, rtol=1e-12)
    assert_allclose(own[1].high - own[1].low, 2 * norm.isf(0.025) * own[1].se, rtol=1e-12)


def test_untested_p_values_count_for_nothing() -> None:
    nan = math.nan
    assert_allclose(adjusted([0.01, nan, 0.04], ["primary"] * 3), [0.02, nan, 0.04])
    assert_allclose(adjusted([0.01, 0.03, 0.04], ["primary", "secondary", "secondary"]), [0.01, 0.04, 0.04])
    assert adjusted([], []) == []


# ----------------------------------------------------------------------------------------------- verdicts by draws


@pytest.fixture(scope="module")
def chain(sample: pd.DataFrame) -> Fit:
    return fit(Model.parse("m ~ x + v\ny ~ m"), sample)


CLAIMS = [Hypothesis("H1", "x", "m", "+"), Hypothesis("H2", "v", "m"), Hypothesis("H3", "x", "y", "+", through=("m",))]


@pytest.mark.parametrize("kind", ["percentile", "bc", "bca"])
def test_verdicts_have_the_bootstraps_intervals(chain: Fit, kind: str) -> None:
    drawn = bootstrap(chain, 400, 1, 1)
    wanted = intervals(drawn).set_index(["path", "effect", "scale"])
    for verdict in verdicts(chain, CLAIMS, draws=drawn, intervals=kind):
        effect = "indirect" if verdict.hypothesis.through else "direct"
        for scale, ends in (
            ("raw", (verdict.low, verdict.high)),
            ("all", (verdict.std_low, verdict.std_high)),
        ):
            row = wanted.loc[(verdict.hypothesis.path.replace("→", "->"), effect, scale)]
            assert_allclose(ends, [row[f"{kind}_low"], row[f"{kind}_high"]], rtol=1e-10)
        # The two-sided p and the interval tell the same of zero.
        assert (verdict.p < 0.05) == (verdict.low > 0 or verdict.high < 0)


def test_verdicts_by_monte_carlo_agree_with_the_delta_method(chain: Fit) -> None:
    drawn = monte_carlo(chain, 20_000, 1)
    for one, other in zip(
        verdicts(chain, CLAIMS[:2], draws=drawn, intervals="percentile"), verdicts(chain, CLAIMS[:2]), strict=True
    ):
        assert_allclose([one.se, one.std_se], [other.se, other.std_se], rtol=0.03)
        assert_allclose([one.low, one.high], [other.low, other.high], atol=0.05 * other.se)


def test_draws_that_can_not_give_the_interval_are_refused(chain: Fit) -> None:
    with pytest.raises(OptionError, match="intervals='bca' are for bootstrap draws; Monte Carlo draws give percentile"):
        verdicts(chain, CLAIMS, draws=monte_carlo(chain, 100))
    drawn = bootstrap(chain, 120, 1, 1)
    early = replace(drawn, jackknife=drawn.jackknife[:0])
    with pytest.raises(OptionError, match="BCa intervals need the jackknife, which was stopped before its end"):
        verdicts(chain, CLAIMS, draws=early)
    with pytest.raises(OptionError, match="intervals must be percentile, bc, bca; got 'bcaa'"):
        verdicts(chain, CLAIMS, draws=drawn, intervals="bcaa")
