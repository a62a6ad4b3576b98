"""The committed calibration of the comparison of waves: its page is that of its table, and the claims hold in it."""

import pandas as pd
import pytest
from scipy.stats import binom, norm

from benchmarks.wave_calibration import CONSTRUCTS, HERE, SPEC, one
from benchmarks.wave_page import ITEMS, page
from mkb21sem.survey.synthetic_waves import YEARS, planted, true_means


@pytest.fixture(scope="module")
def table():
    """A line a seed, ladder and arm."""
    return pd.read_csv(HERE / "wave_calibration.csv").assign(released=lambda t: t["released"].fillna(""))


def test_the_page_is_written_from_the_table():
    assert (HERE / "wave_calibration.md").read_text(encoding="utf-8") == page(HERE / "wave_calibration.csv")


def test_planted_items_are_found_and_others_left_alone(table):
    assert table["seed"].nunique() == 200
    assert table["error"].isna().all()
    places = {f"{item}@{year}" for item, year in planted()}
    for _, part in table[table["planted"]].groupby("ladder"):
        released = [set(text.split()) for text in part["released"]]
        for place in places:
            assert sum(place in each for each in released) >= 0.9 * len(part)
        for year in YEARS:
            unchanged = ITEMS - sum(place.endswith(f"@{year}") for place in places)
            falsely = sum(place.endswith(f"@{year}") for each in released for place in each - places)
            assert falsely <= 0.05 * unchanged * len(part)


def test_drift_is_covered_at_the_nominal_rate(table):
    truth, z = true_means(), norm.isf(0.025)
    low, high = binom.interval(0.99, 200, 0.95)
    for _, part in table[table["planted"]].groupby("ladder"):
        for name in CONSTRUCTS:
            for year in YEARS[1:]:
                gap = (part[f"mean_{name}_{year}"] - truth.loc[name, year]).abs()
                assert low <= (gap < z * part[f"se_{name}_{year}"]).sum() <= high, (name, year)


def test_without_anything_planted_rungs_are_rejected_at_the_nominal_rate(table):
    low, high = binom.interval(0.99, 200, 0.05)
    for _, part in table[~table["planted"]].groupby("ladder"):
        rungs = [name for name in part if name.startswith("p_") and part[name].notna().all()]
        assert len(rungs) >= 3
        for name in rungs:
            assert low <= (part[name] < 0.05).sum() <= high, name


@pytest.mark.parametrize("ordinal", [False, True])
def test_a_seed_gives_its_line_again(table, ordinal):
    assert "CUL =~" in SPEC
    ladder = "ordinal" if ordinal else "continuous"
    line = table[(table["seed"] == 3000) & (table["ladder"] == ladder) & table["planted"]].iloc[0]
    again = one(3000, int(line["n"]), ordinal, True)
    assert again["released"] == line["released"]
    assert again["mean_OMG_2016"] == pytest.approx(line["mean_OMG_2016"], abs=1e-5)
