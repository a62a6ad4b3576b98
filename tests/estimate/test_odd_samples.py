"""Samples on which a search takes its rarer turns, or gives up and says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import lsq_linear
from scipy.stats import multivariate_normal

from mkb21sem import FitError, Model, OptionError, WaveError, fit
from mkb21sem.estimate import secondopinion
from mkb21sem.estimate.chisquare import standard
from mkb21sem.estimate.incomplete.patterns import saturated_moments
from mkb21sem.estimate.ordered.conditional import conditional_draws
from mkb21sem.estimate.ordered.newton import correlations
from mkb21sem.estimate.ordered.probit import ordered_probit
from mkb21sem.estimate.refits.quasinewton import descend
from mkb21sem.estimate.refits.resample import NO_STATISTICS, check_resampling, draw_counts, redraw
from mkb21sem.estimate.solve import beginning, loss_of
from mkb21sem.estimate.vcov import expected, undetermined
from tests.estimate.setups import ITEMS, ITEMS_ONLY, SPEC, answers, fitted, plain
from tests.estimate.test_polychoric_conditional import MIXED, simulated

FOUR = Model.parse("f =~ x1 + x2 + x3 + y1")

# ------------------------------------------------------------------------------------------------------------- bounds


@pytest.mark.parametrize("seed", [44, 55, 82])
def test_a_parameter_that_was_held_too_early_is_set_free(seed: int) -> None:
    """Each of these regressions first holds a slope that the best one within the bounds leaves inside them."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((80, 3)) @ rng.standard_normal((3, 3))
    y = x @ rng.uniform(-1, 1, 3) + rng.standard_normal(80)
    low = np.round(rng.uniform(-1, 0.3, 3), 2)
    bounds = "\n".join(f"BOUND({at}, 9) {name}" for at, name in zip(low, "abc", strict=True))
    table = pd.DataFrame(x, columns=list("uvw")).assign(y=y)
    found = fit(Model.parse(f"y ~ a*u + b*v + c*w\n{bounds}"), table)
    best = lsq_linear(x - x.mean(axis=0), y - y.mean(), (low, np.full(3, 9.0)), tol=1e-14)
    assert found.converged
    assert_allclose(found.theta[[found.layout.names.index(name) for name in "abc"]], best.x, atol=1e-6)


# ---------------------------------------------------------------------------------------------------- missing answers


def likelihood(y: np.ndarray, mean: np.ndarray, cov: np.ndarray) -> float:
    known = [np.flatnonzero(np.isfinite(row)) for row in y]
    return sum(
        multivariate_normal.logpdf(row[at], mean[at], cov[np.ix_(at, at)]) for row, at in zip(y, known, strict=True)
    )


def incomplete(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(6, 30)), int(rng.integers(2, 5))
    y = rng.standard_normal((n, 1)) * rng.uniform(0, 3) + rng.standard_normal((n, p))
    y[rng.random((n, p)) < rng.uniform(0.1, 0.75)] = np.nan
    return y[np.isfinite(y).any(axis=1)]


@pytest.mark.parametrize("seed", [4, 7, 12, 15])
def test_a_leap_out_of_the_possible_covariances_is_taken_back(seed: int) -> None:
    """EM's long steps end in no covariance matrix here; the moments found are at the top of the likelihood yet."""
    y = incomplete(seed)
    (mean,), (cov,), (converged,) = saturated_moments([y])
    assert converged
    top, h = likelihood(y, mean, cov), 1e-4
    for i in range(len(mean)):
        step = h * np.eye(len(mean))[i]
        assert likelihood(y, mean + step, cov) < top > likelihood(y, mean - step, cov)
        for j in range(i + 1):
            change = np.zeros_like(cov)
            change[i, j] = change[j, i] = h
            assert likelihood(y, mean, cov + change) < top > likelihood(y, mean, cov - change)


@pytest.mark.parametrize("seed", [1, 14, 25, 374])
def test_moments_that_do_not_exist_are_not_called_found(seed: int) -> None:
    """Too few answers in common: the likelihood rises for ever towards a determinant of zero."""
    assert not saturated_moments([incomplete(seed)], max_iterations=90)[2].any()


@pytest.mark.parametrize("group", [None, "place"])
def test_saturated_moments_that_do_not_exist_are_said(group: str | None) -> None:
    names = ["x1", "x2"]
    odd = pd.DataFrame(incomplete(25), columns=names).assign(place="here")
    whole = pd.DataFrame(np.random.default_rng(1).standard_normal((30, 2)), columns=names).assign(place="there")
    of = " of group here" if group else ""
    with pytest.raises(
        FitError, match=rf"^the saturated moments{of} under missing answers can't be found: some pair of"
    ):
        fit(Model.parse("x1 ~~ x2"), pd.concat([odd, whole]) if group else odd, missing="fiml", group=group)


