"""Indicators over waves; a wave beside official statistics."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from mkb21sem.describe.benchmark import COLUMNS, benchmark, by_size, official, read_official
from mkb21sem.describe.trend import trend
from mkb21sem.errors import OptionError, WaveError
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.synthetic import draw_answers, synthetic_wave
from mkb21sem.survey.wave import Wave


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


@pytest.fixture(scope="module")
def later():
    """A wave with Instagram in the place of Hyves, used by all who use Facebook."""
    answers = draw_answers(14)
    answers["GEB04"] = answers["GEB02"]
    label = "Hoe vaak zet u in: Instagram"
    items = [
        dataclasses.replace(item, label_nl=label, label_en=label) if item.id == "GEB04" else item
        for item in Codebook.read().items
    ]
    return Wave.of(answers, Codebook(tuple(items), source="2014"), name="2014", synthetic=True)


def test_the_same_wave_twice_has_not_changed(wave):
    again = Wave.of(wave.answers, name="again")
    found = trend([wave, again])
    assert (found.changes["difference"].dropna() == 0).all()
    assert (found.changes["p"].dropna() > 0.999).all()
    assert found.values.groupby("indicator")["value"].nunique(dropna=False).max() == 1


def test_media_come_and_go_and_types_stay(wave, later):
    found = trend([wave, later])
    weekly = found.values[found.values["kind"] == "weekly"]
    assert weekly.loc[weekly["label"] == "Hyves", "wave"].tolist() == [wave.name]
    assert weekly.loc[weekly["label"] == "Instagram", "wave"].tolist() == ["2014"]
    assert "Instagram" not in set(found.changes["label"])
    assert (found.changes["kind"] == "class").sum() == 7


def test_change_is_last_minus_first(wave, later):
    found = trend([wave, later]).changes
    networks = found[found["label"] == "Social networks"].iloc[0]
    shares = [each.derived()["EU_SNET"].mean() for each in (wave, later)]
    assert networks["difference"] == pytest.approx(100 * (shares[1] - shares[0]))
    assert networks["low"] < networks["difference"] < networks["high"]


def test_a_real_change_survives_the_correction(wave):
    answers = wave.answers.copy()
    answers.loc[answers["REP01"] > 1, "REP01"] -= 1
    found = trend([wave, Wave.of(answers, name="worse")]).changes
    fallen = found[found["p_holm"] < 0.05]
    assert set(fallen["label"]) >= {"a good feeling about our organisation"}
    assert (fallen["difference"] < 0).all()
    assert (found["p_holm"].dropna() >= found.loc[found["p"].notna(), "p"]).all()


def test_a_trend_needs_two_waves_with_names_of_their_own(wave):
    with pytest.raises(OptionError, match="at least two waves"):
        trend([wave])
    with pytest.raises(OptionError, match="same name"):
        trend([wave, wave])


def test_official_figures_of_several_countries_and_years():
    found = official()
    assert {(each.country, each.year) for each in found} == {
        ("BE", 2019),
        ("BE", 2021),
        ("NL", 2013),
        ("NL", 2016),
        ("NL", 2021),
    }
    levels = {(e.country, e.year, e.variable, e.size_class): e.value for e in found}
    assert levels["NL", 2013, "EU_ANY", "10 or more"] == 50
    assert levels["NL", 2021, "EU_SNET", "2-9"] == 53
    assert np.isnan(levels["BE", 2021, "EU_BLOG", "medium (50-249)"])
    assert all(each.population and each.definition and each.evidence for each in found)


def test_one_person_firms_have_no_benchmark(wave):
    alone = benchmark(wave).query("size_codes == '1'")
    assert len(alone) == 7
    assert alone["official"].isna().all()
    assert set(alone["note"]) == {"no benchmark"}
    assert alone["base"].max() == 131


def test_difference_has_the_limits_of_this_side_alone(wave):
    row = benchmark(wave).query("country == 'NL' and year == 2021 and size_codes == '3'").iloc[0]
    assert row["difference"] == pytest.approx(row["value"] - 76)
    assert row["difference_low"] == pytest.approx(row["low"] - 76)
    assert row["base"] == 62


def test_multiples_and_words_have_no_difference(wave):
    found = benchmark(wave)
    for name, code in (("EU_BLOG", "4"), ("EU_WIKI", "4"), ("EU_ANY", "3")):
        belgian = found[(found["variable"] == name) & (found["size_codes"] == code) & (found["country"] == "BE")]
        assert belgian["difference"].isna().all()
        assert len(belgian) == 1


def test_rates_of_users_are_compared_with_users(wave):
    row = benchmark(wave).query("variable == 'EU_ONE' and size_codes == '4'").iloc[0]
    use = wave.derived()[wave.answers["OMV01"] == 4]
    assert row["base"] == int((use["EU_ANY"] == 1).sum())


def test_use_by_size(wave):
    found = by_size(wave).set_index(["variable", "size"])
    assert found.loc[("EU_ANY", 1), "value"] == pytest.approx(100 * 103 / 131)
    assert bool(found.loc[("EU_ANY", 1), "rising"])
    assert not found.loc[("EU_CNTSHR", 1), "rising"]


HEAD = ",".join(COLUMNS) + "\n"
GOOD = 'Eurostat,NL,2023,EU_ANY,2,2-9,"61,5%","61,5",61.45,61.55,percent of firms,firms,use,stated,\n'
BAD = {
    "source,year\na,2020\n": "no column country",
    HEAD + GOOD.replace("EU_ANY", "EU_FUN"): "row 2: variable `EU_FUN` is not one of",
    HEAD + GOOD.replace("percent of firms", "shares"): "unit must be",
    HEAD + GOOD.replace('"61,5",', "many,"): "value must be a number or empty; got `many`",
    HEAD + GOOD.replace('"61,5",', "161,"): "between 0 and 100",
    HEAD + GOOD.replace("2023", "last year"): "year and size_codes must be whole numbers",
    HEAD + GOOD.replace("Eurostat,", ","): "needs its source",
}


def test_a_file_of_ones_own(wave, tmp_path):
    file = tmp_path / "own.csv"
    file.write_text(HEAD + GOOD, encoding="utf-8")
    row = benchmark(wave, [file]).query("year == 2023").iloc[0]
    assert (row["source"], row["official"], row["base"]) == ("Eurostat", 61.5, 97)


@pytest.mark.parametrize(("text", "message"), BAD.items(), ids=range(len(BAD)))
def test_bad_files(tmp_path, text, message):
    file = tmp_path / "own.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(OptionError, match=message):
        read_official(file)


def test_without_size_there_is_no_benchmark(wave):
    with pytest.raises(WaveError, match="needs OMV01"):
        benchmark(Wave.of(wave.answers.drop(columns="OMV01"), name="short"))


def test_frames_are_in_order(wave):
    assert benchmark(wave)["variable"].drop_duplicates().tolist()[0] == "EU_ANY"
    assert isinstance(benchmark(wave).index, pd.RangeIndex)
