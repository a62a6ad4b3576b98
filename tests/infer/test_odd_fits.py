"""Fits with something missing, impossible or too small in them: what is said of each."""

from __future__ import annotations

import gc
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Fit, FitError, Hypothesis, Model, Moments, bollen_stine, bootstrap, fit, indices
from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.scaling import INAPPLICABLE
from mkb21sem.estimate.secondopinion import SecondOpinion
from mkb21sem.infer.certificates import certificate as certificates
from mkb21sem.infer.certificates.admissibility import answers, correlations
from mkb21sem.infer.effects.effectsize import contribution, model_covariance
from mkb21sem.infer.effects.pathway import drawn, pathway, places
from mkb21sem.infer.factorscores.anatomy import anatomy
from mkb21sem.infer.factorscores.ordinal_scores import _answers, _likelihood, _search
from mkb21sem.infer.factorscores.scores import scores
from mkb21sem.infer.globalfit.absent import why
from mkb21sem.infer.judging.multiplicity import adjusted
from mkb21sem.infer.judging.zeros import zeros
from mkb21sem.infer.localfit.release import constraints, release
from mkb21sem.infer.localfit.residuals import residuals
from tests.estimate import setups
from tests.lavaan.reference import case, data
from tests.parity import fitted


def with_cells(found: Fit, **values: float) -> Fit:
    """The fit with other values in cells such as `x1~~x2`, spelled x1__x2."""
    cells, places_of = found.cells.copy(), [row.arrow.lhs + row.arrow.op + row.arrow.rhs for row in found.layout.rows]
    for name, value in values.items():
        cells[0, places_of.index(name.replace("__", "~~"))] = value
    return replace(found, cells=cells)


# -------------------------------------------------------------------------------------------------------- certificate


def test_residuals_that_correlate_beyond_one_are_named_with_a_remedy() -> None:
    found = setups.fitted("ML")
    theirs = {name: found.table().query("lhs == @name and rhs == @name")["est"].item() for name in ("x1", "y1")}
    given = correlations(with_cells(found, x1__y1=1.2 * math.sqrt(theirs["x1"] * theirs["y1"])))
    assert given.ok is False
    assert given.finding == "x1 and y1 correlate 1.20"
    assert given.remedy == (
        "The covariance of x1 and y1 takes over what their construct should explain: leave `x1 ~~ y1` out, or one of "
        "the two items."
    )


def test_a_construct_of_negative_variance_has_no_correlations_to_be_beyond_one() -> None:
    assert correlations(with_cells(fitted("hs_ml"), visual__visual=-0.1)).ok is True


def test_pairs_of_answers_that_determine_each_other_are_named() -> None:
    found = fitted("ord5_wlsmv")
    inside = found.moments.ordinal[0].inside.copy()
    inside[2, 0] = inside[0, 2] = False
    group = replace(found.moments.ordinal[0], inside=inside)
    given = answers(replace(found, moments=replace(found.moments, ordinal=(group,))))
    assert given.ok is False
    assert given.finding == "u1 and u3 have no correlation short of ±1"
    assert given.remedy == "Join rare answers of these items, or leave one item out."


def test_where_every_pair_of_answers_was_given_that_is_said() -> None:
    assert answers(fitted("ord2_wlsmv")).finding == "every pair of answers was given"


@pytest.mark.parametrize(
    ("theirs", "remedy"), [(84.0, "semopy's χ² is lower: give START values."), (85.0, "χ² is the same: see identif")]
)
def test_a_second_opinion_that_differs_is_a_failure(monkeypatch, theirs: float, remedy: str) -> None:
    rows = pd.DataFrame(
        [("visual", "=~", "x2", 0.5, 0.5, 0.0), ("visual", "=~", "x3", 0.7, 0.4, -0.3)],
        columns=["lhs", "op", "rhs", "est", "semopy", "difference"],
    )
    opinion = SecondOpinion(rows, 85.0, theirs, 0.3, False, "2.3.11")
    monkeypatch.setattr(certificates, "second_opinion", lambda found: opinion)
    given = certificates.certificate(fitted("hs_ml"), starts=0)["second opinion"]
    assert given.ok is False
    assert given.finding == f"semopy 2.3.11 differs by 0.3 standard deviations at most, at a χ² of {theirs:.3f}"
    assert given.remedy.startswith(f"The most different is visual =~ x3. {remedy}")


