"""The whitepaper's figures for any wave."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from mkb21sem.describe import intervals
from mkb21sem.describe.monitor import AGREES, agreement, as_number, monitor
from mkb21sem.errors import OptionError
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.published import figures
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


@pytest.fixture(scope="module")
def shown(wave):
    return monitor(wave, "nl")


def of(frame, figure, kind):
    return frame[(frame["figure"] == figure) & (frame["kind"] == kind)].set_index("item")


def changed_codebook(**labels):
    """The MKB21 codebook with other media: id → Dutch label."""
    items = [
        dataclasses.replace(item, label_nl=labels[item.id], label_en=labels[item.id]) if item.id in labels else item
        for item in Codebook.read().items
    ]
    return Codebook(tuple(items), source="changed")


def test_every_published_figure_stands_beside_the_wave_and_agrees(shown):
    published = shown[shown["no"] > 0]
    assert sorted(published["no"].astype(str) + published["part"]) == sorted(f"{f.no}{f.part}" for f in figures())
    assert set(published["verdict"]) == {AGREES}
    assert len(agreement(shown)) == 25
    assert (agreement(shown) == AGREES).all()
    assert set(published["published_base"]) == {58, 256, 312, 314}


def test_all_thirteen_figures_have_their_base(shown):
    bases = {1: 312, 2: 312, 3: 312, 4: 312, 5: 314, 6: 314, 7: 314, 8: 314, 9: 58, 10: 256, 11: 256, 12: 256, 13: 256}
    for figure, base in bases.items():
        mine = shown[(shown["figure"] == figure) & shown["kind"].isin(["level", "ticked", "mean"])]
        assert set(mine["base"]) == {base}, figure


def test_active_is_not_weekly(shown):
    active, weekly = of(shown, 7, "active"), of(shown, 7, "weekly")
    assert active.loc["GEB01", "value"] > weekly.loc["GEB01", "value"] + 20
    assert active.loc["GEB04", "printed"] == "1%"
    assert weekly.loc["GEB04", "printed"] == ""


def test_figure_ten_has_both_senses(shown):
    without, mean = of(shown, 10, "without"), of(shown, 10, "mean")
    assert without.loc["MAA05", "value"] == pytest.approx(72.65625)
    assert mean.loc["MAA05", "value"] == pytest.approx(1.89453125)
    assert without.loc["MAA05", "value"] > without.loc["MAA01", "value"]
    assert mean.loc["MAA05", "value"] < mean.loc["MAA01", "value"]


def test_shares_of_all_answers_add_up(shown):
    levels = shown[shown["kind"] == "level"]
    np.testing.assert_allclose(levels.groupby("item")["value"].sum(), 100)
    assert (levels["count"] / levels["base"] * 100).sub(levels["value"]).abs().max() < 1e-9


def test_intervals_hold_their_value(shown):
    given = shown[shown["low"].notna()]
    assert ((given["low"] <= given["value"]) & (given["value"] <= given["high"])).all()
    assert given.loc[given["unit"] == "percent", "low"].min() >= 0
    assert given.loc[given["unit"] == "percent", "high"].max() <= 100


def test_labels_follow_the_language(wave, shown):
    english = monitor(wave, "en")
    assert "Groningen" in set(english["level"])
    assert of(english, 5, "level").iloc[0]["level"] == "director/owner"
    assert of(shown, 5, "level").iloc[0]["level"] == "directeur/eigenaar"
    numbers = ["value", "low", "high", "base"]
    pd.testing.assert_frame_equal(english[numbers], shown[numbers])


def test_a_question_that_is_lacking_has_no_value_but_its_published_figure_stays(wave):
    answers = wave.answers.drop(columns=["WIJ01", "NIE02"])
    frame = monitor(Wave.of(answers, name="short"))
    assert frame.loc[frame["item"] == "WIJ01", "value"].isna().all()
    row = frame[(frame["no"] == 19) & (frame["part"] == "a")].iloc[0]
    assert row["verdict"] == "not computable"
    assert "WIJ01" in row["reason"]
    assert agreement(frame)[15] == "not computable"


def test_another_medium_under_the_same_name_is_not_compared(wave):
    other = Wave.of(wave.answers, changed_codebook(GEB04="Hoe vaak zet u in: Instagram"), name="2014")
    frame = monitor(other)
    row = frame[frame["no"] == 12].iloc[0]
    assert (row["label"], row["verdict"]) == ("Instagram", "not computable")
    assert "not the question of 2012" in row["reason"]
    assert agreement(frame)[11] == AGREES


def test_other_answers_than_the_questionnaires_have_no_summed_shares(wave):
    items = [
        dataclasses.replace(
            item,
            codes=(1, 2, 3, 4, 5, 6),
            code_labels_nl=("a", "b", "c", "d", "e", "f"),
            code_labels_en=("a", "b", "c", "d", "e", "f"),
        )
        if item.battery == "TOE"
        else item
        for item in Codebook.read().items
    ]
    frame = monitor(Wave.of(wave.answers, Codebook(tuple(items), source="six"), name="six"))
    assert not (frame["kind"] == "likely").any()
    assert ((frame["figure"] == 8) & (frame["kind"] == "level")).any()


def test_missing_answers_leave_the_base(wave):
    answers = wave.answers.copy()
    answers.loc[answers.index[:10], "ORG01"] = -9
    frame = of(monitor(Wave.of(answers, name="holes")), 5, "level")
    assert set(frame["base"]) == {304}


def test_equal_weights_change_nothing(wave):
    ones = pd.Series(1.0, index=wave.answers.index)
    frame = monitor(wave, weights=ones)
    both = frame[frame["weighted"].notna()]
    assert len(both) > 200
    np.testing.assert_allclose(both["weighted"], both["value"])
    np.testing.assert_allclose(both["weighted_low"], both["low"], atol=1e-8)
    np.testing.assert_allclose(both["effective_n"], both["base"])


def test_weights_must_fit(wave):
    with pytest.raises(OptionError, match="one weight for each of the 314 respondents"):
        monitor(wave, weights=pd.Series([1.0]))
    with pytest.raises(OptionError, match="positive"):
        monitor(wave, weights=pd.Series(0.0, index=wave.answers.index))


def test_bootstrap_intervals_of_means():
    x = np.array([1, 2, 2, 3, 3, 3, 4, 5, 5, np.nan] * 12)
    drawn, student = intervals.mean(x, "bootstrap"), intervals.mean(x)
    assert drawn.value == student.value
    assert drawn == intervals.mean(x, "bootstrap")
    assert abs(drawn.low - student.low) < 0.05
    with pytest.raises(OptionError, match="means must be"):
        intervals.mean(x, "normal")


@pytest.mark.parametrize(("x", "base"), [([], 0), ([np.nan], 0), ([3.0], 1), ([2.0, 2.0], 2)])
def test_a_mean_without_spread_has_no_limits(x, base):
    found = intervals.mean(np.array(x))
    assert found.base == base
    assert np.isnan(found.low)


@pytest.mark.parametrize(
    ("printed", "number"),
    [("62%", 62), ("2,28", 2.28), ("0,944", 0.944), ("314", 314), ("61-73%", None), ("top 3", None)],
)
def test_numbers_in_print(printed, number):
    assert as_number(printed) == number if number is not None else np.isnan(as_number(printed))
