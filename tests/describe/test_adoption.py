"""The adoption stage."""

import numpy as np
import pandas as pd
import pytest

from mkb21sem.describe.adoption import adoption, selection
from mkb21sem.describe.discrimination import calibration
from mkb21sem.describe.firth import firth
from mkb21sem.describe.predictors import design
from mkb21sem.errors import OptionError, WaveError
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from tests.monitor.reference import HERE


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


@pytest.fixture(scope="module")
def use(wave):
    return adoption(wave)


def test_few_non_users_ask_for_the_penalty(use):
    assert (use.method, use.reason, use.events, use.n, use.without) == ("firth", "few events", 56, 312, 2)
    assert use.dropped == ()


def test_many_non_users_do_not(wave):
    thrice = pd.concat([wave.answers] * 3, ignore_index=True)
    done = adoption(Wave.of(thrice, name="thrice"), draws=3)
    assert (done.method, done.reason) == ("logit", "enough events")


def test_separation_falls_back_on_the_penalty(wave):
    answers = wave.answers.copy()
    told = answers["MKT02"] >= 0
    answers.loc[told, "MKT02"] = wave.users[told].astype(int)
    answers.loc[told, "MKT01"] = 1
    done = adoption(Wave.of(answers, name="split"), method="ml", draws=2)
    assert (done.method, done.reason) == ("firth", "separation")
    assert np.isfinite(done.coefficients[["est", "low", "high"]]).all(axis=None)


def test_the_penalty_stays_finite_where_likelihood_does_not():
    table = pd.read_csv(HERE / "separated.csv")
    assert (table.loc[table["a"] == 1, "y"] == 1).all()
    x = np.column_stack([np.ones(len(table)), table[["a", "b"]]])
    assert np.abs(firth(x, table["y"].to_numpy(dtype=float)).beta).max() < 10


def test_firth_refuses_predictors_that_depend_on_each_other():
    x = np.column_stack([np.ones(20), np.arange(20), 2 * np.arange(20)])
    with pytest.raises(WaveError, match="follows from the others"):
        firth(x, np.tile([0.0, 1.0], 10))


def test_marginal_effects_are_those_of_statsmodels(wave):
    from statsmodels.discrete.discrete_model import Logit

    found, y = design(wave, "USER", False)
    x = np.column_stack([np.ones(len(y)), found.frame])
    theirs = Logit(y.to_numpy(), x).fit(disp=0).get_margeff(dummy=True).summary_frame()
    ours = adoption(wave, method="ml", draws=2).effects.set_index("term")
    at = [list(found.frame).index(name) for name in ("consumers", "culture", "environment")]
    np.testing.assert_allclose(
        ours.loc[["consumers", "culture", "environment"], "effect"] / 100, theirs["dy/dx"].iloc[at], rtol=1e-4
    )


def test_predictions_are_judged(use):
    judged = use.discrimination
    assert judged.auc_low < judged.auc < judged.auc_high
    assert 0.5 < judged.auc_corrected < judged.auc
    assert judged.slope_corrected < 1
    assert judged.brier_corrected > judged.brier
    assert (judged.draws, judged.failed) == (200, 0)
    assert judged.calibration["n"].sum() == 312
    assert judged.curve.iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]


def test_the_same_seed_gives_the_same_judgement(wave):
    few = [adoption(wave, draws=4, seed=seed).discrimination.auc_corrected for seed in (1, 1, 2)]
    assert few[0] == few[1] != few[2]


def test_calibration_of_perfect_chances():
    y = np.repeat([0.0, 1.0], 50)
    found = calibration(y, y, 2)
    assert found["predicted"].tolist() == found["observed"].tolist() == [0, 100]


def test_a_lacking_predictor_is_told(wave):
    done = adoption(Wave.of(wave.answers.drop(columns="SEC01"), name="short"), "BREEDTE")
    assert done.dropped == ("services", "retail")
    assert len(done.coefficients) == 5


def test_a_predictor_that_few_answered_is_dropped_and_not_the_respondents(wave):
    answers = wave.answers.copy()
    answers.loc[answers.index[:200], "CUL03"] = -9
    done = adoption(Wave.of(answers, name="silent"), draws=2)
    assert done.dropped == ("culture",)
    assert done.n == 312


def test_labels_name_the_class(wave):
    done = adoption(wave, "BREEDTE", lang="nl")
    assert done.coefficients["label"].tolist()[:2] == ["Bedrijfsomvang: 2–9", "Bedrijfsomvang: 10–49, 50–249"]


def test_refusals(wave):
    with pytest.raises(OptionError, match="response must be"):
        adoption(wave, "MOT_M")
    with pytest.raises(WaveError, match="everyone gives the same answer on USER"):
        adoption(Wave.of(wave.answers[wave.users], name="users"))
    with pytest.raises(WaveError, match="too few for a regression"):
        adoption(Wave.of(wave.answers.iloc[:10], name="ten"))


def test_selection_compares_users_with_all(wave):
    found = selection(wave).set_index("variable")
    assert found.loc["OMG_M", "ratio"] < 1
    assert found.loc["OMG_M", "d"] > 0.5
    assert found.loc["TOE_M", ["n_users", "n_others"]].tolist() == [256, 58]
    users = wave.frame(["OMG_M"])[wave.users]["OMG_M"]
    assert found.loc["OMG_M", "sd_users"] == pytest.approx(users.std())
