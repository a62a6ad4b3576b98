"""Moments given observed causes: lavaan's numbers, and laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.miscmodels.ordinal_model import OrderedModel

from mkb21sem.errors import FitError, OptionError
from mkb21sem.estimate.ordered.conditional import ConditionalMoments, conditional_draws, conditional_moments
from mkb21sem.estimate.ordered.polychoric import ordinal_moments
from mkb21sem.estimate.ordered.probit import ordered_probit, regression
from mkb21sem.estimate.ordered.rowpairs import FirstStep, row_correlations, row_influence
from mkb21sem.estimate.ordered.twostep_given import given_causes, two_step_given
from mkb21sem.linalg import Array
from tests.lavaan.reference import data, load

CASES = ["ord5_mimic_wlsmv", "ord2_mimic_wlsmv", "mixed_mimic_wlsmv", "mixed_probit_wlsmv", "mkb21_covariates_wlsmv"]
MIXED = [True, True, True, False]


def moments(case_id: str) -> ConditionalMoments:
    reference = load(case_id)
    items = list(reference.moment("sample", "res.cov").index)
    frame = data(reference.case)
    causes = list(reference.moment("sample", "mean.x").index)
    ordinal = np.isin(items, reference.case.ordered)
    return conditional_moments(
        frame[items].to_numpy(float), frame[causes].to_numpy(float), ordinal, names=items, causes=causes
    )


def simulated(n: int, seed: int, patterns: bool = True) -> tuple[Array, Array]:
    """Three ordered items and a continuous one on two causes; the residuals' correlations are 0.5."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.integers(1, 5, n), rng.integers(0, 2, n)]).astype(float)
    if not patterns:
        x[:, 0] = rng.standard_normal(n)
    residual = np.sqrt(0.5) * (rng.standard_normal((n, 1)) + rng.standard_normal((n, 4)))
    y = residual + x @ np.array([[0.3, -0.2, 0.0, 0.5], [0.4, 0.0, -0.5, 1.0]])
    for j, cuts in enumerate([(1.0,), (-1.5, -0.3, 0.6), (-1.5, -0.5, 0.4, 1.2)]):
        y[:, j] = np.searchsorted(cuts, y[:, j])
    y[:, 3] = 5 + 2 * y[:, 3]
    return y, x


# ------------------------------------------------------------------ lavaan


@pytest.mark.parametrize("case_id", CASES)
def test_moments_equal_lavaans(case_id: str) -> None:
    found, reference = moments(case_id), load(case_id)
    # lavaan's optimiser stops within about 1e-8 of thresholds and slopes, 2e-6 of polyserial correlations.
    for ours, name, atol in (
        (found.cov, "res.cov", 2e-6),
        (np.concatenate(found.thresholds), "res.th", 1e-7),
        (found.mean, "res.int", 1e-12),
        (found.slopes, "res.slopes", 1e-7),
        (found.x_cov, "cov.x", 1e-13),
        (found.x_mean, "mean.x", 1e-13),
    ):
        np.testing.assert_allclose(ours, reference.moment("sample", name).to_numpy(), rtol=0, atol=atol, err_msg=name)
    assert found.inside.all()


@pytest.mark.parametrize("case_id", [name for name in CASES if "gamma" in load(name).case.outputs])
def test_gamma_equals_lavaans(case_id: str) -> None:
    found, expected = moments(case_id), load(case_id).matrix("gamma", "gamma")
    assert list(expected.columns) == list(found.names)
    scale = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(found.gamma / np.outer(scale, scale), expected / np.outer(scale, scale), atol=2e-7)


# ------------------------------------------------------------------ the first step


def test_the_ordered_probit_is_that_of_statsmodels() -> None:
    y, x = simulated(400, 1, patterns=False)
    model = OrderedModel(y[:, 2].astype(int), x, distr="probit")
    theirs = model.fit(method="newton", disp=False, tol=1e-14, maxiter=200)
    found = ordered_probit(y[:, 2].astype(np.intp), 5, x, np.ones(400))
    np.testing.assert_allclose(found.slope, theirs.params[:2], atol=1e-6)
    np.testing.assert_allclose(found.tau, model.transform_threshold_params(theirs.params)[1:-1], atol=1e-6)


def test_the_regression_is_least_squares() -> None:
    y, x = simulated(200, 2)
    found = regression(y[:, 3], x, np.ones(200))
    design = np.column_stack([np.ones(200), x])
    expected, rest, *_ = np.linalg.lstsq(design, y[:, 3], rcond=None)
    np.testing.assert_allclose([found.mean, *found.slope], expected, rtol=1e-12)
    assert found.variance == pytest.approx(rest[0] / 200, rel=1e-12)


