"""Every statistic of the describing step against R."""

import numpy as np
import pandas as pd
import pytest

from mkb21sem.describe import intervals
from mkb21sem.describe.adoption import adoption
from mkb21sem.describe.discrimination import delong
from mkb21sem.describe.experience import experience
from mkb21sem.describe.firth import firth, penalised_loglik, profile
from mkb21sem.describe.predictors import design
from mkb21sem.describe.trend import _means, _shares
from mkb21sem.describe.weights import rake
from mkb21sem.survey.synthetic import synthetic_wave
from tests.monitor.reference import HERE, load

FORMULA = 1e-10
FITTED = 1e-6


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


@pytest.fixture(scope="module")
def regressions():
    return load("regressions").set_index(["model", "term"])


@pytest.mark.parametrize("row", load("wilson").to_dict("records"), ids=lambda row: f"{row['count']}of{row['n']}")
def test_wilson(row):
    np.testing.assert_allclose(intervals.wilson(row["count"], row["n"]), (row["low"], row["high"]), atol=FORMULA)


def test_paired(wave):
    ours, theirs = experience(wave).set_index("goal"), load("paired").set_index("goal")
    for column in theirs:
        tolerance = 1e-8 if column.startswith("hedges_") else FORMULA
        np.testing.assert_allclose(ours[column], theirs[column], rtol=tolerance, err_msg=column)


@pytest.mark.parametrize(
    ("model", "response", "method"),
    [
        ("logit", "USER", "ml"),
        ("firth", "USER", "firth"),
        ("BREEDTE", "BREEDTE", "auto"),
        ("INTENS_MAX", "INTENS_MAX", "auto"),
    ],
)
def test_regressions_and_marginal_effects(wave, regressions, model, response, method):
    ours, theirs = adoption(wave, response, method, draws=2), regressions.loc[model]
    rows = ours.coefficients.set_index("term")
    assert set(rows.index) == set(theirs.index)
    tolerance = 1e-4 if ours.method == "ordinal" else FITTED
    np.testing.assert_allclose(rows["est"], theirs.loc[rows.index, "est"], rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(rows["se"], theirs.loc[rows.index, "se"], rtol=tolerance)
    effects, unit = ours.effects.set_index("term"), 100 if response == "USER" else 1
    np.testing.assert_allclose(effects["effect"], unit * theirs.loc[effects.index, "effect"], rtol=5e-4, atol=1e-6)
    np.testing.assert_allclose(effects["se"], unit * theirs.loc[effects.index, "effect_se"], rtol=5e-4)


@pytest.mark.parametrize("row", load("brant").to_dict("records"), ids=lambda row: row["response"])
def test_proportional_odds(wave, row):
    tested = adoption(wave, row["response"]).proportional
    assert (len(tested.cuts), tested.df) == (row["cuts"], row["df"])
    np.testing.assert_allclose([tested.chisq, tested.p], [row["chisq"], row["p"]], rtol=FITTED)


@pytest.mark.parametrize("data", ["wave", "separated"])
def test_firth_and_its_profile(wave, data):
    if data == "wave":
        found, user = design(wave, "USER", False)
        x, y = found.frame.to_numpy(), user.to_numpy()
    else:
        table = pd.read_csv(HERE / "separated.csv")
        x, y = table[["a", "b"]].to_numpy(), table["y"].to_numpy(dtype=float)
    x = np.column_stack([np.ones(len(y)), x])
    best, theirs = firth(x, y), load("profiles").query("data == @data")
    np.testing.assert_allclose(best.beta, theirs["est"], atol=FITTED)
    np.testing.assert_allclose(np.sqrt(np.diag(best.cov)), theirs["se"], rtol=FITTED)
    assert best.loglik >= theirs["loglik"].iloc[0] - 1e-9
    assert best.loglik == pytest.approx(penalised_loglik(x, y, best.beta))
    ours = np.array([profile(x, y, best, j) for j in range(x.shape[1])])
    np.testing.assert_allclose(ours, theirs[["low", "high", "p"]], atol=1e-5)


def test_area_under_the_curve(wave):
    judged, theirs = adoption(wave, "USER", "ml", draws=2).discrimination, load("areas").iloc[0]
    np.testing.assert_allclose([judged.auc, judged.auc_low, judged.auc_high], theirs, atol=FITTED)
    assert delong(np.array([1.0, 0, 1, 0]), np.array([0.9, 0.1, 0.5, 0.5]))[0] == 0.875


def test_raking_and_trimming(wave):
    theirs = load("weights").set_index("respondent")
    for column, cap in (("raked", None), ("trimmed", 2.0)):
        ours = rake(wave, HERE / "population.csv", cap)
        np.testing.assert_allclose(ours.values.loc[theirs.index], theirs[column], atol=1e-7)
        assert ours.unplaced == 2
        assert (ours.values.drop(theirs.index) == 1).all()


@pytest.mark.parametrize("row", load("changes").to_dict("records"), ids=lambda row: f"{row['count_1']:.0f}")
def test_change_of_a_share(row):
    before, after = (
        np.repeat([1.0, 0.0], [int(row[f"count_{i}"]), int(row[f"n_{i}"] - row[f"count_{i}"])]) for i in (1, 2)
    )
    ours = _shares([before, after])
    limits = [100 * row[name] for name in ("difference", "low", "high")]
    np.testing.assert_allclose([ours["difference"], ours["low"], ours["high"]], limits, atol=1e-8)
    assert ours["p"] == pytest.approx(row["fisher_p"] if ours["test"] == "Fisher" else row["chisq_p"], rel=1e-7)


def test_rare_shares_are_tested_exactly():
    rare = load("changes").iloc[1]
    before, after = (
        np.repeat([1.0, 0.0], [int(rare[f"count_{i}"]), int(rare[f"n_{i}"] - rare[f"count_{i}"])]) for i in (1, 2)
    )
    assert _shares([before, after])["test"] == "Fisher"


def test_change_of_a_mean(wave):
    users = wave.answers[wave.users]
    part = np.arange(len(users)) % 3
    for row in load("means").to_dict("records"):
        ours = _means([users.loc[part == at, row["item"]].to_numpy(dtype=float) for at in range(3)])
        names = ["difference", "low", "high", "p"]
        np.testing.assert_allclose([ours[name] for name in names], [row[name] for name in names], rtol=1e-8)