# --------------------------------------------------------------------------------------------------------------- draws


def stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_test_that_was_stopped_before_anything_is_finished_says_so(monkeypatch) -> None:
    monkeypatch.setattr("mkb21sem.infer.draws.bollenstine.CHUNK", 1)
    monkeypatch.setattr("mkb21sem.infer.draws.bollenstine._Draws.__call__", stop)
    with pytest.raises(FitError, match=r"^the test was stopped before the first draws were finished\.$"):
        bollen_stine(setups.fitted("ML"), 3, workers=1)


@pytest.fixture(scope="module")
def nine() -> Fit:
    """Nine rows for six items: most draws from them leave no covariance matrix."""
    return fit(Model.parse("f =~ x1 + x2 + x3 + y1 + y2 + y3"), setups.plain().iloc[:9])


def test_a_sample_too_small_for_draws_says_so(nine: Fit) -> None:
    with pytest.raises(
        FitError, match=r"^no draw from the turned rows converged: the sample is too small for this model"
    ):
        bollen_stine(nine, 2, seed=1, workers=1)
    with pytest.raises(
        FitError, match=r"^none of 2 draws could be fitted: the draw can't be fitted: .* does not vary\.$"
    ):
        bootstrap(nine, 2, seed=2, workers=1)


def test_a_fixed_path_has_no_spread_over_draws() -> None:
    found = fit(Model.parse("y1 ~ 0.5*x1\ny2 ~ y1"), setups.plain())
    steps = [("x1", "y1")]
    path = pathway(found, list(places(found, steps).values()), draws=drawn(found, bootstrap(found, 40, workers=1)))
    assert path.effect.value == 0.5
    assert math.isnan(path.effect.se)
    assert path.standardized.se > 0


# ------------------------------------------------------------------------------------------------------------- effects


def test_an_effect_size_where_a_variance_is_not_positive_or_causes_are_copies() -> None:
    found = fit(Model.parse("y1 ~ x1 + x2"), setups.plain())
    whole = contribution(found, "x1", "y1")
    assert 0 < whole.delta_r2 < whole.f2
    cov, place = model_covariance(found), found.layout.variables.index("x2")
    negative, copied = cov.copy(), cov.copy()
    negative[place, place] = -1.0
    other = found.layout.variables.index("x1")
    copied[place], copied[:, place] = copied[other], copied[:, other]
    copied[place, place] = cov[other, other]
    for odd in (negative, copied):
        sizes = contribution(found, "x1", "y1", odd)
        assert math.isnan(sizes.delta_r2)
        assert math.isnan(sizes.f2)


# -------------------------------------------------------------------------------------------------------------- scores


def test_an_ordinal_item_that_predicts_something_leaves_no_scores() -> None:
    spec = Model.parse("f =~ x1 + x2 + x3\ny1 ~ x1")
    found = fit(spec, setups.answers(), "WLSMV", ordered=["x1", "x2", "x3"], parameterization="theta")
    with pytest.raises(
        FitError, match=r"^the ordinal item x1 predicts y1: factor scores of such a model are not avail"
    ):
        scores(found)


@pytest.mark.parametrize("times", [1.0, 50.0, -1.0])
def test_no_step_of_a_score_lowers_its_likelihood(times: float) -> None:
    """A step that is much too long is halved; one in the wrong direction is not taken."""
    found = fitted("ord5_wlsmv")
    of = anatomy(found, 0)
    given = _answers(found, 0, of, "regression")
    eta = np.zeros_like(given.h)
    value, gradient, H = _likelihood(given, eta)
    newton = np.linalg.solve(H, gradient[..., None])[..., 0]
    at, reached = _search(given, eta, value, times * newton)
    assert (reached >= value - 1e-9).all()
    if times < 0:
        assert_allclose(at, eta, atol=1e-6)
    else:
        assert (reached > value + 1e-3).any()
        assert_allclose(reached, _likelihood(given, at)[0], rtol=1e-12)


# ------------------------------------------------------------------------------------------------------------- indices


def test_why_an_index_of_a_model_without_misfit_is_not_there() -> None:
    names = ["a", "b"]
    found = fit(Model.parse("a ~~ 0*b"), Moments(cov=pd.DataFrame(np.eye(2), index=names, columns=names), n=20))
    assert why(found)["cn_05"] == why(found)["cn_01"] == "there is no misfit"


