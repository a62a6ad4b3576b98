"""Factor scores against lavaan, and laws that hold without it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.stats import multivariate_normal, norm
from statsmodels.tools.numdiff import approx_hess

from mkb21sem import FitError, Model, OptionError, fit
from mkb21sem.infer.factorscores.scores import METHODS, scores
from tests.lavaan.reference import case, data, load
from tests.parity import chosen, fitted

CASES = [name for name in chosen(ordered=()) if "scores" in case(name).outputs]
# Beside observed outcomes lavaan's scores aren't those of its own model: in corp_ml the standard error of CUSL given
# all answers is 0.088, less than the conditional standard deviation that the model implies (see the test below).
OBSERVED_OUTCOMES = {"corp_ml", "mkb21_ml"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case_id", [name for name in CASES if name not in OBSERVED_OUTCOMES])
def test_scores(case_id, method):
    found, reference = fitted(case_id), load(case_id).frame("scores")
    ours = scores(found, method)
    reference = reference[reference["method"].str.lower() == method]
    for g, group in enumerate(found.moments.groups):
        for construct in found.layout.latent:
            lavaan = reference[(reference["group"] == g + 1) & (reference["latent"] == construct)]
            mine = ours[ours["group"] == group].head(len(lavaan))
            assert len(lavaan) == 10
            if lavaan["se"].isna().all():
                # A construct measured by constructs; lavaan gives everyone a 0.
                assert mine[[construct, f"{construct}_se"]].isna().all(axis=None)
                continue
            assert_allclose(mine[construct], lavaan["value"], rtol=1e-5, atol=1e-5)
            assert_allclose(mine[f"{construct}_se"], lavaan["se"], rtol=1e-5)


def test_cases_left_out_are_those_with_observed_outcomes():
    for name in CASES:
        model = fitted(name).model
        assert (name in OBSERVED_OUTCOMES) == any(y in model.observed for y in model.endogenous)


@pytest.mark.parametrize("case_id", sorted(OBSERVED_OUTCOMES))
def test_regression_scores_are_conditional_means(case_id):
    """Beside observed outcomes: E(η | y) and its standard deviation from the matrices of the model."""
    found = fitted(case_id)
    A, S = found.matrix("A"), found.matrix("S")
    total = np.linalg.inv(np.eye(len(A)) - A.to_numpy())
    V = total @ S.to_numpy() @ total.T
    p = len(found.layout.observed)
    weight = V[p:, :p] @ np.linalg.inv(V[:p, :p])
    left = V[p:, p:] - weight @ V[:p, p:]
    centred = (found.moments.rows[0] - found.moments.mean[0]) @ weight.T
    ours = scores(found)
    latent = list(found.layout.latent)
    assert_allclose(ours[latent] - ours[latent].mean(), centred, atol=1e-8)
    for j, construct in enumerate(latent):
        assert_allclose(ours[f"{construct}_se"], np.sqrt(left[j, j]), rtol=1e-8)


@pytest.mark.parametrize("case_id", sorted(OBSERVED_OUTCOMES))
def test_bartlett_scores_are_weighted_least_squares_on_the_items(case_id):
    found = fitted(case_id)
    latent = list(found.layout.latent)
    items = [name for name in found.layout.observed if (found.matrix("Lambda").loc[name] != 0).any()]
    items = [name for name in items if name not in found.model.endogenous]
    Lambda, Theta = found.matrix("Lambda").loc[items], found.matrix("Theta").loc[items, items]
    inverse = np.linalg.inv(Theta)
    covariance = np.linalg.inv(Lambda.T.to_numpy() @ inverse @ Lambda.to_numpy())
    weight = covariance @ Lambda.T.to_numpy() @ inverse
    places = [found.layout.observed.index(name) for name in items]
    centred = (found.moments.rows[0] - found.moments.mean[0])[:, places] @ weight.T
    ours = scores(found, "bartlett")
    assert_allclose(ours[latent] - ours[latent].mean(), centred, atol=1e-8)
    assert_allclose(ours[[f"{name}_se" for name in latent]].iloc[0], np.sqrt(np.diag(covariance)), rtol=1e-8)


def test_lavaans_error_of_an_observed_outcomes_construct_is_below_what_is_possible():
    reference = load("corp_ml").frame("scores").query("method == 'regression' and latent == 'CUSL'")
    assert reference["se"].iloc[0] < 0.25 * scores(fitted("corp_ml"))["CUSL_se"].iloc[0]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("model", ["hs_mimic", "hs_chain"])
def test_a_mean_structure_changes_no_score(method, model):
    spec, frame = Model.parse(case(f"{model}_ml").spec), data("hs_ml")
    without, within = (scores(fit(spec, frame, meanstructure=means), method) for means in (False, True))
    assert_allclose(without.drop(columns="group"), within.drop(columns="group"), atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_a_row_with_missing_answers_is_scored_by_those_it_has(method):
    """The items of a row that are missing might as well not be in the model."""
    found = fitted("hs_fiml")
    ours = scores(found, method)
    answered = np.isfinite(found.moments.rows[0])
    row = int(np.flatnonzero(answered.sum(axis=1) == 6)[0])
    y, known = found.moments.rows[0][row], answered[row]
    Lambda, Psi, Theta = (found.matrix(name).to_numpy() for name in ("Lambda", "Psi", "Theta"))
    nu = found.table().query("op == '~1'")["est"].to_numpy()[:9]
    L, T = Lambda[known], Theta[np.ix_(known, known)]
    prior = np.linalg.inv(Psi) if method == "regression" else np.zeros((3, 3))
    covariance = np.linalg.pinv(L.T @ np.linalg.inv(T) @ L + prior)
    expected = covariance @ L.T @ np.linalg.inv(T) @ (y - nu)[known]
    assert_allclose(ours[["visual", "textual", "speed"]].iloc[row], expected, rtol=1e-7)
    assert_allclose(ours[["visual_se", "textual_se", "speed_se"]].iloc[row], np.sqrt(np.diag(covariance)), rtol=1e-6)


def test_a_construct_none_of_whose_items_were_answered_has_no_bartlett_score():
    frame = data("hs_ml").copy()
    frame.loc[3, ["x7", "x8", "x9"]] = np.nan
    found = fit(Model.parse(case("hs_ml").spec), frame, missing="fiml")
    bartlett, regression = scores(found, "bartlett").iloc[3], scores(found).iloc[3]
    assert np.isnan(bartlett["speed"])
    assert np.isfinite(bartlett[["visual", "textual"]].astype(float)).all()
    assert np.isfinite(regression["speed"])
    assert regression["speed_se"] > scores(found)["speed_se"].iloc[0]


def test_a_single_item_without_error_is_its_own_score():
    found = fitted("hs_single_ml")
    quick = scores(found, "bartlett")
    x9 = found.moments.rows[0][:, found.layout.observed.index("x9")]
    assert_allclose(quick["quick"], x9 - x9.mean(), atol=1e-8)
    assert_allclose(quick["quick_se"], 0, atol=1e-7)


@pytest.mark.parametrize(("method", "theirs"), [("regression", "EBM"), ("bartlett", "ML")])
def test_scores_of_ordinal_items(method, theirs):
    """lavaan's optimiser stops up to 1e-4 short of the mode; a score without limit is where it gave up."""
    ours = scores(fitted("ord5_wlsmv"), method).head(10)
    reference = load("ord5_wlsmv").frame("scores").query("method == @theirs")
    for construct in ("f1", "f2", "f3"):
        lavaan = reference[reference["latent"] == construct]["value"].to_numpy()
        known = ours[construct].notna().to_numpy()
        assert_allclose(ours[construct][known], lavaan[known], atol=1e-4)
        assert (np.abs(lavaan[~known]) > 5).all()
    assert ours.isna().sum().sum() == (2 if method == "bartlett" else 0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case_id", ["mixed_mimic_wlsmv", "groups_thresholds_wlsmv_theta"])
def test_an_ordinal_score_is_the_top_of_the_likelihood(case_id, method):
    """By a general optimiser, and the standard error by the curvature there."""
    found = fitted(case_id)
    g, latent = len(found.moments.groups) - 1, list(found.layout.latent)
    ours = scores(found, method)
    ours = ours[ours["group"] == found.moments.groups[g]].reset_index(drop=True)
    for row in ours.index[ours[latent].notna().all(axis=1)][[0, 7, 20]]:
        y = found.moments.rows[g][row]

        def minus(eta, y=y):
            prior = log_prior(found, g, eta, y) if method == "regression" else 0.0
            return -log_answers(found, g, eta, y, continuous=method == "bartlett") - prior

        top = minimize(minus, np.zeros(len(latent)), method="BFGS", tol=1e-9).x
        assert_allclose(ours.loc[row, latent].astype(float), top, atol=2e-5)
        errors = ours.loc[row, [f"{name}_se" for name in latent]].astype(float)
        assert_allclose(errors, np.sqrt(np.diag(np.linalg.inv(approx_hess(top, minus)))), rtol=1e-3)


def log_answers(found, g, eta, y, continuous):
    """Log-probability of the ordinal answers y given the constructs, with the density of continuous ones or without."""
    table = found.table()
    est = table[table["group"] == found.moments.groups[g]].set_index(["op", "lhs", "rhs"])["est"]
    items, value = dict(found.layout.thresholds), 0.0
    for j, name in enumerate(found.layout.observed):
        loadings = [est.get(("=~", f, name), 0.0) for f in found.layout.latent]
        u, sd = est["~1", name, ""] + np.dot(loadings, eta), np.sqrt(est["~~", name, name])
        if name in items:
            codes = np.unique(np.concatenate([rows[:, j] for rows in found.moments.rows]))
            k = int(np.searchsorted(codes, y[j]))
            tau = [-np.inf, *(est["|", name, f"t{i + 1}"] for i in range(items[name])), np.inf]
            value += np.log(norm.cdf((tau[k + 1] - u) / sd) - norm.cdf((tau[k] - u) / sd))
        elif continuous and any(loadings):
            value += norm.logpdf(y[j], u, sd)
    return value


def log_prior(found, g, eta, y):
    """Log-density of the constructs given the continuous variables among y."""
    A, S = (found.matrix(name) for name in "AS")
    if len(found.moments.groups) > 1:
        A, S = (M.loc[found.moments.groups[g]] for M in (A, S))
    total = np.linalg.inv(np.eye(len(A)) - A.to_numpy())
    C = pd.DataFrame(total @ S.to_numpy() @ total.T, A.index, A.index)
    V, mean = C - np.outer(C["1"], C["1"]), C["1"]
    latent, names = list(found.layout.latent), found.layout.observed
    given = [name for name in names if name not in dict(found.layout.thresholds)]
    weight = V.loc[latent, given].to_numpy() @ np.linalg.pinv(V.loc[given, given].to_numpy())
    centre = mean[latent].to_numpy() + weight @ (y[[names.index(x) for x in given]] - mean[given].to_numpy())
    spread = V.loc[latent, latent].to_numpy() - weight @ V.loc[given, latent].to_numpy()
    return multivariate_normal(centre, spread).logpdf(eta)


def test_all_answers_at_one_end_leave_a_likelihood_without_top():
    found = fitted("ord2_wlsmv")
    top = (found.moments.rows[0][:, :3] == found.moments.rows[0][:, :3].max()).all(axis=1)
    bartlett, regression = scores(found, "bartlett"), scores(found)
    assert bartlett["f1"][top].isna().all()
    assert regression[["f1", "f1_se"]].notna().all(axis=None)
    assert (regression["f1"][top] > regression["f1"].mean()).all()


def test_doubling_the_rows_changes_no_score():
    spec, frame = Model.parse(case("hs_ml").spec), data("hs_ml")
    once = scores(fit(spec, frame))

    twice = scores(fit(spec, pd.concat([frame, frame], ignore_index=True)))
    assert_allclose(twice["visual"][:301], once["visual"], atol=1e-6)
    assert twice["row"].tolist() == list(range(1, 603))


def test_what_cannot_be_scored():
    found = fitted("hs_ml")
    with pytest.raises(OptionError, match="method must be regression, bartlett; got 'Thomson'"):
        scores(found, "Thomson")
    with pytest.raises(FitError, match="need the rows"):
        scores(replace(found, moments=replace(found.moments, rows=())))
    with pytest.raises(FitError, match="no construct"):
        scores(fitted("path_ml"))
    with pytest.raises(FitError, match="there is none: stuck"):
        scores(replace(found, converged=False, cause="stuck"))
