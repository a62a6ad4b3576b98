import numpy as np
import pandas as pd
import pytest

from mkb21sem.survey import published
from mkb21sem.survey.wave import Wave


def drawn(codebook, n_users=256, n_nonusers=58):
    """A wave of the published size with arbitrary answers: one in three gives the first code."""
    n = n_users + n_nonusers
    user = np.arange(n) < n_users
    columns = {}
    for place, item in enumerate(codebook.items):
        given = np.array([item.codes[(row * (place + 1)) % len(item.codes)] for row in range(n)])
        asked = {"all": user | ~user, "users": user, "nonusers": ~user}[item.asked]
        columns[item.id] = np.where(asked, given, -7)
    for item in codebook.battery("GEB"):
        columns[item.id] = np.where(user, columns[item.id], 1)
    columns["GEB02"] = np.where(user, 3, 1)
    columns["MKT01"] = np.ones(n, dtype=int)
    return pd.DataFrame(columns)


def row(comparison, no, part=""):
    return comparison[(comparison["no"] == no) & (comparison["part"] == part)].iloc[0]


def test_twenty_five_figures_each_with_place_base_and_sentence():
    figures = published.figures()
    assert {figure.no for figure in figures} == set(range(1, 26))
    assert len({(figure.no, figure.part) for figure in figures}) == len(figures)
    for figure in figures:
        assert figure.kind in published.STATISTICS
        assert figure.figure.startswith("A:")
        assert figure.base_n in {58, 256, 312, 314}
        assert figure.sentence
        assert figure.indicator("nl")
        assert figure.indicator("en")
    assert all("fig1-model" not in figure.figure for figure in figures)


def test_the_items_and_codes_exist(codebook):
    for figure in published.figures():
        for id in (*figure.items, *figure.against):
            assert id in codebook
            assert set(figure.codes) <= set(codebook[id].codes)


def test_feasible_counts_follow_from_rounding():
    """The counts (for means: sums) at the published base are exactly those whose share rounds as printed."""
    checked = 0
    for figure in published.figures():
        if "-" not in figure.counts:
            continue
        unit = 1 / figure.base_n if figure.kind == "mean" else 100 / figure.base_n
        most = 5 * figure.base_n if figure.kind == "mean" else figure.base_n
        inside = [count for count in range(most + 1) if count * unit in figure.interval]
        assert figure.counts == f"{inside[0]}-{inside[-1]}", figure
        checked += 1
    assert checked > 30


def test_the_figures_hang_together():
    by_no = {(figure.no, figure.part): figure for figure in published.figures()}
    assert by_no[15, ""].counts == "26-26"
    both = set(range(30, 59)) & set(range(30, 33))
    assert by_no[14, "a"].counts == "30-58"
    assert by_no[14, "b"].counts == f"{min(both)}-{max(both)}"
    assert 100 * 256 / 314 in by_no[25, ""].interval


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("[61.5, 62.5)", [61.5, 62.4999], [61.4999, 62.5]),
        ("(50, 55)", [50.001, 54.9], [50, 55]),
        ("(-inf, 0)", [-1e9, -1e-9], [0, 1]),
        ("[314, 314]", [314], [313, 315]),
    ],
)
def test_intervals(text, inside, outside):
    interval = published.Interval(text)
    assert all(value in interval for value in inside)
    assert not any(value in interval for value in outside)


