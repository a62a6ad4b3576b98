"""Modification indices and releases of constraints against lavaan, and laws that hold without it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal

from mkb21sem import FitError, Model, fit
from mkb21sem.estimate.implied import cell_values, centred, implied
from mkb21sem.estimate.quadratic import vector
from mkb21sem.infer.localfit.candidates import augmented, candidates
from mkb21sem.infer.localfit.modification import inference, modification, score_tests
from mkb21sem.infer.localfit.release import release
from mkb21sem.specify.parse import Arrow
from tests.lavaan.reference import case, data, load
from tests.parity import chosen, fitted

CASES = [name for name in chosen() if "modification" in case(name).outputs]
WITH_RELEASE = [name for name in chosen() if "release" in case(name).outputs]


def keys(table, group):
    rows = zip(table["lhs"], table["op"], table["rhs"], group, strict=True)
    return [("~~".join(sorted((a, b))) if op == "~~" else f"{a}{op}{b}") + f".{int(g)}" for a, op, b, g in rows]


def beside(found, reference):
    """Our table and lavaan's, indexed alike."""
    number = {name: g + 1 for g, name in enumerate(found.moments.groups)}
    ours, lavaan = modification(found), reference.frame("modification")
    ours.index, lavaan.index = keys(ours, ours["group"].map(number)), keys(lavaan, lavaan["group"])
    return ours, lavaan


@pytest.mark.parametrize("case_id", CASES)
def test_indices(case_id):
    found = fitted(case_id)
    ours, lavaan = beside(found, load(case_id))
    held = set(found.layout.exogenous)
    # lavaan also lists, under fixed.x, the moments of exogenous variables (which fit anyway) and arrows that point at
    # them (with their variance still held at the sample's, which is no model); the scales of ordinal items under theta,
    # where they are not parameters; and arrows that start at an ordinal item under delta, which `fit` refuses.
    theta, items = found.layout.parameterization == "theta", dict(found.layout.thresholds)
    from_item = lavaan["rhs"].isin(items) & (lavaan["op"] == "~") & (not theta)
    left_out = lavaan["lhs"].isin(held) | ((lavaan["op"] == "~*~") & theta) | from_item
    assert set(ours.index) == set(lavaan.index[~left_out])
    lavaan = lavaan.loc[ours.index]
    # Under theta lavaan's derivatives are off by 1e-4 or so; ours equal finite differences, see below.
    exact = {"rtol": 1e-5, "atol": 1e-6} if not (theta and items) else {"rtol": 2e-3, "atol": 1e-3}
    assert_allclose(ours["mi"], lavaan["mi"], **exact)
    assert_allclose(ours["epc"], lavaan["epc"], **exact)
    # lavaan reduces the standardised value of a variance to its sign.
    some = ours["lhs"] != ours["rhs"]
    for name in ("sepc_lv", "sepc_all", "sepc_nox"):
        assert_allclose(ours[name][some], lavaan[name][some], **exact, err_msg=name)


@pytest.mark.parametrize("case_id", WITH_RELEASE)
def test_release(case_id):
    ours, lavaan = release(fitted(case_id)), load(case_id).frame("release")
    assert_allclose(ours["chisq"], lavaan["X2"], rtol=1e-6, atol=1e-8)
    assert ours["df"][:-1].eq(1).all()
    assert_allclose(ours["p"][:-1], lavaan["p_value"][:-1], rtol=1e-5, atol=1e-10)


@pytest.mark.parametrize(
    ("case_id", "df"),
    [("pd_equal_ml", 3), ("hs_constraint_ml", 2), ("hs_school_means_ml", 15), ("hs_school_intercepts_ml", 12)],
)
def test_df_of_all_releases_together(case_id, df):
    """Without equal intercepts three latent means could be anything: 15 equations, 12 of which can be tested.

    lavaan counts all of them.
    """
    assert release(fitted(case_id))["df"].iloc[-1] == df


def test_no_release_without_constraints():
    table = release(fitted("hs_ml"))
    assert table.empty
    assert list(table)[:6] == ["lhs", "op", "rhs", "chisq", "df", "p"]


def test_releases_are_named():
    names = release(fitted("hs_constraint_ml"))[["lhs", "rhs"]].to_numpy().tolist()
    assert names == [["c", "1.2*d"], ["a + b", "1"], ["total", ""]]
    assert release(fitted("hs_school_loadings_ml"))["rhs"].iloc[0] == "visual=~x2.g2"


WIDE = ["hs_mimic_meanstructure_ml", "hs_fiml", "hs_wls", "hs_school_partial_ml", "ord5_wlsmv_theta"]
WIDE += ["groups_loadings_wlsmv_theta", "mixed_mimic_wlsmv"]


