"""Fit indices of our own fits beside lavaan's `fitMeasures`, name by name, and laws that need no reference."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import chndtr

from mkb21sem import Model, fit
from mkb21sem.estimate.chisquare import Test
from mkb21sem.infer.globalfit.absent import why
from mkb21sem.infer.globalfit.indices import NAMES, Collected, indices
from mkb21sem.infer.globalfit.srmr import crmr
from tests.lavaan.reference import HERE, cases, data, load
from tests.parity import fitted

CASES = [one.id for one in cases() if (HERE / one.id / "fit.csv").is_file()]
NO_INDEX = {"gradient_max", "stopped_short", "norig"}
"""Names in the tables that say something about lavaan's run."""
HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


def measures(case_id):
    """lavaan's indices: the table without what it says of groups, single tests and lavaan's run."""
    values = load(case_id).fit
    other = values.index.str.contains(":") | values.index.str.startswith(("nobs_", "weight_"))
    return values[~other & ~values.index.isin(list(NO_INDEX))]


def constrained(case_id):
    """MLR with constraints: fewer parameters than lavaan numbers."""
    reference = load(case_id)
    return "scaling.factor.h0" in reference.fit and reference.estimates["free"].max() > reference.fit["npar"]


def count_before_constraints(case_id, ours, theirs):
    """lavaan divides the trace by the parameters before constraints; h1·moments − h0·k is then not c·df."""
    found = fitted(case_id)
    before = load(case_id).estimates["free"].max()
    assert before > found.layout.k
    assert_allclose(theirs["scaling.factor.h0"] * before, ours["scaling.factor.h0"] * found.layout.k, rtol=1e-5)
    trace = theirs["chisq.scaling.factor"] * theirs["df"]
    whole = theirs["scaling.factor.h1"] * found.layout.moments
    assert_allclose(whole - ours["scaling.factor.h0"] * found.layout.k, trace, rtol=1e-5)
    assert abs(whole - theirs["scaling.factor.h0"] * found.layout.k - trace) > 1


def counted_twice(case_id, ours, theirs):
    """lavaan takes the baseline's k once a group too often; k is what n F has on average, so groups add."""
    test, baseline = Collected(fitted(case_id)).robust
    groups = len(fitted(case_id).moments.groups)
    assert groups > 1
    misfit = test.scaling * (test.chisq - test.df)
    theirs_of_baseline = baseline.scaling * baseline.chisq - groups * baseline.trace
    assert_allclose(1 - misfit / theirs_of_baseline, theirs["rni.robust"], rtol=1e-6)
    lewis = 1 - (misfit / test.df) / (theirs_of_baseline / baseline.df)
    assert_allclose(lewis, theirs["tli.robust"], rtol=1e-6)


def implied_variance_not_one(case_id, ours, theirs):
    """lavaan's implied variances of ordinal items under delta are not all 1, by which it divides."""
    reference = load(case_id)
    S = reference.moment("sample", "cov")
    Sigma = reference.moment("implied", "cov").loc[S.index, S.index].to_numpy(copy=True)
    items = [name in reference.case.ordered for name in S.index]
    assert np.abs(np.diag(Sigma)[items] - 1).max() > 1e-3
    assert_allclose(crmr(S.to_numpy(), Sigma), theirs["crmr_nomean"], rtol=1e-9)
    np.fill_diagonal(Sigma, np.where(items, 1.0, np.diag(Sigma)))
    assert_allclose(crmr(S.to_numpy(), Sigma), ours["crmr_nomean"], rtol=1e-5)


def search_stopped_early(case_id, ours, theirs):
    """lavaan's search for λ stops within 1.3e-4 of the root; ours solves the equation."""
    one = Collected(fitted(case_id))
    test = one.robust[0]
    to_root = one.n / test.scaling * test.df
    at = ours["rmsea.ci.lower.robust"] ** 2 * to_root
    assert_allclose(at, theirs["rmsea.ci.lower.robust"] ** 2 * to_root, atol=1.3e-4)
    assert_allclose(chndtr(test.chisq, test.df, at), 0.95, rtol=1e-10)


