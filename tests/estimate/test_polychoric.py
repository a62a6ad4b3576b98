"""Thresholds, polychoric and polyserial correlations and their Gamma: lavaan's numbers, and laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mkb21sem.errors import FitError, OptionError
from mkb21sem.estimate.ordered.bivariate import LIMIT
from mkb21sem.estimate.ordered.contingency import fill_empty, log_likelihood, score
from mkb21sem.estimate.ordered.ordinal_order import order
from mkb21sem.estimate.ordered.polychoric import OrdinalMoments, ordinal_draws, ordinal_moments
from mkb21sem.estimate.ordered.polyserial import Limits, polyserial_terms
from mkb21sem.estimate.ordered.thresholds import categories
from mkb21sem.estimate.ordered.twostep import Sample, TwoStep, casewise, two_step
from mkb21sem.linalg import Array
from tests.lavaan.reference import Reference, data, load

ITEMS = [f"u{j}" for j in range(1, 10)]
CASES = [
    "ord2_wlsmv", "ord3_wlsmv", "ord5_wlsmv", "ord7_wlsmv", "ord5skew_wlsmv", "mixed_wlsmv",
    "ord5_missing_pairwise_wlsmv", "ord5_missing_listwise_wlsmv",
]  # fmt: skip
WITH_GAMMA = ["ord2_wlsmv", "ord3_wlsmv", "ord5_wlsmv", "mixed_wlsmv", "ord5_missing_pairwise_wlsmv"]


def answers(reference: Reference, group: str | None = None) -> tuple[Array, np.ndarray]:
    frame = data(reference.case)
    if group is not None:
        frame = frame[frame[reference.case.group] == group]
    return frame[ITEMS].to_numpy(float), np.isin(ITEMS, reference.case.ordered)


def moments(case_id: str) -> OrdinalMoments:
    reference = load(case_id)
    y, ordinal = answers(reference)
    return ordinal_moments(y, ordinal, missing=reference.case.missing, names=ITEMS)


def steps(case_id: str) -> TwoStep:
    """The two steps of a complete or pairwise case, before anything is packed."""
    reference = load(case_id)
    y, ordinal = answers(reference)
    if reference.case.missing == "listwise":
        y = y[np.isfinite(y).all(axis=1)]
    given = categories(y[:, ordinal], [name for name, o in zip(ITEMS, ordinal, strict=True) if o])
    return two_step(Sample(y, given, order(ITEMS, ordinal, given.size)), np.ones((1, len(y))))


# ------------------------------------------------------------------ lavaan


@pytest.mark.parametrize("case_id", CASES)
def test_moments_equal_lavaans(case_id: str) -> None:
    reference, found = load(case_id), moments(case_id)
    cov = reference.moment("sample", "cov").loc[ITEMS, ITEMS].to_numpy()
    th = reference.moment("sample", "th").to_numpy()
    mean = reference.moment("sample", "mean").to_numpy()
    # lavaan's optimiser stops within about 1e-7 of each correlation.
    np.testing.assert_allclose(found.cov, cov, rtol=0, atol=2e-7)
    np.testing.assert_allclose(np.concatenate(found.thresholds), th, rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.mean, mean, rtol=0, atol=1e-13)
    assert found.inside.all()


@pytest.mark.parametrize("case_id", ["mkb21_measurement_wlsmv", "mkb21_ordered_wlsmv"])
def test_moments_of_the_reference_wave_equal_lavaans(case_id: str) -> None:
    """lavaan's polyserial correlations stop up to 4e-6 from the optimum here; ours are the more likely ones."""
    reference = load(case_id)
    expected = reference.moment("sample", "cov")
    names = list(expected.index)
    y, ordinal = data(reference.case)[names].to_numpy(float), np.isin(names, reference.case.ordered)
    found = ordinal_moments(y, ordinal, names=names)
    np.testing.assert_allclose(found.cov, expected, rtol=0, atol=5e-6)
    sd = np.sqrt(np.diag(found.cov))
    correlation = expected.to_numpy() / np.outer(sd, sd)
    for i in np.flatnonzero(ordinal):
        rank = np.unique(y[:, i], return_inverse=True)[1]
        ends = np.concatenate([[-LIMIT], found.thresholds[i], [LIMIT]])
        limits = Limits(ends[rank][:, None], ends[rank + 1][:, None])
        z = (y[:, ~ordinal] - found.mean[~ordinal]) / sd[~ordinal]
        pi, slope, _ = polyserial_terms(limits, z, found.cov[i, ~ordinal] / sd[~ordinal])
        theirs, _, _ = polyserial_terms(limits, z, correlation[i, ~ordinal])
        assert np.abs((slope / pi).mean(axis=0)).max() <= 1e-12
        assert (np.log(pi).sum(axis=0) - np.log(theirs).sum(axis=0)).min() >= -1e-11