def test_an_item_that_is_constant_among_complete_rows_only_is_used() -> None:
    table = plain()[list(ITEMS)].copy()
    table["x2"] = (table["x2"] > 0).astype(float)
    table.loc[table["x2"] > 0, "y3"] = np.nan
    found = fit(Model.parse(ITEMS_ONLY), table, missing="fiml")
    assert found.converged
    mean = found.table().query("op == '~1' and lhs == 'x2'")["est"].item()
    assert mean == pytest.approx(table["x2"].mean(), abs=0.05)
    with pytest.raises(Exception, match=r"^constant: x2"):
        fit(Model.parse(ITEMS_ONLY), table)


# ------------------------------------------------------------------------------------------------------- ordinal items


def test_items_called_continuous_are_not_ordinal_whatever_the_spec_says() -> None:
    spec = Model.parse(ITEMS_ONLY + "\nDEFINE(ordinal) x1 x2 x3")
    found = fit(spec, answers(), "MLR", ordered=False)
    assert_allclose(found.theta, fit(Model.parse(ITEMS_ONLY), answers(), "MLR").theta, atol=1e-9)
    with pytest.raises(OptionError, match=r"^WLSMV needs to know which items are ordinal"):
        fit(spec, answers(), "WLSMV", ordered=False)


@pytest.mark.parametrize("seed", [1, 22, 32, 93, 114])
def test_far_out_causes_that_decide_the_answers_have_no_finite_slopes(seed: int) -> None:
    """Rows lie dozens of standard deviations out here: steps are halved, and no end of the scale may stop a slope."""
    rng = np.random.default_rng(seed)
    n, q, size = int(rng.integers(5, 60)), int(rng.integers(1, 4)), int(rng.integers(2, 6))
    x = rng.standard_normal((n, q)) if rng.random() < 0.5 else rng.integers(0, 2, (n, q)).astype(float)
    x = x**5 if rng.random() < 0.4 else x
    latent = x @ rng.uniform(-4, 4, q) + rng.standard_normal(n) * rng.uniform(0, 2)
    cuts = np.quantile(latent, np.sort(rng.random(size - 1)))
    codes = np.unique(np.searchsorted(cuts, latent), return_inverse=True)[1]
    with pytest.raises(
        FitError, match=r"^`REP01`: the observed causes tell its answers apart \(almost\) without error"
    ):
        ordered_probit(codes, int(codes.max()) + 1, x, np.ones(n), "REP01")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_cause_that_is_a_copy_but_for_rounding_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.standard_normal(30)] * 2)
    x[:, 1] += 1e-9 * rng.standard_normal(30)
    codes = (x[:, 0] + rng.standard_normal(30) > 0).astype(int)
    both, one = (ordered_probit(codes, 2, causes, np.ones(30)) for causes in (x, x[:, :1]))
    assert both.slope.sum() == pytest.approx(one.slope[0], rel=1e-6)
    assert_allclose(both.tau, one.tau, rtol=1e-6)