EXCEPTIONS = {
    **{(name, "scaling.factor.h0"): count_before_constraints for name in CASES if constrained(name)},
    **{
        (f"groups_configural_wlsmv{ending}", name): counted_twice
        for ending in ("", "_theta")
        for name in ("cfi.robust", "tli.robust", "nnfi.robust", "rni.robust")
    },
    ("mkb21_ordered_wlsmv", "crmr"): implied_variance_not_one,
    ("mkb21_ordered_wlsmv", "crmr_nomean"): implied_variance_not_one,
    ("ord5skew_mlr", "rmsea.ci.lower.robust"): search_stopped_early,
}
"""Where we differ from lavaan: case and name, and what shows why. All else is compared."""


def test_there_are_cases():
    assert len(CASES) >= 180
    assert sum(case_id in CASES for case_id, _ in EXCEPTIONS) == len(EXCEPTIONS)


@pytest.mark.parametrize("case_id", CASES)
def test_every_index_of_lavaan(case_id):
    ours, theirs = indices(fitted(case_id)), measures(case_id)
    assert set(theirs.index) <= set(NAMES)
    compared = [name for name in theirs.index if (case_id, name) not in EXCEPTIONS]
    assert_allclose(ours[compared], theirs[compared], rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("case_id", CASES)
def test_indices_that_lavaan_does_not_give(case_id):
    """What we have beyond lavaan is known, and no index of ours is missing without lavaan's being so."""
    ours, theirs = indices(fitted(case_id)).dropna(), measures(case_id).dropna()
    beyond = set(ours.index) - set(theirs.index) - {"sabic", "ntotal"}
    if beyond:
        # lavaan has no robust indices of ordinal items where parameters are equal.
        robust = {name for name in NAMES if name.endswith(".robust")}
        assert beyond == robust
        assert load(case_id).case.equal
    assert not set(theirs.index) - set(ours.index)


@pytest.mark.parametrize(("case_id", "name"), list(EXCEPTIONS))
def test_where_we_differ_from_lavaan(case_id, name):
    ours, theirs = indices(fitted(case_id)), measures(case_id)
    assert abs(ours[name] / theirs[name] - 1) > 1e-5
    EXCEPTIONS[case_id, name](case_id, ours, theirs)


@pytest.mark.parametrize("case_id", CASES)
def test_every_index_that_does_not_exist_has_a_reason(case_id):
    found = fitted(case_id)
    reasons = why(found)
    assert set(reasons) == set(NAMES) - set(indices(found).dropna().index)
    assert all(reasons.values())


REASONS = [
    ("hs_ml", "cfi.robust", "ML has no scaled test"),
    ("hs_ml", "wrmr", "ordinal"),
    ("hs_gls", "logl", "GLS minimises no likelihood"),
    ("hs_uls", "pvalue", "ULS minimum has no χ² distribution"),
    ("hs_uls", "baseline.pvalue", "ULS minimum has no χ² distribution"),
    ("hs_uls", "baseline.chisq.scaled", "ULS has no scaled test"),
    ("hs_mlm", "scaling.factor.h0", "only MLR"),
    ("hs_school_latent_ml", "nfi", "more degrees of freedom than the baseline"),
    ("ord5_wlsmv", "ecvi", "not defined for ordinal"),
    ("ord5_wlsmv", "srmr_mplus", "not defined for ordinal"),
    ("ord5_dwls", "cfi.robust", "DWLS has no scaled test"),
    ("mixed_wlsmv", "cfi.robust", "ordinal and continuous"),
    ("ord5_mimic_wlsmv", "rmsea.robust", "observed causes"),
    ("groups_thresholds_wlsmv", "rmsea.robust", "restricts the thresholds"),
]


@pytest.mark.parametrize(("case_id", "name", "words"), REASONS)
def test_reasons_say_what_is_the_matter(case_id, name, words):
    assert words in why(fitted(case_id))[name]


def test_without_convergence_nothing_is_concluded():
    found = fitted("hs_mlr")
    nothing = Test("standard", float("nan"), found.layout.df, "the model did not converge")
    lost = replace(found, converged=False, cause="no minimum after 99 steps.", test=nothing, scaled=nothing)
    values = indices(lost)
    kept = {"npar", "df", "ntotal", "unrestricted.logl", "rmsea.ci.level", "rmsea.close.h0", "rmsea.notclose.h0"}
    assert set(values.dropna().index) == kept | {name for name in NAMES if name.startswith("baseline.")}
    assert why(lost)["cfi"] == why(lost)["cfi.robust"] == "no minimum after 99 steps."


def test_a_scaling_factor_below_zero_makes_no_statistic():
    found = fitted("hs_mlr")
    below = replace(found.scaled, scaling=-0.2, trace=-4.8, chisq=-400.0)
    values, reasons = indices(replace(found, scaled=below)), why(replace(found, scaled=below))
    for name in ("chisq.scaled", "cfi.scaled", "rmsea.scaled", "rmsea.robust", "cfi.robust"):
        assert np.isnan(values[name])
        assert "not positive" in reasons[name]
    assert values["cfi"] == indices(found)["cfi"]


@pytest.mark.parametrize("estimator", ["ML", "MLM", "MLMV", "MLMVS", "MLR", "GLS", "ULS", "WLS"])
def test_without_degrees_of_freedom(estimator):
    found = fit(Model.parse("f =~ x1 + x2 + x3"), data("hs_ml"), estimator)
    values, reasons = indices(found), why(found)
    assert values["df"] == 0
    assert_allclose(values[["cfi", "tli", "rni", "ifi", "nfi", "rfi", "gfi", "agfi", "mfi"]], 1.0, atol=1e-9)
    assert_allclose(values[["rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr", "crmr", "pnfi"]], 0.0, atol=1e-6)
    for name in ("rmsea.pvalue", "rmsea.notclose.pvalue", "cn_05"):
        assert "no degrees of freedom" in reasons[name]
    if found.scaled is not None:
        assert "no degrees of freedom" in reasons["rmsea.robust"]
        assert "no degrees of freedom" in reasons["cfi.scaled"]
    if estimator == "MLR":
        assert_allclose(values["scaling.factor.h0"], values["scaling.factor.h1"], rtol=1e-6)


def test_order_of_items_and_rows_does_not_matter():
    turned = "speed =~ x8 + x7 + x9\nvisual =~ x3 + x1 + x2\ntextual =~ x6 + x5 + x4"
    frame = data("hs_fiml")
    for options in ({"estimator": "MLR"}, {"estimator": "MLR", "missing": "fiml"}):
        one = fit(Model.parse(HS), frame, std_lv=True, **options)
        other = fit(Model.parse(turned), frame.sample(frac=1, random_state=1), std_lv=True, **options)
        assert_allclose(indices(other), indices(one), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("case_id", ["hs_mlr", "hs_fiml_mlr", "hs_fiml"])
def test_a_sample_doubled(case_id):
    options = load(case_id).case.options() | {"meanstructure": True}
    frame = data(case_id)
    model = Model.parse(load(case_id).case.spec)
    once, twice = (Collected(fit(model, table, **options)) for table in (frame, pd.concat([frame, frame])))
    one, two = indices(once.found), indices(twice.found)
    for name in ("chisq", "baseline.chisq", "logl", "unrestricted.logl", "ntotal"):
        assert_allclose(two[name], 2 * one[name], rtol=1e-7)
    same = ["fmin", "rmr", "srmr", "crmr", "srmr_mplus", "srmr_bentler_nomean", "nfi", "rfi"]
    assert_allclose(two[same], one[same], rtol=1e-6)
    # With missing answers GFI takes covariances with divisor n − 1.
    assert_allclose(
        two[["gfi", "agfi", "pgfi"]], one[["gfi", "agfi", "pgfi"]], rtol=1e-6 if case_id == "hs_mlr" else 1e-3
    )
    # The mean that the discrepancy has under the model does not depend on n.
    for big, small in zip(twice.robust, once.robust, strict=True):
        assert_allclose(big.trace, small.trace, rtol=1e-6)
        assert_allclose(big.chisq * big.scaling, 2 * small.chisq * small.scaling, rtol=1e-6)


@pytest.mark.parametrize("case_id", ["ord5_wlsmv", "ord2_ulsmv", "hs_mlr", "hs_fiml_mlr", "hs_fiml"])
def test_two_identical_groups_are_as_robust_as_one(case_id):
    """Discrepancy and mean add over groups, so that robust indices of two copies are those of one."""
    reference = load(case_id)
    frame, model = data(case_id), Model.parse(reference.case.spec)
    options = reference.case.options() | {"meanstructure": True}
    if reference.case.ordered:
        options.pop("meanstructure")
    copies = pd.concat([frame.assign(part="a"), frame.assign(part="b")], ignore_index=True)
    one, two = indices(fit(model, frame, **options)), indices(fit(model, copies, group="part", **options))
    names = ["cfi.robust", "tli.robust", "rni.robust", "rmsea.robust"]
    assert_allclose(two[names], one[names], rtol=1e-6, atol=1e-9)
    for name in ("srmr", "crmr_nomean", "gfi", "rmsea"):
        assert_allclose(two[name], one[name], rtol=1e-6, atol=1e-9, err_msg=name)


def test_robust_indices_under_fiml_without_missing_answers_are_those_of_ml():
    values = indices(fitted("hs_complete_fiml"))
    for name in ("cfi", "tli", "rni", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "rmsea.pvalue"):
        assert_allclose(values[f"{name}.robust"], values[name], rtol=1e-8)


@pytest.mark.parametrize("case_id", [name for name in CASES if "scaling.factor.h0" in load(name).fit])
def test_scaling_factors_add_up(case_id):
    """c df = h1 moments − h0 parameters (Asparouhov & Muthén 2005)."""
    found, values = fitted(case_id), indices(fitted(case_id))
    difference = values["scaling.factor.h1"] * found.layout.moments - values["scaling.factor.h0"] * values["npar"]
    assert_allclose(difference, values["chisq.scaling.factor"] * values["df"], rtol=1e-8)


def test_mean_and_variance_adjustment_changes_no_noncentrality():
    """MLMVS changes the degrees of freedom of the test; RMSEA by the mean of χ² and robust indices are MLM's."""
    frame, model = data("hs_mlm"), Model.parse(HS)
    one, other = indices(fit(model, frame, "MLM")), indices(fit(model, frame, "MLMVS"))
    scaled = [name for name in NAMES if name.startswith("rmsea") and name.endswith((".scaled", ".robust"))]
    assert_allclose(other[scaled], one[scaled], rtol=1e-10)
    assert_allclose(other[["cfi.robust", "tli.robust"]], one[["cfi.robust", "tli.robust"]], rtol=1e-10)
    assert abs(other["cfi.scaled"] - one["cfi.scaled"]) > 0.01


def test_options_of_rmsea():
    found = fitted("hs_mlr")
    usual, other = indices(found), indices(found, level=0.99, close=0.06, notclose=0.10)
    assert usual["rmsea.ci.level"] == 0.90
    assert other["rmsea.ci.level"] == 0.99
    assert other["rmsea.close.h0"] == 0.06
    assert other["rmsea.notclose.h0"] == 0.10
    for ending in ("", ".scaled", ".robust"):
        assert other[f"rmsea.ci.lower{ending}"] < usual[f"rmsea.ci.lower{ending}"]
        assert other[f"rmsea.ci.upper{ending}"] > usual[f"rmsea.ci.upper{ending}"]
        assert other[f"rmsea.pvalue{ending}"] > usual[f"rmsea.pvalue{ending}"]
        assert other[f"rmsea.notclose.pvalue{ending}"] < usual[f"rmsea.notclose.pvalue{ending}"]


def test_gfi_of_a_likelihood_with_available_answers():
    """Missing answers: below 1 for a saturated model, as lavaan has it, since other moments are compared."""
    saturated = "x1 ~~ x2 + x3\nx2 ~~ x3"
    values = indices(fit(Model.parse(saturated), data("hs_fiml"), missing="fiml"))
    assert values["df"] == 0
    assert values["srmr"] < 1e-6
    assert 0.99 < values["gfi"] < 1 - 1e-6
