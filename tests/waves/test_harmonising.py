"""Several waves as one: what is identical, recoded, missing or new, and what can be compared."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mkb21sem.errors import WaveError
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.synthetic_waves import changes, synthetic_waves
from mkb21sem.survey.wave import Wave
from mkb21sem.survey.waves import Waves


@pytest.fixture(scope="module")
def waves():
    """The shipped synthetic waves."""
    return synthetic_waves()


def status(waves, item, wave):
    """One line of the drift report."""
    lines = waves.drift[(waves.drift["item"] == item) & waves.drift["wave"].str.contains(str(wave))]
    return lines.iloc[0]


def changed(wave, item, **fields):
    """The wave with one question of its codebook changed."""
    items = tuple(replace(each, **fields) if each.id == item else each for each in wave.codebook.items)
    return replace(wave, codebook=Codebook(items), name="later")


def test_every_planted_renaming_and_medium_is_in_the_report(waves):
    for change in changes():
        if change.kind == "renamed":
            line = status(waves, change.name, change.wave)
            assert (line["here"], line["status"], line["comparable"]) == (change.value, "identical", True)
        if change.kind == "ended":
            assert status(waves, change.name, change.wave)["status"] == "missing"
        if change.kind == "came":
            assert status(waves, change.name, change.wave)["status"] == "new"
    assert waves.summary().to_numpy().sum() == len(waves.drift)
    assert waves.synthetic
    assert waves.times == (2012.0, 2014.0, 2016.0)


def test_a_renamed_item_comes_under_the_first_waves_name(waves):
    frame = waves.frame(["OMG04"])
    assert frame["wave"].drop_duplicates().tolist() == list(waves.names)
    last = waves.waves[2]
    assert "OMG04" in last.answers
    mine = frame.loc[frame["wave"] == last.name, "OMG04"]
    assert mine.notna().sum() == (last.answers["OMG04"] >= 0).sum() > 300


def test_use_is_carried_by_platform_class_where_media_differ(waves):
    assert waves.carried == ("INTENS", "TOE_M")
    frame = waves.frame(["INTENS", "CUL01"])
    wave = waves.waves[1]
    known = wave.answers.where(wave.answers >= 0)
    classes = {"SNET": [2, 3, 6], "BLOG": [1, 7], "CNTSHR": [5, 8, 11], "WIKI": [10]}
    tops = [known[[f"GEB{i:02d}" for i in media]].max(axis=1, skipna=False) for media in classes.values()]
    expected = np.mean(tops, axis=0)[wave.asked(["CUL01"]).to_numpy()]
    np.testing.assert_allclose(frame.loc[frame["wave"] == wave.name, "INTENS"], expected)
    assert any("platform classes" in remark for remark in waves.remarks)


def test_codes_with_the_same_answers_are_recoded(waves):
    first = waves.waves[0]
    later = changed(first, "CUL01", codes=(0, 1, 2, 3, 4))
    later = replace(
        later, answers=first.answers.assign(CUL01=first.answers["CUL01"].map(lambda x: x - 1 if x > 0 else x))
    )
    both = Waves.of([first, later])
    line = status(both, "CUL01", "later")
    assert (line["status"], line["comparable"]) == ("recoded", True)
    pd.testing.assert_series_equal(both.waves[1].answers["CUL01"], first.answers["CUL01"], check_dtype=False)


def test_another_scale_or_base_can_not_be_compared(waves):
    first = waves.waves[0]
    cases = {
        "3 answers (1–3) in place of 5": {
            "codes": (1, 2, 3),
            "code_labels_nl": ("a", "b", "c"),
            "code_labels_en": ("a", "b", "c"),
        },
        "the same codes stand for other answers": {"code_labels_nl": tuple("abcde"), "code_labels_en": tuple("abcde")},
        "asked of all, not of users": {"asked": "all"},
    }
    for what, fields in cases.items():
        both = Waves.of([first, changed(first, "REP01", **fields)])
        line = status(both, "REP01", "later")
        assert (line["status"], line["comparable"]) == ("recoded", False)
        assert what in line["what"]
        assert both.without("REP01") == ("later",)
        assert both.without("REP_M") == ("later",)
        with pytest.raises(WaveError, match="`REP01` can't be compared: later"):
            both.frame(["REP01"])


def test_a_medium_under_an_old_id_is_another_question(waves):
    first = waves.waves[0]
    later = changed(first, "GEB04", label_nl="Hoe vaak zet u in: Instagram")
    line = status(Waves.of([first, later]), "GEB04", "later")
    assert line["status"] == "missing"
    assert "Instagram" in line["what"]


def test_files_with_a_mapping(waves, tmp_path):
    answers = waves.waves[0].answers.reset_index()
    answers.to_csv(tmp_path / "a2012.csv", index=False)
    answers.rename(columns={"CUL01": "CUL91"}).to_csv(tmp_path / "b2014.csv", index=False)
    items = [replace(i, id="CUL91") if i.id == "CUL01" else i for i in Codebook.read().items]
    book = Codebook(tuple(items))
    pd.DataFrame({"wave": ["b2014"], "item": ["CUL01"], "here": ["CUL91"]}).to_csv(tmp_path / "map.csv", index=False)
    both = Waves.read([tmp_path / "a2012.csv", tmp_path / "b2014.csv"], [None, book], tmp_path / "map.csv")
    assert (both.drift["status"] == "identical").all()
    assert both.times == (2012.0, 2014.0)
    without = Waves.read([tmp_path / "a2012.csv", tmp_path / "b2014.csv"], [None, book])
    assert set(without.drift.loc[without.drift["status"] != "identical", "item"]) == {"CUL01", "CUL91"}


BAD = {
    "no wave is called `w9`": ("w9", "CUL01", "CUL02"),
    "has no question `CUL99`": ("second", "CUL99", "CUL02"),
    "has no column `CUL99`": ("second", "CUL01", "CUL99"),
    "has a column `CUL01` as well as `CUL02`": ("second", "CUL01", "CUL02"),
}


@pytest.mark.parametrize("message", BAD)
def test_a_mapping_that_does_not_fit(waves, message):
    first = waves.waves[0]
    table = pd.DataFrame([BAD[message]], columns=["wave", "item", "here"])
    with pytest.raises(WaveError, match="mapping, row 2") as raised:
        Waves.of([first, replace(first, name="second")], table)
    assert message in str(raised.value)


def test_waves_that_can_not_be_told_apart(waves):
    first = waves.waves[0]
    with pytest.raises(WaveError, match="at least two"):
        Waves.of([first])
    with pytest.raises(WaveError, match="two waves are called"):
        Waves.of([first, first])
    with pytest.raises(WaveError, match="names: 1 given for 2 wave files"):
        Waves.read(["a.csv", "b.csv"], names=["a"])


def test_a_seed_draws_all_waves_and_its_questions_are_valid():
    drawn = synthetic_waves(4, 80)
    assert all(wave.n == 80 for wave in drawn.waves)
    for wave in drawn.waves:
        again = Wave.of(wave.answers, wave.codebook, wave.name)
        assert again.n == 80
    assert not drawn.waves[0].answers.equals(synthetic_waves(5, 80).waves[0].answers)
