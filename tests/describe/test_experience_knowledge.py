"""Motive against experience; the signs of knowledge."""

import numpy as np
import pandas as pd
import pytest

from mkb21sem.describe.experience import claim, effect, experience, paired, wilcoxon
from mkb21sem.describe.knowledge import index, knowledge
from mkb21sem.errors import WaveError
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


def test_in_all_cases_lower(wave):
    found = claim(experience(wave))
    assert (found.below, found.holds_here, found.holds) == (12, True, True)
    assert found.p == pytest.approx(experience(wave)["p"].max() / 2)


def test_one_goal_that_does_not_lag_behind_takes_the_claim_away(wave):
    answers = wave.answers.copy()
    asked = answers["MOT11"] >= 0
    answers.loc[asked, "ERV11"] = answers.loc[asked, "MOT11"].where(answers.loc[asked, "MOT11"] > 2, 2)
    found = claim(experience(Wave.of(answers, name="other")))
    assert (found.below, found.holds_here, found.holds) == (11, False, False)
    assert found.p > 0.5


def test_uncertain_differences_are_not_claimed(wave):
    few = Wave.of(wave.answers.loc[wave.users].iloc[:30], name="thirty")
    found = claim(experience(few))
    assert not found.holds
    assert found.certain < 12


def test_pairs_need_both_answers(wave):
    answers = wave.answers.copy()
    answers.loc[answers.index[wave.users][:6], "ERV01"] = -9
    assert experience(Wave.of(answers, name="holes"))["n"].tolist() == [250, *[256] * 11]


def test_without_goals():
    with pytest.raises(WaveError, match="no goal with both a motive"):
        experience(Wave.of(synthetic_wave().answers[["GEB01", "GEB02"]], name="bare"))


def test_differences_that_do_not_vary():
    same = np.full(5, -1.0)
    assert np.isnan(paired(same)["p"])
    assert np.isnan(effect(same)["d"])
    assert np.isnan(wilcoxon(np.zeros(4))[1])
    assert paired(same)["difference"] == -1


def test_effect_turns_with_the_sign():
    gap = np.array([-1.0, -2, 0, 1, -3, -1, 0, -2])
    there, back = effect(gap), effect(-gap)
    assert there["hedges_low"] == pytest.approx(-back["hedges_high"])
    assert there["hedges_low"] < there["hedges"] < there["hedges_high"]
    assert abs(there["hedges"]) < abs(there["d"])


def test_signs_of_knowledge(wave):
    found = knowledge(wave).set_index("sign")
    assert found.loc["able", "count"] == 314 - 31
    assert found.loc["plan", ["count", "base"]].tolist() == [36, 256]
    assert found.loc["regular", "base"] == 314


def test_the_index_counts_the_signs_of_users(wave):
    given = index(wave)
    assert given.notna().sum() == 256
    assert given.dropna().between(0, 5).all()
    users = wave.answers[wave.users]
    by_hand = (
        (users[["GEB01", "GEB02", "GEB03"]] >= 3).any(axis=1).astype(int)
        + 1
        + (users["MAA04"] >= 4)
        + (users[["WIJ04", "WIJ05", "WIJ06"]].mean(axis=1) > 3)
        + (users[["MOT03", "MOT07", "MOT08", "MOT09"]].mean(axis=1) > 3)
    )
    pd.testing.assert_series_equal(given[wave.users], by_hand.astype(float), check_names=False)


def test_signs_whose_questions_are_lacking_have_no_base(wave):
    found = knowledge(Wave.of(wave.answers.drop(columns="MAA04"), name="short")).set_index("sign")
    assert found.loc["plan", "base"] == 0
    assert np.isnan(found.loc["plan", "value"])