# ------------------------------------------------------------------ laws


def test_what_made_a_large_sample_is_found_again() -> None:
    y, x = simulated(60_000, 3)
    found = conditional_moments(y, x, MIXED)
    error = np.sqrt(found.gamma_diagonal / found.n)
    sd = np.sqrt(np.diag(found.cov))
    expected = np.array([
        1.0, -1.5, -0.3, 0.6, -1.5, -0.5, 0.4, 1.2, -5.0,
        0.3, -0.2, 0.0, 1.0, 0.4, 0.0, -0.5, 2.0,
        4.0, 0.5, 0.5, 1.0, 0.5, 1.0, 1.0,
    ])  # fmt: skip
    assert np.abs((found.statistics - expected) / error).max() < 4
    np.testing.assert_allclose((found.cov / np.outer(sd, sd))[np.tril_indices(4, -1)], 0.5, atol=0.03)


def test_gamma_is_the_spread_of_the_statistics_over_samples() -> None:
    samples = [conditional_moments(*simulated(400, seed), MIXED) for seed in range(200)]
    spread = np.cov([one.statistics for one in samples], rowvar=False) * 400
    expected = np.mean([one.gamma for one in samples], axis=0)
    ratio = np.diag(spread) / np.diag(expected)
    # A variance from 200 samples has a standard error of 10%.
    assert 0.65 < ratio.min() < ratio.max() < 1.45
    assert abs(ratio.mean() - 1) < 0.12


def test_without_causes_it_is_the_unconditional_step() -> None:
    y, _ = simulated(300, 4)
    given, plain = conditional_moments(y, np.empty((300, 0)), MIXED), ordinal_moments(y, MIXED)
    assert given.names == plain.names
    np.testing.assert_allclose(given.statistics, plain.statistics, rtol=0, atol=1e-11)
    np.testing.assert_allclose(given.gamma, plain.gamma, rtol=0, atol=1e-9)


def test_tables_by_pattern_and_rows_agree() -> None:
    y, x = simulated(300, 5)
    y[np.random.default_rng(6).random(y.shape) < 0.1] = np.nan
    given = given_causes(y, x, MIXED, None, "pairwise", None, None)
    found = two_step_given(given, given.draws[0])
    assert found.margins.patterns is not None
    rows = replace(found.margins, patterns=None)
    stack = given.sample.order
    pairs = stack.ordered_first()
    rho, inside = row_correlations(rows, *pairs)
    assert inside.all()
    # Both stop where the score is under 1e-12; its slope is about one half.
    np.testing.assert_allclose(found.rho, rho, rtol=0, atol=5e-12)
    influence = np.random.default_rng(7).normal(size=(300, stack.size - len(stack.pair)))
    step = FirstStep(influence, tuple(stack.own(j) for j in range(4)), 300.0)
    one, other = (row_influence(margins, step, *pairs, rho) for margins in (found.margins, rows))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-9)


def test_continuous_causes_go_through_the_rows() -> None:
    y, x = simulated(300, 5, patterns=False)
    given = given_causes(y, x, MIXED, None, "listwise", None, None)
    assert two_step_given(given, given.draws[0]).margins.patterns is None