@pytest.mark.parametrize("group", [1, 2])
def test_moments_of_each_group_equal_lavaans(group: int) -> None:
    reference = load("groups_full_wlsmv")
    label = list(dict.fromkeys(data(reference.case)["wave"]))[group - 1]
    y, ordinal = answers(reference, label)
    found = ordinal_moments(y, ordinal, names=ITEMS)
    np.testing.assert_allclose(
        found.cov, reference.moment("sample", "cov", group).loc[ITEMS, ITEMS].to_numpy(), rtol=0, atol=2e-7
    )
    np.testing.assert_allclose(
        np.concatenate(found.thresholds),
        reference.moment("sample", "th", group).to_numpy(),
        rtol=0,
        atol=1e-13,
    )


@pytest.mark.parametrize("case_id", WITH_GAMMA)
def test_gamma_equals_lavaans(case_id: str) -> None:
    found = moments(case_id)
    expected = load(case_id).matrix("gamma", "gamma")
    assert list(expected.columns) == list(found.names)
    scale = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(found.gamma / np.outer(scale, scale), expected / np.outer(scale, scale), atol=2e-7)


@pytest.mark.parametrize("case_id", WITH_GAMMA)
def test_gamma_at_lavaans_own_correlations_is_lavaans_to_1e10(case_id: str) -> None:
    found, reference = steps(case_id), load(case_id)
    stack = found.sample.order
    cov = reference.moment("sample", "cov").loc[ITEMS, ITEMS].to_numpy()
    sd = np.sqrt(np.diag(cov))
    theirs = (cov / np.outer(sd, sd))[stack.first, stack.second][None]
    gamma = casewise(replace(found, rho=theirs), 0, sampling=False).gamma()
    expected = reference.matrix("gamma", "gamma").to_numpy()
    scale = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(gamma / np.outer(scale, scale), expected / np.outer(scale, scale), atol=1e-10)


@pytest.mark.parametrize("case_id", CASES)
def test_our_optimum_is_the_sharper_one(case_id: str) -> None:
    found, reference = steps(case_id), load(case_id)
    stack, both = found.sample.order, found.sample.both
    cov = reference.moment("sample", "cov").loc[ITEMS, ITEMS].to_numpy()
    theirs = cov[stack.first, stack.second][both]
    size = found.sample.answers.size
    i, j = stack.first[both], stack.second[both]
    binary = (size[found.sample.rank[i]] == 2) & (size[found.sample.rank[j]] == 2)
    counts, ours = fill_empty(found.counts[:, :, 0], binary), found.rho[0, both]
    assert np.abs(score(found.pairs, counts, ours)[0]).max() <= 1e-12
    gain = log_likelihood(found.pairs, counts, ours) - log_likelihood(found.pairs, counts, theirs)
    assert gain.min() >= -1e-11  # the log-likelihood itself is about 1e3, its last digit 1e-13


@pytest.mark.parametrize(
    ("table", "rho", "gamma"),
    [
        ((30, 10, 0, 20), 0.93371428788920463, (0.1092280361186268, -0.1309717345225415, 0.2852847601821774)),
        (
            (0, 10, 10, 20),
            -0.57858418279492851,
            (-0.472958660072138, -0.4729586600721397, 2.8654863337985814),
        ),
        ((12, 0, 30, 8), 0.45497786916353844, (-0.5749943381934575, 0.5500312569753453, 3.7078751351024959)),
    ],
)
def test_an_empty_cell_of_two_dichotomies_is_filled_as_lavaan_does(
    table: tuple[int, ...], rho: float, gamma: tuple[float, ...]
) -> None:
    """The numbers are lavCor's (lavaan 0.6-14)."""
    y = np.repeat([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], table, axis=0)
    found = ordinal_moments(y, [True, True])
    assert found.cov[0, 1] == pytest.approx(rho, abs=1e-8)
    np.testing.assert_allclose(found.gamma[2], gamma, rtol=1e-7)
    assert found.empty_cells[0, 1] == 1


# ------------------------------------------------------------------ laws


