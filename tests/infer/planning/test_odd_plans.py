"""Populations, samples and questions that a plan can't be made for, or only just."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Fit, FitError, Hypothesis, Model, OptionError, cutoffs, fit, power, required_n, sensitivity
from mkb21sem.estimate.solve import solve
from mkb21sem.infer.planning import noncentrality as planned
from mkb21sem.infer.planning.answers import STRONGEST, Margin, behind, source
from mkb21sem.infer.planning.cutoffs import _cutoff, discrepant
from mkb21sem.infer.planning.noncentrality import at_population, noncentrality
from mkb21sem.infer.planning.population import population
from mkb21sem.infer.planning.power import needed_noncentrality
from mkb21sem.infer.planning.rmsea_power import rmsea_n, rmsea_power
from mkb21sem.infer.planning.robust_batch import robust_estimates
from mkb21sem.infer.planning.sensitivity import _spread
from mkb21sem.infer.planning.simulate import _Draws
from tests.estimate import setups
from tests.infer.planning.test_simulate import SMALL, VALUES

MODEL = Model.parse(SMALL)


def values(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["lhs", "op", "rhs", "value"])


# --------------------------------------------------------------------------------------------------------- populations


def test_a_population_that_is_none_is_refused() -> None:
    made = population(VALUES, MODEL)
    with pytest.raises(OptionError, match=r"^g → f would close a loop of arrows in the population\.$"):
        made.changed("f", "g", 0.2)
    with pytest.raises(OptionError, match=r"^the population has no variable `x9`\. Closest: x"):
        made.among(["x1", "x9"])
    with pytest.raises(
        OptionError, match=r"^a population's values must be numbers; a standardised estimate is missing"
    ):
        population(VALUES.assign(value=np.nan), MODEL)
    impossible = values(("a", "~~", "b", 0.9), ("a", "~~", "c", 0.9), ("b", "~~", "c", -0.9))
    with pytest.raises(
        OptionError, match=r"^the population's values explain more than all of some variable, or correlate"
    ):
        population(impossible, Model.parse("a ~~ b + c\nb ~~ c")).among(["a", "b", "c"])


def test_a_fit_that_is_no_population_is_refused() -> None:
    found = setups.fitted("ML")
    with pytest.raises(FitError, match=r"^a population needs estimates, and .* did not converge: it ran away$"):
        population(replace(found, converged=False, cause="it ran away"), found.model)
    with pytest.raises(OptionError, match=r"^a population is made of a fit of one group by ML, MLR or the like"):
        population(setups.fitted("WLSMV"), setups.fitted("WLSMV").model)


def test_a_population_at_which_a_model_has_no_minimum_is_refused(monkeypatch) -> None:
    at, search = at_population(MODEL, population(VALUES, MODEL)), planned.minimise
    monkeypatch.setattr(planned, "minimise", lambda *a, **k: replace(search(*a, **k), converged=np.array([False])))
    with pytest.raises(FitError, match=r"^model has no minimum at the population's correlations\.$"):
        at_population(MODEL, population(VALUES, MODEL))
    with pytest.raises(FitError, match=r"^without g~f the model has no minimum at the population's correlations\.$"):
        noncentrality(at, Hypothesis("H1", "f", "g"))


def test_a_begin_that_leads_nowhere_is_replaced() -> None:
    at = at_population(MODEL, population(VALUES, MODEL))
    again = at_population(MODEL, population(VALUES, MODEL), np.full(at.layout.k, np.nan))
    assert_allclose(again.theta, at.theta, atol=1e-6)


def test_an_arrow_that_is_a_sum_of_others_is_not_planned_alone() -> None:
    tied = Model.parse("y ~ a*u + b*v + c*w\nCONSTRAINT(c = a - b)")
    at = at_population(tied, population(values(("y", "~", "u", 0.4), ("y", "~", "v", 0.2), ("y", "~", "w", 0.2)), tied))
    with pytest.raises(OptionError, match=r"^w → y is tied to other parameters; its power can't be planned alone\.$"):
        noncentrality(at, Hypothesis("H1", "w", "y"))


# --------------------------------------------------------------------------------------------------------------- power


def test_words_and_numbers_that_are_no_question_of_power() -> None:
    with pytest.raises(OptionError, match=r"^power must lie between alpha \(0\.05\) and 1; got 0\.05\.$"):
        needed_noncentrality(0.05, "+", 0.05)
    with pytest.raises(OptionError, match=r"^power must lie between alpha \(0\.05\) and 1; got 1\.0\.$"):
        rmsea_n(0.05, 0.08, 20, 1.0)
    with pytest.raises(OptionError, match=r"^two different RMSEA of 0 or more are needed; got 0\.05 and 0\.05\.$"):
        rmsea_power(0.05, 0.05, 20, 100)
    with pytest.raises(OptionError, match=r"^a model without degrees of freedom has no test of fit\.$"):
        rmsea_power(0.05, 0.08, 0, 100)
    with pytest.raises(OptionError, match=r"^n must be above 1 and alpha between 0 and 1; got n = 1, alpha = 0\.05\.$"):
        rmsea_power(0.05, 0.08, 20, 1)
    with pytest.raises(OptionError, match=r"^no sample below .* tells RMSEA 0\.0500001 from 0\.05 with 1 df\.$"):
        rmsea_n(0.05, 0.0500001, 1)
    assert rmsea_n(0.0, 3.0, 60) == 2


def test_an_effect_of_the_other_sign_needs_no_sample() -> None:
    told = required_n(MODEL, VALUES, hypotheses=[Hypothesis("H1", "f", "g", sign="-")])
    told = told[told["id"] == "H1"]
    assert set(told["reason"]) == {"the population's effect has the other sign"}
    assert told["n"].isna().all()


def test_draws_that_were_stopped_at_once_leave_the_theory(monkeypatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mkb21sem.infer.planning.simulate._Draws.__call__", stop)
    made = power(MODEL, VALUES, [100, 200], draws=5)
    assert made.stopped
    assert set(made.table["method"]) == {"analytic"}


@pytest.mark.parametrize("lost", ["rows", "minimum", "errors", ""])
def test_a_sample_with_holes_that_cannot_be_fitted_counts_as_failed(monkeypatch, lost: str) -> None:
    at = at_population(MODEL, population(VALUES, MODEL))
    job = _Draws(source(at.layout.observed, at.Sigma, missing={"x1": 0.1}), at.layout, at.theta, ((0,),), 120)
    y = job.origin.draw(np.random.default_rng(1), 1, 4 if lost == "rows" else 120)[0]

    def solved(*given: object) -> tuple[object, object]:
        found, there = solve(*given)
        if lost == "minimum":
            return replace(found, converged=np.array([False])), there
        return found, SimpleNamespace(vcov=lambda: there.vcov() * np.nan, scaled=there.scaled) if lost else there

    monkeypatch.setattr("mkb21sem.infer.planning.simulate.solve", solved)
    est, se, pvalue, converged, proper = job._with_holes(y)
    assert converged.tolist() == proper.tolist() == [not lost]
    assert np.isfinite([est[0, 0], se[0, 0], pvalue[0]]).tolist() == [not lost] * 3


def test_the_batch_minds_constraints() -> None:
    spec = SMALL.replace("+ x2 + x3", "+ a*x2 + b*x3") + "\nCONSTRAINT(a = 2*b)"
    at = at_population(Model.parse(spec), population(VALUES, MODEL))
    y = source(at.layout.observed, at.Sigma).draw(np.random.default_rng(3), 2, 200)
    batch = robust_estimates(at.layout, y, at.theta)
    one = fit(Model.parse(spec), pd.DataFrame(y[1], columns=list(at.layout.observed)), "MLR")
    assert_allclose(batch.theta[1], one.theta, atol=1e-6)
    assert_allclose(batch.vcov[1], one.vcov, rtol=1e-5, atol=1e-9)
    assert_allclose(batch.scaling[1], one.scaled.scaling, rtol=1e-6)


# -------------------------------------------------------------------------------------------------------------- answers


def test_an_item_with_one_answer_has_no_distribution() -> None:
    wave = pd.DataFrame({"a": [3.0, 3.0, np.nan], "b": [1.0, 2.0, 3.0]})
    with pytest.raises(
        OptionError, match=r"^`a` has fewer than two different answers; its distribution says nothing\.$"
    ):
        source(["a", "b"], np.eye(2), wave)


def test_correlations_that_skewed_answers_cannot_have_become_possible_ones() -> None:
    """Two rare answers at opposite ends hardly correlate; what is asked for is approached and stays a correlation."""
    rare, common = Margin.cut_at([2.5]), Margin.cut_at([-2.5])
    R = np.array([[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]])
    found = behind(R, [rare, common, rare])
    assert np.linalg.eigvalsh(found)[0] > 0
    assert_allclose(np.diagonal(found), 1.0)
    assert np.abs(found).max() < 1.0 + 1e-12
    alone = behind(np.array([[1.0, 0.9], [0.9, 1.0]]), [rare, common])
    assert alone[0, 1] == pytest.approx(STRONGEST)


# ------------------------------------------------------------------------------------------------------------- cut-offs


def test_what_has_no_cutoffs() -> None:
    with pytest.raises(OptionError, match=r"^cut-offs are made for a Fit; got str\.$"):
        cutoffs("mkb21")
    with pytest.raises(OptionError, match=r"^model has no degrees of freedom, so there is no fit to judge\.$"):
        cutoffs(fit(Model.parse("f =~ x1 + x2 + x3"), setups.plain()))


def test_a_cutoff_by_hand() -> None:
    true, missed = np.linspace(0.0, 0.1, 101), np.linspace(0.0, 0.1, 101)
    assert _cutoff("rmsea", np.empty(0), missed, False)[-1] == "no samples"
    assert _cutoff("rmsea", true, missed, False)[-1].startswith("samples with and without this misfit overlap")
    # Of the misfitting samples 95% lie above .055 and 90% above .06; of the others 90% lie below .06, but fewer
    # than 95% below .055: the second share is the one that both reach.
    cutoff, caught, kept, reason = _cutoff(
        "rmsea", np.linspace(0.0, 0.0666, 1001), np.linspace(0.05, 0.15, 1001), False
    )
    assert (cutoff, reason) == (pytest.approx(0.06), "")
    assert caught == pytest.approx(0.90, abs=0.002)
    assert kept == pytest.approx(0.90, abs=0.002)


@pytest.mark.parametrize("seed", range(0, 400, 20))
def test_correlations_miss_by_what_was_asked(seed: int) -> None:
    rng = np.random.default_rng(seed)
    loading = rng.uniform(0.2, 0.95, int(rng.integers(2, 6)))
    Sigma = np.outer(loading, loading)
    np.fill_diagonal(Sigma, 1.0)
    size = rng.uniform(0.01, 0.3)
    R = discrepant(Sigma, size, np.random.default_rng(1))
    off = np.tril_indices(len(R), -1)
    assert np.abs((R - Sigma)[off]).mean() == pytest.approx(size, rel=1e-5)
    assert_allclose(np.diagonal(R), 1.0)
    assert np.linalg.eigvalsh(R)[0] > 0


# ---------------------------------------------------------------------------------------------------------- sensitivity


@pytest.fixture(scope="module")
def regression() -> Fit:
    rng = np.random.default_rng(1)
    u, v = rng.standard_normal((2, 300))
    y = 0.95 * v + 0.05 * u + 0.25 * rng.standard_normal(300)
    return fit(Model.parse("y ~ u + v"), pd.DataFrame({"u": u, "v": v, "y": y}))


def test_sensitivity_of_what_is_no_fit() -> None:
    with pytest.raises(OptionError, match=r"^sensitivity needs a Fit; got str\.$"):
        sensitivity("mkb21")


def test_a_path_that_no_value_makes_visible(regression: Fit) -> None:
    """One respondent more than none would have to show an effect for which the other cause leaves no room."""
    claim = [Hypothesis("H1", "u", "y", sign="+")]
    told = sensitivity(regression, claim, n=1)
    assert told["reason"][0] == "no value that the other paths leave room for is found with this power"
    assert math.isnan(told["smallest"][0])
    assert sensitivity(regression, claim, n=300)["smallest"][0] < 0.2


def test_a_sample_that_shows_no_path_at_all() -> None:
    rng = np.random.default_rng(1)
    u = rng.standard_normal(100)
    found = fit(Model.parse("y ~ u"), pd.DataFrame({"u": u, "y": 0.3 * u + rng.standard_normal(100)}))
    told = sensitivity(found, [Hypothesis("H1", "u", "y", sign="+")], n=1)
    assert told["reason"][0] == "not even an effect of 0.98 is found with this power"


@pytest.mark.parametrize("effect", [0.2, -0.2])
@pytest.mark.parametrize("own", [(0.5, 0.3), (0.0, 0.3), (-0.5, 0.3), (-0.5, -0.4)])
def test_the_arrows_of_a_path_multiply_to_its_effect(own: tuple[float, float], effect: float) -> None:
    chain = Model.parse("m ~ x\ny ~ m")
    assumed = population(values(("m", "~", "x", own[0]), ("y", "~", "m", own[1])), chain)
    spread = _spread(assumed, Hypothesis("H1", "x", "y", through=("m",)), effect)
    assert math.prod(spread) == pytest.approx(effect)
    if own[0]:
        assert abs(spread[0] / spread[1]) == pytest.approx(abs(own[0] / own[1]))