def test_correlations_whose_search_is_cut_short_are_not_called_inside() -> None:
    def score(rho: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.tanh(np.array([0.0, 0.8]) - rho)[at], -np.ones(len(at))

    rho, inside = correlations(score, np.array([0.0, -0.9]), most=1)
    assert inside.tolist() == [True, False]
    rho, inside = correlations(score, np.array([0.0, -0.9]))
    assert inside.all()
    assert_allclose(rho, [0.0, 0.8], atol=1e-12)


def test_spreads_of_conditional_draws_are_left_out_when_not_asked_for() -> None:
    y, x = simulated(200, 10)
    weights = np.ones((2, 200))
    asked, bare = (conditional_draws(y, x, MIXED, weights, diagonal=on) for on in (True, False))
    assert bare.gamma_diagonal.shape == (2, 0)
    assert np.array_equal(asked.statistics, bare.statistics)


# --------------------------------------------------------------------------------------------------------------- draws


def test_a_draw_that_the_quick_search_does_not_finish_is_finished_slowly() -> None:
    """Thirty incomplete rows: half of the draws need it, and end where a fit of their rows does."""
    rng = np.random.default_rng(2)
    table = plain()[["x1", "x2", "x3", "y1"]].iloc[:30].mask(rng.random((30, 4)) < 0.25)
    found = fit(FOUR, table, missing="fiml")
    rows = pd.DataFrame(found.moments.rows[0], columns=list(found.moments.names))
    counts = draw_counts(found, np.random.default_rng(1), 12)
    made = redraw(found, counts)
    assert made.converged.all()
    for b in (0, 5, 11):
        one = fit(FOUR, rows.iloc[np.repeat(np.arange(len(rows)), counts[b].astype(int))], missing="fiml")
        assert_allclose(made.theta[b], one.theta, rtol=1e-4, atol=1e-4)


def test_a_few_complete_rows_that_are_alike_do_not_make_items_copies() -> None:
    table = plain()[["x1", "x2", "x3", "y1"]].copy()
    table.iloc[:40] = table.iloc[:40].iloc[np.arange(40) % 4].to_numpy()
    for at in range(40, 240):
        table.iloc[at, at % 4] = np.nan
    assert fit(FOUR, table, missing="fiml").converged
    with pytest.raises(WaveError, match=r"^collinear: .* determine each other exactly"):
        fit(FOUR, table)


def test_a_search_with_too_few_steps_has_not_arrived() -> None:
    found = fitted("ML")
    loss, begin = loss_of(found.estimator, found.layout, found.moments), beginning(found.layout, found.moments)[None]
    metric = np.linalg.inv(loss.derivatives(begin)[1][0])
    assert not descend(loss, begin, metric, steps=1)[1].any()
    at, arrived = descend(loss, begin, metric, steps=200)
    assert arrived.all()
    assert_allclose(at[0], found.theta, atol=1e-5)


def rare_first_answer() -> pd.DataFrame:
    """One respondent alone gave the lowest answer to x1."""
    table = answers().copy()
    table.loc[table.index[1:], "x1"] = table["x1"].iloc[1:].clip(lower=1)
    table.loc[table.index[0], "x1"] = 0
    return table


def test_draws_of_which_none_can_be_used_are_all_told() -> None:
    found = fit(Model.parse(ITEMS_ONLY), rare_first_answer(), "WLSMV", ordered=True)
    counts = np.ones((2, 240))
    counts[:, 0] = 0
    made = redraw(found, counts)
    assert list(made.cause) == [NO_STATISTICS] * 2
    assert not made.converged.any()


@pytest.mark.parametrize("lost", ["answer", "variation"])
def test_a_draw_fitted_anew_that_cannot_be_is_told(lost: str) -> None:
    """A model with a bound is fitted anew in every draw; some draws lack an answer, or all variation of an item."""
    found = fit(Model.parse(ITEMS_ONLY + "\nf ~~ v*f\nBOUND(0.01, 9) v"), rare_first_answer(), "WLSMV", ordered=True)
    counts = np.ones((2, 240))
    counts[0, (found.moments.rows[0][:, 0] == 0) if lost == "answer" else (found.moments.rows[0][:, 0] > 1)] = 0
    if lost == "variation":
        counts[0, found.moments.rows[0][:, 0] == 0] = 0
    made = redraw(found, counts)
    assert made.converged.tolist() == [False, True]
    assert np.isnan(made.value[0])
    assert list(made.cause) == [NO_STATISTICS, ""]
    assert_allclose(made.theta[1], found.theta, atol=1e-5)


def test_weights_go_with_their_rows_when_a_draw_is_fitted_anew() -> None:
    table = plain().assign(w=np.random.default_rng(1).uniform(0.5, 2, 240))
    model = Model.parse(SPEC + "\nx1 ~~ v*x1\nBOUND(0.9, 9) v")
    found = fit(model, table, "MLR", weights="w")
    counts = draw_counts(found, np.random.default_rng(4), 2)
    made = redraw(found, counts)
    one = fit(model, table.iloc[np.repeat(np.arange(240), counts[1].astype(int))], "MLR", weights="w")
    assert_allclose(made.theta[1], one.theta, atol=2e-5)


def test_nothing_is_drawn_around_a_fit_without_a_minimum() -> None:
    found = replace(fitted("ML"), converged=False, cause="the variance of f runs away.")
    with pytest.raises(
        OptionError, match=r"did not converge, so there is nothing to draw around: the variance of f runs"
    ):
        check_resampling(found)


# ------------------------------------------------------------------------------------------------------------- numbers


def test_a_loss_without_a_value_has_no_test_and_says_why() -> None:
    test = standard(float("nan"), 3, 100)
    assert np.isnan(test.chisq)
    assert test.df == 3
    assert "did not converge" in test.reason


@pytest.mark.parametrize(
    "information", [[[1.0, np.nan], [np.nan, 1.0]], [[np.inf, 0.0], [0.0, 1.0]], [[0.0, 1e200], [1e200, 0.0]]]
)
def test_an_information_that_no_computer_holds_gives_no_standard_errors(information: list[list[float]]) -> None:
    assert np.isnan(expected(np.array(information), 100)).all()
    assert undetermined(np.array(information)).tolist() == [1.0, 1.0]


def test_a_failure_of_semopy_is_a_reason_and_no_traceback(monkeypatch) -> None:
    def fails(spec: str) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(secondopinion.semopy, "Model", fails)
    opinion = secondopinion.second_opinion(fitted("ML"))
    assert opinion.reason == "semopy failed: RecursionError: too deep"
    assert not opinion.agrees
    assert np.isnan(opinion.largest)