@pytest.mark.parametrize("case_id", WIDE)
def test_gradient_of_candidates_equals_finite_differences(case_id):
    found = fitted(case_id)
    named = candidates(found.layout)[:80]
    at = inference(found, augmented(found.layout, named))
    gradient = at.loss.derivatives(at.theta[None])[0][0]
    step = 1e-5
    numerical = [
        (at.loss.value((at.theta + row)[None])[0] - at.loss.value((at.theta - row)[None])[0]) / (2 * step)
        for row in step * np.eye(len(at.theta))
    ]
    # The gradient of least squares counts n − 1 as its value does.
    assert_allclose(gradient, numerical, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("case_id", ["ord5_wlsmv_theta", "groups_loadings_wlsmv_theta", "mixed_mimic_wlsmv"])
def test_information_of_candidates_from_numerical_derivatives(case_id):
    """Least squares: Σ share Δ'WΔ, with Δ by finite differences."""
    found = fitted(case_id)
    at = inference(found, augmented(found.layout, candidates(found.layout)[:80]))

    def statistics(theta):
        cells = cell_values(at.layout, theta, at.loss.fixed[0])
        return vector(at.layout, cells, implied(at.layout, cells))

    moves = 1e-5 * np.eye(len(at.theta))
    Delta = np.stack([(statistics(at.theta + m) - statistics(at.theta - m)) / 2e-5 for m in moves], axis=-1)
    share, W = found.moments.share, at.loss.W[0]
    expected = sum(s * D.T @ (w[:, None] * D) for s, D, w in zip(share, Delta, W, strict=True))
    assert_allclose(at.expected, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("case_id", ["hs_ml", "hs_gls", "hs_fiml", "pd_ml"])
def test_small_indices_are_the_fall_of_chi_square(case_id):
    """Freeing an arrow changes χ² by its index, the more exactly the smaller the change."""
    found = fitted(case_id)
    table = modification(found)
    row = table[(table["op"] == "~~") & table["mi"].between(0.05, 1)].iloc[0]
    one = case(case_id)
    spec = Model.parse(one.spec)
    freed = Arrow(row["lhs"], "~~", row["rhs"])
    wider = fit(replace(spec, arrows=(*spec.arrows, freed)), data(one), **one.options())
    fall = found.test.chisq - wider.test.chisq
    assert fall == pytest.approx(row["mi"], rel=0.1)
    estimates = wider.table().set_index(["lhs", "op", "rhs"])["est"]
    assert estimates[row["lhs"], "~~", row["rhs"]] == pytest.approx(row["epc"], rel=0.15)


def test_robust_index_from_casewise_likelihoods():
    """(Σu)²/Σu² with u the casewise scores left after those of the free parameters, all by finite differences."""
    found = fitted("hs_mlr_meanstructure")
    named = candidates(found.layout)
    named = [c for c in named if (c.arrow.lhs, c.arrow.rhs) in (("visual", "x9"), ("x7", "x8"), ("x1", "x5"))]
    at = inference(found, augmented(found.layout, named))
    k, step = found.layout.k, 1e-5

    def loglikelihood(theta):
        cells = found.cells
        cells = np.pad(cells, ((0, 0), (0, len(at.layout.row) - cells.shape[1])))
        mu, Sigma, _, _ = centred(at.layout, implied(at.layout, cells + at.layout.K @ (theta - at.theta)))
        return multivariate_normal(mu[0], Sigma[0]).logpdf(found.moments.rows[0])

    moves = step * np.eye(len(at.theta))
    u = np.array([(loglikelihood(at.theta + m) - loglikelihood(at.theta - m)) / (2 * step) for m in moves]).T
    slope = np.linalg.solve(at.expected[:k, :k], at.expected[:k, k:])
    left = u[:, k:] - u[:, :k] @ slope
    expected = left.sum(axis=0) ** 2 / (left**2).sum(axis=0)
    table = modification(found).set_index(["lhs", "rhs"])["robust"]
    ours = [table[c.arrow.lhs, c.arrow.rhs] for c in named]
    assert_allclose(ours, expected, rtol=1e-5)


def test_robust_index_of_its_own_meat_is_the_index():
    rng = np.random.default_rng(2)
    X = rng.standard_normal((200, 6))
    information, gradient = X.T @ X / 200, rng.standard_normal(6) / 50
    tests = score_tests(gradient, information, 4, 100, meat=information)
    assert_allclose(tests.robust, tests.mi, rtol=1e-12)


def test_no_robust_index_without_robust_errors():
    assert modification(fitted("hs_ml"))["robust"].isna().all()
    assert modification(fitted("hs_mlm"))["robust"].notna().all()


def test_batches_do_not_matter():
    """Each candidate is tested alone, whatever stands beside it."""
    found = fitted("pd_ml")
    named = candidates(found.layout)
    whole = inference(found, augmented(found.layout, named))
    together = score_tests(whole.loss.derivatives(whole.theta[None])[0][0], whole.expected, found.layout.k, 75)
    for j in (0, 7, len(named) - 1):
        one = inference(found, augmented(found.layout, named[j : j + 1]))
        alone = score_tests(one.loss.derivatives(one.theta[None])[0][0], one.expected, found.layout.k, 75)
        assert_allclose(alone.mi, together.mi[j : j + 1], rtol=1e-8)


def test_rescaling_an_item_leaves_the_indices():
    spec, frame = Model.parse(case("hs_ml").spec), data("hs_ml")
    ours = modification(fit(spec, frame))
    other = modification(fit(spec, frame.assign(x2=100 * frame["x2"], x9=0.01 * frame["x9"])))
    assert other[["lhs", "rhs"]].equals(ours[["lhs", "rhs"]])
    assert_allclose(other[["mi", "sepc_all"]], ours[["mi", "sepc_all"]], rtol=1e-6)


def test_needs_a_minimum():
    found = replace(
        fitted("hs_ml"), converged=False, vcov=np.full((21, 21), np.nan), cause="no minimum after 500 steps."
    )
    for table in (modification, release):
        with pytest.raises(FitError, match="there is none: no minimum after 500 steps"):
            table(found)
