"""The default model finds the population back that the synthetic waves are drawn from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.specify.model import Model
from mkb21sem.survey.population import population
from mkb21sem.survey.synthetic import draw_continuous, synthetic_wave

WAVES = 100
LATENT = ("CUL", "OMG", "MOT", "ERV", "REP")
BIAS = 0.03


def standardised(found: Fit) -> pd.Series:
    """Standardised estimates in the order of the population's lines; a covariance has no first side."""
    assert found.converged, found.cause
    known = {arrow(row): row.std for row in found.table().itertuples()}
    return pd.Series([known[arrow(row)] for row in population().itertuples()])


def arrow(row) -> tuple[str, object]:
    return row.op, (frozenset if row.op == "~~" else tuple)((row.lhs, row.rhs))


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.read("mkb21")


@pytest.fixture(scope="module")
def continuous(model):
    return pd.DataFrame([standardised(fit(model, draw_continuous(seed))) for seed in range(1, WAVES + 1)])


@pytest.fixture(scope="module")
def coarse(model):
    return pd.DataFrame([standardised(fit(model, synthetic_wave(seed))) for seed in range(1, WAVES + 1)])


def bias(estimates: pd.DataFrame) -> pd.DataFrame:
    return population().assign(bias=estimates.mean() - population()["value"])


def between_latents(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["op"] == "~") & table["lhs"].isin(LATENT) & table["rhs"].isin(LATENT)]


def test_normal_scores_recover_every_value(continuous):
    """All 14 paths, the exogenous correlations, loadings and residual correlations."""
    found = bias(continuous)
    assert len(found) == 44
    assert (found["bias"].abs() < BIAS).all(), found[found["bias"].abs() >= BIAS]


def test_five_point_answers_recover_the_paths_between_latents(coarse):
    paths = between_latents(bias(coarse))
    assert set(zip(paths["lhs"], paths["rhs"], strict=True)) == {
        ("MOT", "CUL"),
        ("MOT", "OMG"),
        ("ERV", "MOT"),
        ("REP", "ERV"),
    }
    assert (paths["bias"].abs() < BIAS).all(), paths


def test_coarsening_takes_from_loadings_and_observed_indices(coarse):
    """What the documentation says that it takes, and why: items lose, indices are not their scores."""
    found = bias(coarse).set_index(["lhs", "op", "rhs"])["bias"]
    culture = [found["CUL", "=~", f"CUL{i:02d}"] for i in range(1, 5)]
    assert np.all((np.array(culture) < -0.015) & (np.array(culture) > -0.06))
    assert -0.05 < found["TOE_M", "~", "INTENS"] < -0.01
    assert found["TOE_M", "~", "ERV"] > 0.0
    reputation = [found["REP", "=~", f"REP{i:02d}"] for i in range(1, 6)]
    assert np.all(np.abs(reputation) < 0.01), "calibrated to the published alpha"