def test_compare_computes_every_kind(codebook):
    answers = drawn(codebook)
    answers.loc[: 193 - 1, "REG01"] = 4
    answers.loc[193:, "REG01"] = 1
    answers.loc[312:, "REG01"] = -9
    answers["NIE02"] = [-7] * 256 + [1] * 26 + [0] * 32
    answers["MAA01"] = [1] * 157 + [3] * 49 + [5] * 50 + [-7] * 58
    answers["MOT01"], answers["ERV01"] = [[code] * 256 + [-7] * 58 for code in (5, 4)]
    comparison = published.compare(Wave.of(answers), lang="en")
    assert row(comparison, 1)["verdict"] == row(comparison, 3)["verdict"] == row(comparison, 4)["verdict"] == "agrees"
    assert row(comparison, 2)["value"] == 312
    assert row(comparison, 5)[["value", "n", "verdict"]].tolist() == [pytest.approx(19300 / 312), 312, "agrees"]
    assert row(comparison, 15)[["value", "n", "verdict"]].tolist() == [pytest.approx(2600 / 58), 58, "agrees"]
    assert row(comparison, 17, "a")["value"] == pytest.approx((157 + 147 + 250) / 256)
    assert row(comparison, 18, "b")["value"] >= 100 * 50 / 256
    assert row(comparison, 25)["value"] == pytest.approx(100 * 256 / 314)
    users = answers[answers["MOT01"] > 0]
    gaps = [users[f"ERV{i:02d}"].mean() - users[f"MOT{i:02d}"].mean() for i in range(1, 13)]
    assert row(comparison, 22)["value"] == pytest.approx(max(gaps))
    others = users[[f"MOT{i:02d}" for i in (3, *range(5, 13))]].mean().max()
    assert row(comparison, 21, "a")["value"] == pytest.approx(users[["MOT01", "MOT02", "MOT04"]].mean().min() - others)
    rep = users[[f"REP{i:02d}" for i in range(1, 6)]]
    cov = rep.cov().to_numpy()
    assert row(comparison, 23)["value"] == pytest.approx(5 / 4 * (1 - np.trace(cov) / cov.sum()))
    assert row(comparison, 24)["value"] == pytest.approx(rep.to_numpy().mean())
    assert row(comparison, 11, "b")[["value", "verdict"]].tolist() == [pytest.approx(25600 / 314), "differs"]
    assert "not in (50, 55)" in row(comparison, 11, "b")["reason"]


def test_the_manager_named_most_often(codebook):
    answers = drawn(codebook)
    for place, named in enumerate((160, 100, 161, 0, 3), start=1):
        answers[f"SMB{place:02d}"] = (np.arange(314) < named).astype(int)
    comparison = published.compare(Wave.of(answers))
    assert row(comparison, 10, "a")["verdict"] == "agrees"
    assert row(comparison, 10, "b")["verdict"] == "differs"
    assert row(comparison, 10, "b")["value"] == pytest.approx(-100 / 314)
    assert published.by_number(comparison)[10] == "differs"


def test_what_a_wave_lacks_is_not_computable(codebook):
    answers = drawn(codebook).drop(columns=["GEB04", "REP03"]).assign(REG01=-9)
    answers[["REP01", "REP02", "REP04", "REP05"]] = answers[["REP01", "REP02", "REP04", "REP05"]].clip(upper=3)
    comparison = published.compare(Wave.of(answers))
    assert row(comparison, 12)[["verdict", "reason"]].tolist() == ["not computable", "the wave has no GEB04"]
    assert row(comparison, 23)["reason"] == "the wave has no REP03"
    assert row(comparison, 5)["verdict"] == "not computable"
    assert "valid" in row(comparison, 5)["reason"]
    assert published.by_number(comparison)[12] == "not computable"
    assert len(published.by_number(comparison)) == 25


def test_alpha_of_answers_that_do_not_vary_is_not_computable(codebook):
    answers = drawn(codebook)
    for item in codebook.battery("REP"):
        answers[item.id] = [3] * 256 + [-7] * 58
    comparison = published.compare(Wave.of(answers))
    assert row(comparison, 23)["verdict"] == "not computable"
    assert "vary" in row(comparison, 23)["reason"]
    assert row(comparison, 24)["value"] == 3


def test_belgian_figures_with_their_two_traps():
    benchmarks = {(each.variable, each.size_code, each.year): each for each in published.belgium()}
    assert [benchmarks["EU_SNET", size, 2021].value for size in (2, 3, 4)] == [54.6, 72.2, 80.1]
    assert [benchmarks["EU_CNTSHR", size, 2021].value for size in (2, 3, 4)] == [26.9, 41.1, 48.6]
    assert "social networks" in benchmarks["EU_SNET", 2, 2021].trap
    any_medium = benchmarks["EU_ANY", 4, 2021]
    assert any_medium.value == 80
    assert any_medium.interval is not None
    assert any_medium.interval.low == 80.1
    assert "impossible" in any_medium.trap
    assert benchmarks["EU_ANY", 3, 2021].value is None
    assert all(each.size_code != 1 for each in benchmarks.values())
    assert all("two or more employees" in each.population and each.sentence for each in benchmarks.values())
