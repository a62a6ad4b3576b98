"""Robust indices of the ordinal rungs: where they must agree with others, and that their scaling is what it says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem.estimate.fit import fit_layout
from mkb21sem.estimate.implied import implied
from mkb21sem.estimate.ordered.ordinal import ordinal_vector
from mkb21sem.infer.globalfit.discrepancy import normal_discrepancy
from mkb21sem.infer.waves.ladder import invariance
from mkb21sem.infer.waves.robust import mean_discrepancy, model_response, sample_response
from mkb21sem.specify.model import Model
from tests.waves.test_ladder import HERE, SIMULATED

ROBUST = ["cfi_robust", "rmsea_robust"]


@pytest.fixture(scope="module")
def ladder():
    """The ordinal ladder over two waves."""
    return invariance(Model.parse(SIMULATED), pd.read_csv(HERE / "data" / "five2.csv"), ordinal=True)


@pytest.mark.parametrize("name", ["five2", "three2"])
def test_every_rung_has_them_and_thresholds_alone_change_nothing(name):
    """Savalei's indices of the configural rung and ours of equal thresholds: one discrepancy, one mean, one df."""
    shown = invariance(Model.parse(SIMULATED), pd.read_csv(HERE / "data" / f"{name}.csv"), ordinal=True).table()
    assert shown[ROBUST].notna().all(axis=None)
    assert_allclose(shown.loc[1, ROBUST].astype(float), shown.loc[0, ROBUST].astype(float), atol=1e-7)


def test_two_categories_give_a_reason():
    ladder = invariance(Model.parse(SIMULATED), pd.read_csv(HERE / "data" / "two2.csv"), ordinal=True)
    shown = ladder.table()
    assert shown.loc[1:, ROBUST].isna().all(axis=None)
    assert shown.loc[3:, "reason"].str.contains("two categories").all()


def with_statistics(sample, statistics):
    """Moments with other ordinal statistics and the same Γ."""
    groups = []
    for group, s in zip(sample.ordinal, statistics, strict=True):
        p = len(group.ordinal)
        R = np.eye(p)
        row, col = np.triu_indices(p, 1)
        R[row, col] = R[col, row] = s[-len(row) :]
        groups.append(replace(group, statistics=s, cov=R))
    return replace(sample, cov=np.array([g.cov for g in groups]), ordinal=tuple(groups))


@pytest.mark.parametrize("rung", [2, 3, 4])
def test_residuals_follow_the_statistics_as_their_derivative_says(ladder, rung):
    """At statistics that the rung fits exactly, moved a little and fitted again."""
    plan, found = ladder.plan, ladder.steps[rung].fit
    exact = ordinal_vector(found.layout, found.cells, implied(found.layout, found.cells))
    first, upper = plan.layout(1), plan.layout(rung)
    rng = np.random.default_rng(2)
    direction = rng.standard_normal(exact.shape)

    def refitted(step):
        sample = with_statistics(found.moments, exact + step * direction)
        # The weight is that of the sample throughout.
        return fit_layout(first, found.estimator, sample, ladder.steps[1].fit), fit_layout(
            upper, found.estimator, sample, found
        )

    def residual(step):
        low, high = refitted(step)
        model = model_response(high)
        sample = sample_response(low, model.Sigma)
        row, col = np.tril_indices(8)
        order = np.lexsort((row, col))
        S = (sample.Sigma - model.Sigma)[:, row[order], col[order]]
        return np.concatenate([sample.mu - model.mu, S], axis=1)

    low, high = refitted(0.0)
    model = model_response(high)
    G = sample_response(low, model.Sigma).moved - model.moved
    step = 1e-3
    numeric = (residual(step) - residual(-step)) / (2 * step)
    assert np.abs(numeric).max() > 0.1
    assert_allclose(np.einsum("guhm,hm->gu", G, direction), numeric, atol=1e-5)


def test_the_mean_is_that_of_the_quadratic_form(ladder):
    """k against draws of the statistics from their asymptotic distribution, around a rung that holds exactly."""
    found = ladder.steps[3].fit
    low, high = ladder.steps[1].fit, found
    model = model_response(high)
    G = sample_response(low, model.Sigma).moved - model.moved
    rng, n = np.random.default_rng(3), found.moments.n
    draws = [
        rng.multivariate_normal(np.zeros(len(o.gamma)), o.gamma / size, 2000)
        for o, size in zip(found.moments.ordinal, n, strict=True)
    ]
    e = sum(np.einsum("gum,rm->rgu", G[:, :, h], s) for h, s in enumerate(draws))
    row, col = np.tril_indices(8)
    order = np.lexsort((row, col))
    values = []
    for one in e * 1e-2:
        S = model.Sigma.copy()
        S[:, row[order], col[order]] += one[:, 8:]
        S[:, col[order], row[order]] = S[:, row[order], col[order]]
        values.append(1e4 * n @ normal_discrepancy(S, model.Sigma, model.mu + one[:, :8], model.mu))
    spread = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values) - mean_discrepancy(model.Sigma, G, found)) < 4 * spread


def test_with_many_categories_they_become_those_of_continuous_items():
    """Of a model that misses a shared residual, where least squares and likelihood come to like estimates."""
    rng, frames = np.random.default_rng(6), []
    for wave in range(2):
        eta = 0.3 * wave + (1 + 0.1 * wave) * rng.standard_normal(4000)
        y = eta[:, None] * np.array([0.9, 0.8, 0.7, 0.8]) + 0.7 * rng.standard_normal((4000, 4))
        y[:, :2] += 0.3 * rng.standard_normal((4000, 1))
        frames.append(pd.DataFrame(y, columns=list("abcd")).assign(wave=f"w{wave}"))
    table = pd.concat(frames)
    model = Model.parse("f =~ a + b + c + d")
    fine = table.assign(**{c: np.digitize(table[c], np.linspace(-2.4, 2.8, 11)) for c in "abcd"})
    continuous = invariance(model, table, ordinal=False).table()[ROBUST]
    ordinal = invariance(model, fine, ordinal=True).table()[ROBUST].iloc[1:].reset_index(drop=True)
    assert continuous["rmsea_robust"].min() > 0.03
    # Twelve categories are not yet a continuum: a tenth of RMSEA is left between them.
    assert_allclose(ordinal["cfi_robust"], continuous["cfi_robust"], atol=0.002)
    assert_allclose(ordinal["rmsea_robust"], continuous["rmsea_robust"], rtol=0.12)