def test_why_there_is_nothing_to_improve_on() -> None:
    """A baseline whose χ² equals its degrees of freedom leaves nothing between it and a perfect model."""
    found = setups.fitted("ML")
    given = replace(found, baseline=replace(found.baseline, chisq=float(found.baseline.df)))
    assert math.isnan(indices(given)["rni"])
    assert why(given)["rni"] == "the baseline leaves nothing to improve on"


def test_a_single_variable_has_a_fit_without_indices_that_compare() -> None:
    found = fit(Model.parse("x1 ~~ x1"), setups.plain())
    assert found.test.df == found.baseline.df == 0
    reasons = why(found)
    assert reasons["baseline.pvalue"] == reasons["crmr"] == INAPPLICABLE
    assert indices(found)["srmr"] == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("reason", ["", "the baseline ran away"])
def test_why_a_baseline_without_a_minimum_leaves_no_comparison(reason: str) -> None:
    found = setups.fitted("MLR")
    lost = Test("standard", math.nan, found.baseline.df, reason)
    reasons = why(replace(found, baseline=lost, baseline_scaled=lost))
    for name in ("baseline.pvalue", "baseline.pvalue.scaled"):
        assert reasons[name] == (reason or "the model did not converge")
    assert reasons["cfi"].startswith("the baseline: ")


def test_why_a_negative_scaling_of_the_baseline_leaves_no_test_of_it() -> None:
    found = setups.fitted("MLR")
    odd = replace(found.baseline_scaled, scaling=-0.5, chisq=-10.0)
    assert why(replace(found, baseline_scaled=odd))["cfi.scaled"].startswith(
        "the estimated scaling factor is not positive"
    )


def test_why_correlations_that_cannot_be_have_no_robust_indices() -> None:
    found = fitted("ord5_wlsmv")
    group = found.moments.ordinal[0]
    cov = group.cov.copy()
    cov[0, 1] = cov[1, 0] = -0.99
    odd = replace(found, moments=replace(found.moments, ordinal=(replace(group, cov=cov),)))
    assert why(odd)["cfi.robust"] == "the polychoric correlations are not positive definite"


# -------------------------------------------------------------------------------------------------------------- judging


def test_probabilities_are_adjusted_where_a_caller_has_frozen_its_objects() -> None:
    gc.freeze()
    try:
        assert_allclose(adjusted([0.01, 0.02, 0.9], ["zero"] * 3), [0.03, 0.04, 0.9])
        assert gc.get_freeze_count() > 0, "what the caller froze was set free"
    finally:
        gc.unfreeze()


def test_a_zero_whose_larger_model_cannot_be_fitted_says_why() -> None:
    table = setups.plain()
    found = fit(Model.parse("y1 ~ x1\ny2 ~ y1\nx2 ~ x1"), table)
    claim = Hypothesis("Z1", "x1", "y2", family="zero")
    told = zeros(found, table.drop(columns="y2"), [claim])
    assert told.table["reason"][0].startswith("with the arrow the model can't be estimated: the model asks for `y2`")
    assert math.isfinite(told.table["score"][0])
    assert told.joint.set_index("test").loc["Wald", "reason"].startswith("the model asks for `y2`")


# ----------------------------------------------------------------------------------------------------------- local fit


def test_starting_values_are_no_constraints_to_release() -> None:
    plain = case("hs_constraint_ml").spec
    found = fit(Model.parse(plain + "\nSTART(0.5) c"), data("hs_constraint_ml"))
    assert [each.coefficients.tolist() for each in constraints(found.layout)] == [
        each.coefficients.tolist() for each in constraints(fitted("hs_constraint_ml").layout)
    ]
    assert_allclose(release(found)["chisq"], release(fitted("hs_constraint_ml"))["chisq"], rtol=1e-5)


def test_residuals_without_a_minimum_have_no_errors() -> None:
    found = fitted("hs_ml")
    lost, known = residuals(replace(found, vcov=np.full_like(found.vcov, np.nan))), residuals(found)
    assert lost[["se", "z"]].isna().all(axis=None)
    assert_allclose(lost["residual"], known["residual"])