def simulated(n: int, seed: int, rho: float = 0.6) -> Array:
    """Four variables of equal correlation; the first three cut into 2, 4 and 5 categories."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((n, 1))
    y = np.sqrt(rho) * common + np.sqrt(1 - rho) * rng.standard_normal((n, 4))
    for j, cuts in enumerate([(0.4,), (-1.0, 0.1, 0.9), (-1.5, -0.5, 0.4, 1.2)]):
        y[:, j] = np.searchsorted(cuts, y[:, j])
    y[:, 3] = 5 + 2 * y[:, 3]
    return y


MIXED = [True, True, True, False]


def test_the_correlations_behind_a_large_sample_are_found_again() -> None:
    found = ordinal_moments(simulated(200_000, 3), MIXED)
    sd = np.sqrt(np.diag(found.cov))
    correlation = found.cov / np.outer(sd, sd)
    error = np.sqrt(found.gamma_diagonal[-6:] / found.n)
    second, first = np.tril_indices(4, -1)
    assert np.abs(correlation[second, first] - 0.6).max() < 0.01
    assert error.max() < 0.02
    np.testing.assert_allclose(np.concatenate(found.thresholds)[:4], [0.4, -1.0, 0.1, 0.9], atol=0.02)


def test_gamma_is_the_spread_of_the_statistics_over_samples() -> None:
    samples = [ordinal_moments(simulated(400, seed), MIXED) for seed in range(400)]
    spread = np.cov([one.statistics for one in samples], rowvar=False) * 400
    expected = np.mean([one.gamma for one in samples], axis=0)
    ratio = np.diag(spread) / np.diag(expected)
    # A variance from 400 samples has a standard error of 7%.
    assert 0.75 < ratio.min() < ratio.max() < 1.3
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs((spread - expected) / scale).max() < 0.3


def test_an_increasing_recoding_changes_nothing() -> None:
    y = simulated(300, 4)
    recoded = y.copy()
    recoded[:, :3] = 10 + np.exp(y[:, :3])
    one, other = ordinal_moments(y, MIXED), ordinal_moments(recoded, MIXED)
    np.testing.assert_array_equal(one.statistics, other.statistics)
    np.testing.assert_array_equal(one.gamma, other.gamma)


def test_turning_a_variable_round_turns_its_signs() -> None:
    y = simulated(300, 4)
    turned = y * [1, -1, 1, 1]
    one, other = ordinal_moments(y, MIXED), ordinal_moments(turned, MIXED)
    flip = np.diag([1.0, -1.0, 1.0, 1.0])
    np.testing.assert_allclose(other.cov, flip @ one.cov @ flip, atol=1e-13)
    np.testing.assert_allclose(other.thresholds[1], -one.thresholds[1][::-1], atol=1e-14)
    np.testing.assert_allclose(other.gamma_diagonal[-6:], one.gamma_diagonal[-6:], rtol=1e-10)


def test_the_order_of_rows_does_not_matter() -> None:
    y = simulated(300, 5)
    one, other = ordinal_moments(y, MIXED), ordinal_moments(y[::-1], MIXED)
    np.testing.assert_allclose(one.statistics, other.statistics, rtol=0, atol=1e-13)
    np.testing.assert_allclose(one.gamma, other.gamma, rtol=0, atol=1e-11)


def test_the_order_of_variables_does_not_matter() -> None:
    y, new = simulated(300, 5), [3, 1, 0, 2]
    one, other = ordinal_moments(y, MIXED), ordinal_moments(y[:, new], np.array(MIXED)[new])
    np.testing.assert_allclose(other.cov, one.cov[np.ix_(new, new)], atol=1e-13)
    places = [one.names.index(name) for name in _renamed(other.names, new, one.names)]
    np.testing.assert_allclose(other.gamma, one.gamma[np.ix_(places, places)], atol=1e-10)


def _renamed(names: tuple[str, ...], new: list[int], among: tuple[str, ...]) -> list[str]:
    """Names of the same statistics before the variables were reordered."""
    back = {f"y{place + 1}": f"y{old + 1}" for place, old in enumerate(new)}
    found = []
    for name in names:
        if "~~" in name:
            left, right = (back[part] for part in name.split("~~"))
            found.append(f"{left}~~{right}" if f"{left}~~{right}" in among else f"{right}~~{left}")
        else:
            found.append(back[name[:2]] + name[2:])
    return found


def test_a_sample_doubled_leaves_everything() -> None:
    y = simulated(250, 6)
    one, double = ordinal_moments(y, MIXED), ordinal_moments(np.concatenate([y, y]), MIXED)
    weighted = ordinal_moments(y, MIXED, weights=np.full(250, 2.0))
    for other in (double, weighted):
        np.testing.assert_allclose(other.statistics, one.statistics, rtol=0, atol=1e-13)
        np.testing.assert_allclose(other.gamma, one.gamma, rtol=0, atol=1e-11)
        assert other.n == 500


def test_weights_are_counts() -> None:
    y = simulated(250, 7)
    weights = np.random.default_rng(1).integers(0, 4, 250)
    weighted = ordinal_moments(y, MIXED, weights=weights.astype(float))
    written_out = ordinal_moments(np.repeat(y, weights, axis=0), MIXED)
    np.testing.assert_allclose(weighted.statistics, written_out.statistics, rtol=0, atol=1e-13)
    np.testing.assert_allclose(weighted.gamma, written_out.gamma, rtol=0, atol=1e-11)
    assert weighted.influence.shape == (np.count_nonzero(weights), len(weighted.names))


def test_the_scale_of_sampling_weights_does_not_matter() -> None:
    y, weights = simulated(250, 8), np.random.default_rng(2).uniform(0.3, 3, 250)
    one = ordinal_moments(y, MIXED, weights=weights, sampling=True)
    other = ordinal_moments(y, MIXED, weights=17 * weights, sampling=True)
    np.testing.assert_allclose(one.gamma, other.gamma, rtol=1e-9, atol=1e-11)
    assert one.n == pytest.approx(250)
    # Unequal weights cost precision: 1 + the squared coefficient of variation (Kish), on average.
    as_counts = ordinal_moments(y, MIXED, weights=weights)
    effect = np.mean(one.gamma_diagonal / as_counts.gamma_diagonal)
    assert effect == pytest.approx(1 + weights.var() / weights.mean() ** 2, rel=0.1)


def test_without_missing_answers_pairwise_is_listwise() -> None:
    y = simulated(250, 9)
    one, other = ordinal_moments(y, MIXED), ordinal_moments(y, MIXED, missing="pairwise")
    np.testing.assert_array_equal(one.statistics, other.statistics)
    np.testing.assert_array_equal(one.gamma, other.gamma)


def test_pairwise_moments_of_a_pair_do_not_look_at_other_variables() -> None:
    y = simulated(400, 10)
    y[np.random.default_rng(3).random(y.shape) < 0.15] = np.nan
    every = ordinal_moments(y, MIXED, missing="pairwise")
    for i, j in ((0, 1), (1, 3), (2, 3)):
        pair = ordinal_moments(y[:, [i, j]], [MIXED[i], MIXED[j]], missing="pairwise")
        assert pair.cov[0, 1] == pytest.approx(every.cov[i, j], abs=1e-12)
        place = every.names.index(f"y{i + 1}~~y{j + 1}")
        assert pair.gamma[-1, -1] / pair.n == pytest.approx(every.gamma[place, place] / every.n, rel=1e-9)


def test_without_ordered_variables_it_is_the_covariance_matrix() -> None:
    y = np.random.default_rng(19).standard_normal((100, 3)) @ np.array([[1, 0.5, 0], [0, 1, 2], [0, 0, 1]])
    found = ordinal_moments(y, [False] * 3)
    np.testing.assert_allclose(found.cov, np.cov(y, rowvar=False, ddof=0), rtol=1e-12)
    assert found.names == ("y1~1", "y2~1", "y3~1", "y1~~y1", "y2~~y2", "y3~~y3", "y1~~y2", "y1~~y3", "y2~~y3")
    np.testing.assert_allclose(found.gamma[0, 0], outer_product_variance(y[:, 0]), rtol=1e-12)


def outer_product_variance(y: Array) -> float:
    """The covariance of a mean that outer products of scores to mean and variance give."""
    z = (y - y.mean()) / y.std()
    scores = np.column_stack([z / y.std(), (z**2 - 1) / (2 * y.var())])
    return float(np.linalg.inv(scores.T @ scores / len(y))[0, 0])


def test_influences_make_gamma_and_sum_to_zero() -> None:
    found = ordinal_moments(simulated(300, 11), MIXED)
    np.testing.assert_allclose(found.influence.T @ found.influence / found.n, found.gamma, atol=1e-11)
    np.testing.assert_allclose(np.diag(found.gamma), found.gamma_diagonal, rtol=1e-12)
    np.testing.assert_allclose(found.influence.mean(axis=0), 0.0, atol=1e-10)


@pytest.mark.parametrize("sampling", [False, True])
def test_the_diagonal_from_tables_is_that_of_the_rows(sampling: bool) -> None:
    y = simulated(300, 20)
    y[np.random.default_rng(21).random(y.shape) < 0.15] = np.nan
    weights = np.random.default_rng(22).uniform(0.2, 2, 300)
    found = ordinal_moments(y, MIXED, weights=weights, missing="pairwise", sampling=sampling)
    np.testing.assert_allclose(np.diag(found.gamma), found.gamma_diagonal, rtol=1e-11)


def test_sparse_tables_reach_the_highest_likelihood() -> None:
    """Thirty answers in up to 49 cells: no correlation on a fine grid is better than the one that was found."""
    rng = np.random.default_rng(23)
    grid = np.linspace(-0.999, 0.999, 400)
    for _ in range(40):
        y = np.floor(rng.uniform(0, rng.integers(2, 8, 4), (30, 4)))
        y[:, 1] = np.where(rng.random(30) < rng.random(), y[:, 0], y[:, 1])
        given = categories(y, ["a", "b", "c", "d"])
        found = two_step(Sample(y, given, order(["a", "b", "c", "d"], np.ones(4, bool), given.size)), np.ones((1, 30)))
        i, j = found.sample.order.first, found.sample.order.second
        counts = fill_empty(found.counts[:, :, 0], (given.size[i] == 2) & (given.size[j] == 2))
        best = log_likelihood(found.pairs, counts, found.rho[0])
        every = [log_likelihood(found.pairs, counts, np.full(6, rho)) for rho in grid]
        assert (best >= np.max(every, axis=0) - 1e-9)[found.inside[0]].all()
        slope = score(found.pairs, counts, found.rho[0])[0]
        assert (np.abs(slope) <= 1e-9)[found.inside[0]].all()
        assert (np.abs(found.rho[0]) > 0.99)[~found.inside[0]].all()


def test_an_influence_is_the_change_that_a_row_brings() -> None:
    """One row weighted a little more moves each statistic by its influence over n, to first order.

    The outer products of scores stand for the information, so the two agree to O(n^-½) only: in a large sample.
    """
    y, step = simulated(20_000, 12), 1e-3
    found = ordinal_moments(y, MIXED)
    for row in (0, 7, 19):
        weights = np.ones(len(y))
        weights[row] += step
        moved = ordinal_moments(y, MIXED, weights=weights)
        change = (moved.statistics - found.statistics) * len(y) / step
        np.testing.assert_allclose(change, found.influence[row], rtol=0.05, atol=0.1)


# ------------------------------------------------------------------ derivatives


def test_the_score_is_the_slope_of_the_log_likelihood() -> None:
    found = steps("ord5skew_wlsmv")
    counts, rho, step = found.counts[:, :, 0], found.rho[0] + 0.05, 1e-5
    n = counts.sum(axis=(0, 1))
    up, down = (log_likelihood(found.pairs, counts, rho + d) for d in (step, -step))
    np.testing.assert_allclose(score(found.pairs, counts, rho)[0], (up - down) / (2 * step) / n, atol=1e-8)
    above, below = (score(found.pairs, counts, rho + d)[0] for d in (step, -step))
    np.testing.assert_allclose(score(found.pairs, counts, rho)[1], (above - below) / (2 * step), atol=1e-6)


def test_the_polyserial_probability_has_the_right_derivatives() -> None:
    rng = np.random.default_rng(13)
    lower = rng.normal(size=(50, 3))
    limits = Limits(lower, lower + rng.exponential(size=(50, 3)))
    z, rho, step = rng.normal(size=(50, 3)), np.array([-0.7, 0.1, 0.85]), 1e-5
    _, first, second = polyserial_terms(limits, z, rho)
    up, down = (polyserial_terms(limits, z, rho + d) for d in (step, -step))
    np.testing.assert_allclose(first, (up[0] - down[0]) / (2 * step), atol=1e-7)
    np.testing.assert_allclose(second, (up[1] - down[1]) / (2 * step), atol=1e-6)


# ------------------------------------------------------------------ draws


def test_draws_at_once_equal_one_by_one() -> None:
    y = simulated(200, 14)
    rng = np.random.default_rng(15)
    weights = rng.multinomial(200, np.full(200, 1 / 200), size=20).astype(float)
    draws = ordinal_draws(y, MIXED, weights, diagonal=True)
    assert draws.statistics.shape == (20, len(draws.names))
    for d in (0, 15, 16, 19):
        one = ordinal_moments(y, MIXED, weights=weights[d])
        np.testing.assert_allclose(draws.statistics[d], one.statistics, rtol=0, atol=1e-13)
        np.testing.assert_allclose(draws.cov[d], one.cov, rtol=0, atol=1e-13)
        np.testing.assert_allclose(draws.gamma_diagonal[d], one.gamma_diagonal, rtol=1e-10)


def test_a_draw_that_loses_a_category_keeps_its_place() -> None:
    y = simulated(200, 16)
    weights = np.ones((2, 200))
    weights[1, y[:, 2] == 4] = 0.0
    draws = ordinal_draws(y, MIXED, weights)
    names = list(draws.names)
    assert draws.statistics[1, names.index("y3|t4")] == np.inf
    alone = ordinal_moments(y[y[:, 2] < 4], MIXED)
    np.testing.assert_allclose(draws.cov[1], alone.cov, rtol=0, atol=1e-12)


def test_a_draw_without_variation_has_no_correlation() -> None:
    y = simulated(100, 17)
    y[:10, 3] = 5.0
    weights = np.ones((3, 100))
    weights[1, y[:, 0] == 1] = 0.0
    weights[2, 10:] = 0.0
    draws = ordinal_draws(y, MIXED, weights, diagonal=True)
    assert np.isnan(draws.cov[1, 0, 1:]).all()
    assert np.isfinite(draws.cov[1, 1:, 1:]).all()
    assert np.isfinite(draws.cov[0]).all()
    assert np.isfinite(draws.gamma_diagonal[0]).all()
    assert np.isnan(draws.statistics[2, -1])
    assert np.isnan(draws.gamma_diagonal[2, -1])


# ------------------------------------------------------------------ what can't be computed


def test_two_items_that_say_the_same_stop_short_of_one() -> None:
    y = np.repeat([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], 20, axis=0)
    found = ordinal_moments(np.column_stack([y, -y[:, 0]]), [True] * 3)
    assert not found.inside[0, 1]
    assert not found.inside[0, 2]
    np.testing.assert_allclose(found.cov[0], [1.0, 0.9999, -0.9999])
    assert found.empty_cells[0, 1] == 6


def test_an_unused_code_is_no_category() -> None:
    y = simulated(200, 18)
    y[y[:, 2] == 1, 2] = 0
    found = ordinal_moments(y, MIXED)
    assert [len(tau) for tau in found.thresholds] == [1, 3, 3, 0]


NAN = np.nan
BAD = {
    "`a` is ordered and has one answer only (2); leave it out.": ([[2, 1], [2, 2], [2, 1]], [1, 1], {}),
    "constant: b. Everyone gave the same answer; leave it out.": ([[1, 3], [2, 3], [1, 3]], [1, 0], {}),
    "two values only: b. Taken as continuous": ([[2, 1], [1, 2], [2, 1], [3, 2]], [1, 0], {}),
    "`a` is ordered and has 40 different values": ([[k, k % 3] for k in range(40)], [1, 1], {}),
    "no row has an answer on every variable": ([[1, NAN], [NAN, 2]], [1, 1], {}),
    "no correlation can be computed for `a` with `b`": (
        [[1, NAN], [2, NAN], [NAN, 1], [NAN, 2]], [1, 1], {"missing": "pairwise"},
    ),
    "`b` holds infinite values": ([[1, 3], [2, np.inf]], [1, 0], {}),
    "missing must be listwise, pairwise; got 'fiml'": ([[1, 2], [2, 1]], [1, 1], {"missing": "fiml"}),
    "ordinal one flag a variable": ([[1, 2], [2, 1]], [1, 1, 1], {}),
    "weights must have one number for each of the 2 rows": ([[1, 2], [2, 1]], [1, 1], {"weights": [1, 2, 3]}),
    "got 3 rows of weights. Use ordinal_draws": ([[1, 2], [2, 1]], [1, 1], {"weights": np.ones((3, 2))}),
    "none below zero": ([[1, 2], [2, 1]], [1, 1], {"weights": [1, -1]}),
}  # fmt: skip


@pytest.mark.parametrize("message", BAD)
def test_what_cannot_be_computed_is_said(message: str) -> None:
    y, ordinal, options = BAD[message]
    with pytest.raises((FitError, OptionError)) as raised:
        ordinal_moments(np.array(y, dtype=float), ordinal, names=["a", "b"], **options)
    assert message in str(raised.value)