def test_another_scale_of_a_cause_changes_its_slopes_only() -> None:
    y, x = simulated(300, 8, patterns=False)
    one = conditional_moments(y, x, MIXED)
    other = conditional_moments(y, (x - [7.0, 0.3]) * [100.0, 0.01], MIXED)
    np.testing.assert_allclose(other.cov, one.cov, rtol=0, atol=1e-10)
    np.testing.assert_allclose(other.slopes * [100.0, 0.01], one.slopes, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(other.thresholds[1], one.thresholds[1] - one.slopes[1] @ [7.0, 0.3], atol=1e-9)
    last = slice(-6, None)
    np.testing.assert_allclose(other.gamma[last, last], one.gamma[last, last], rtol=0, atol=1e-7)


@pytest.mark.parametrize("patterns", [True, False])
def test_weights_are_counts(patterns: bool) -> None:
    y, x = simulated(250, 9, patterns)
    weights = np.random.default_rng(1).integers(0, 4, 250)
    weighted = conditional_moments(y, x, MIXED, weights=weights.astype(float))
    written_out = conditional_moments(np.repeat(y, weights, axis=0), np.repeat(x, weights, axis=0), MIXED)
    np.testing.assert_allclose(weighted.statistics, written_out.statistics, rtol=0, atol=1e-11)
    np.testing.assert_allclose(weighted.gamma, written_out.gamma, rtol=0, atol=1e-8)
    np.testing.assert_allclose(weighted.x_cov, written_out.x_cov, rtol=1e-12)


def test_draws_at_once_equal_one_by_one_and_failures_are_nan() -> None:
    y, x = simulated(200, 10)
    weights = np.random.default_rng(11).multinomial(200, np.full(200, 1 / 200), size=4).astype(float)
    weights[3, x[:, 1] == 1] = 0.0
    weights[2, y[:, 2] == 4] = 0.0
    draws = conditional_draws(y, x, MIXED, weights, diagonal=True)
    for d in (0, 1):
        one = conditional_moments(y, x, MIXED, weights=weights[d])
        np.testing.assert_allclose(draws.statistics[d], one.statistics, rtol=0, atol=1e-11)
        np.testing.assert_allclose(draws.gamma_diagonal[d], one.gamma_diagonal, rtol=1e-9)
    assert draws.statistics[2, draws.names.index("y3|t4")] == np.inf
    without = y[:, 2] < 4
    alone = conditional_moments(y[without], x[without], MIXED, weights=weights[2, without])
    np.testing.assert_allclose(draws.statistics[2, -6:], alone.statistics[-6:], rtol=0, atol=1e-11)
    assert np.isnan(draws.statistics[3]).all()


def test_a_draw_without_variation_has_no_correlation() -> None:
    y, x = simulated(200, 13)
    weights = np.ones((2, 200))
    weights[1, y[:, 0] == 1] = 0.0
    draws = conditional_draws(y, x, MIXED, weights, diagonal=True)
    assert np.isfinite(draws.gamma_diagonal[0]).all()
    assert np.isnan(draws.statistics[1, -6:-3]).all()
    assert np.isfinite(draws.statistics[1, -3:]).all()
    assert np.isnan(draws.gamma_diagonal[1, -6])
    assert np.isfinite(draws.gamma_diagonal[1, -3:]).all()


def test_rows_without_a_cause_are_not_used() -> None:
    y, x = simulated(200, 12)
    x[5, 0] = np.nan
    found = conditional_moments(y, x, MIXED, missing="pairwise")
    assert found.n == 199
    assert 5 not in found.rows


Y2 = [[1, 1], [2, 1], [1, 2], [2, 2], [1, 2], [2, 1]]
BAD = {
    "constant: x2. A cause that does not vary explains nothing": [[1, 3], [2, 3], [1, 3], [3, 3], [2, 3], [2, 3]],
    "collinear: x1, x2 determine each other exactly": [[1, 2], [2, 4], [1, 2], [3, 6], [2, 4], [2, 4]],
    "`y1`: the observed causes tell its answers apart": [[-1, 1], [1, 2], [-2, 1], [3, 0], [-1, 5], [2, 4]],
    "x must have one row for each of the 6 rows of y": [[1, 2], [2, 4]],
}


@pytest.mark.parametrize("message", BAD)
def test_what_cannot_be_computed_is_said(message: str) -> None:
    with pytest.raises((FitError, OptionError)) as raised:
        conditional_moments(np.array(Y2, dtype=float), np.array(BAD[message], dtype=float), [True, True])
    assert message in str(raised.value)


SMALL = (np.array(Y2, dtype=float), np.array([[1.0], [2.0], [1.0], [3.0], [2.0], [2.0]]), [True, True])
WRONG = {
    "names must name each of the 2 variables; got 1 names": {"names": ["y"]},
    "causes must name each of the 1 columns of x; got 2 names": {"causes": ["u", "v"]},
    "weights must be one number a row; got 2 rows of weights": {"weights": np.ones((2, 6))},
}


@pytest.mark.parametrize("message", WRONG)
def test_options_that_do_not_fit_the_table_are_said(message: str) -> None:
    with pytest.raises(OptionError) as raised:
        conditional_moments(*SMALL, **WRONG[message])
    assert message in str(raised.value)


def test_a_sum_of_the_causes_has_no_residual() -> None:
    x = np.random.default_rng(1).standard_normal((30, 2))
    with pytest.raises(
        FitError, match=r"^`y` is a sum of the observed causes, without a residual\. Leave it or one of"
    ):
        regression(x @ [1.0, 2.0], x, np.ones(30))
