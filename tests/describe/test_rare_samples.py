"""Samples that seldom come by: nobody asked, everyone alike, predictors that separate, lines that contradict."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from scipy.special import expit

from mkb21sem.describe import firth as penalised
from mkb21sem.describe import intervals
from mkb21sem.describe.adoption import adoption, selection
from mkb21sem.describe.benchmark import by_size, read_official
from mkb21sem.describe.discrimination import discrimination
from mkb21sem.describe.experience import holm
from mkb21sem.describe.logistic import logit
from mkb21sem.describe.outline import lines, same_question
from mkb21sem.describe.population import Target, read_population
from mkb21sem.describe.proportional import brant
from mkb21sem.describe.suppression import Statement, feasible
from mkb21sem.describe.trend import trend
from mkb21sem.describe.weights import rake
from mkb21sem.errors import OptionError, WaveError
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave

ONES = np.ones(40)
RISING = np.linspace(-1, 1, 40)


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


def changed(wave, **columns):
    """The wave with answers replaced."""
    return Wave.of(wave.answers.assign(**columns), name="changed")


def test_users_alone_can_not_be_compared_with_others(wave):
    found = selection(Wave.of(wave.answers[wave.users], name="users"))
    assert found.empty
    assert list(found)[:4] == ["variable", "label", "n_users", "n_others"]


@pytest.mark.parametrize("n", [30, 256])
def test_an_ordinal_regression_of_answers_that_a_predictor_separates_is_refused(wave, n):
    """All who use a medium daily sell to consumers, and nobody else does: the odds ratio has no end."""
    others = ["SEC01", "OMV01", *(item.id for letters in ("CUL", "OMG") for item in wave.codebook.battery(letters))]
    daily = (wave.derived().loc[wave.users, "INTENS_MAX"] > 4).astype(int)
    answers = wave.answers[wave.users].drop(columns=others).assign(MKT01=1, MKT02=daily)
    with pytest.raises(WaveError, match="the ordinal regression of INTENS_MAX found no maximum: "):
        adoption(Wave.of(answers.iloc[:n], name="separated"), "INTENS_MAX")


def test_size_classes_need_size_and_the_type_of_medium(wave):
    assert by_size(Wave.of(wave.answers.drop(columns="OMV01"), name="short")).empty
    without = by_size(Wave.of(wave.answers.drop(columns="GEB10"), name="no wiki"))
    assert "EU_WIKI" not in set(without["variable"])
    assert set(by_size(wave)["variable"]) - set(without["variable"]) >= {"EU_WIKI"}


@pytest.mark.parametrize("read", [read_official, read_population])
def test_a_file_whose_rows_do_not_fit_names_the_row(tmp_path, read):
    (tmp_path / "own.csv").write_text("variable,codes,count\nOMV01,1,5\nOMV01,2\n")
    with pytest.raises(WaveError, match=r"own\.csv, row 3: 2 cells"):
        read(tmp_path / "own.csv")


def test_draws_in_which_all_are_alike_are_counted():
    y = np.zeros(40)
    y[[5, 30]] = 1
    x = np.column_stack([ONES, RISING])

    def refit(rows, outcomes):
        beta = penalised.firth(rows, outcomes).beta
        return lambda at: expit(at @ beta)

    judged = discrimination(x, y, refit(x, y)(x), refit, seed=1, draws=40)
    assert judged.draws + judged.failed == 40
    assert 0 < judged.failed < 20


def test_p_values_that_do_not_exist_stay_so():
    assert np.isnan(holm(pd.Series([np.nan, np.nan]))).all()
    assert holm(pd.Series([np.nan, 0.01, 0.04])).tolist()[1:] == [0.02, 0.04]


def test_a_penalised_regression_stops_after_its_steps(monkeypatch):
    monkeypatch.setattr(penalised, "STEPS", 1)
    with pytest.raises(WaveError, match="the penalised logistic regression found no maximum"):
        penalised.firth(np.column_stack([ONES, RISING]), (RISING > 0).astype(float))


def test_certain_predictions_are_never_a_maximum():
    x, y = np.column_stack([ONES, RISING]), (RISING > 0).astype(float)
    assert penalised.penalised_loglik(x, y, np.array([2000.0, 0.0])) == -math.inf


def test_a_step_downhill_at_any_length_is_not_taken():
    x, y = np.column_stack([ONES, RISING]), np.tile([0.0, 1.0], 20)
    best = penalised.firth(x, y)
    free, step = np.array([0, 1]), np.array([0.0, 1e3])
    moved = penalised._uphill(x, y, best.beta, free, step, best.loglik + 1.0)
    assert moved == (pytest.approx(best.beta), best.loglik + 1.0, 0.0)


@pytest.mark.parametrize("answers", [[[1.0, 2], [np.nan, 3]], [[1.0], [2], [3]], [[1.0, 3], [2, 2], [3, 1]]])
def test_no_alpha_of_one_row_one_question_or_equal_sums(answers):
    found = intervals.alpha(np.array(answers))
    assert math.isnan(found.value)
    assert found.base == np.isfinite(answers).all(axis=1).sum()


def test_weighted_numbers_of_nobody_and_of_one():
    nobody, size = intervals.weighted(np.array([np.nan]), np.array([1.0]), percent=False)
    assert (math.isnan(nobody.value), nobody.base, size) == (True, 0, 0.0)
    one, size = intervals.weighted(np.array([4.0, np.nan]), np.array([2.0, 1.0]), percent=False)
    assert (one.value, one.base, size) == (4.0, 1, 1.0)
    assert math.isnan(one.low)


def test_a_logit_of_predictors_that_follow_from_each_other_has_no_maximum():
    assert logit(np.column_stack([ONES, RISING, RISING]), np.tile([0.0, 1.0], 20)) is None


def test_a_question_of_ones_own_is_not_that_of_the_questionnaire(wave):
    own = Codebook((replace(wave.codebook["ORG01"], id="EIG01"),))
    assert not same_question(own, "EIG01")
    assert not same_question(own, "ORG01")
    assert same_question(wave.codebook, "ORG01")


def test_figures_leave_out_what_a_questionnaire_lacks():
    book = Codebook.read()
    assert [line.block.kind for line in lines(Codebook(book.battery("REP")[:1]))] == ["mean"]
    kinds = [line.block.kind for line in lines(Codebook((*book.battery("ERV"), book["MOT01"])))]
    assert (kinds.count("difference"), kinds.count("mean")) == (1, len(book.battery("ERV")) + 1)


def test_population_counts_in_a_workbook(tmp_path, wave):
    table = pd.DataFrame({"variable": ["OMV01"] * 3, "codes": [1, 2, "3 4"], "count": [77, 18.5, 5], "source": None})
    table.to_excel(tmp_path / "population.xlsx", index=False)
    found = read_population(tmp_path / "population.xlsx")
    assert [(each.codes, each.count, each.source) for each in found] == [
        ((1,), 77.0, ""),
        ((2,), 18.5, ""),
        ((3, 4), 5.0, ""),
    ]


def test_a_blank_count_in_an_spss_file_is_no_number(tmp_path):
    table = pd.DataFrame({"variable": ["OMV01", "OMV01"], "codes": [1.0, 2.0], "count": [77.0, np.nan]})
    pyreadstat.write_sav(table, tmp_path / "population.sav")
    with pytest.raises(OptionError, match=r"row 2: codes must be whole numbers .* 'codes': '2', 'count': ''"):
        read_population(tmp_path / "population.sav")


def test_what_can_not_be_weighted_to(wave):
    with pytest.raises(OptionError, match="the population file has no lines; it needs one for each class of firms"):
        rake(wave, [])
    few = Codebook(tuple(replace(i, asked="users") if i.id == "SEC01" else i for i in wave.codebook.items))
    with pytest.raises(OptionError, match="population of SEC01: not asked of everyone"):
        rake(replace(wave, codebook=few), [Target("SEC01", (1,), 1)])
    with pytest.raises(WaveError, match="changed: no respondent answered all of OMV01"):
        rake(changed(wave, OMV01=-9), [Target("OMV01", (1, 2, 3, 4), 1)])


def test_weights_say_how_far_they_reach(wave):
    done = rake(wave, [Target("OMV01", (1,), 77), Target("OMV01", (2,), 18), Target("OMV01", (3, 4), 5)], None)
    low, high, n = done.values.min(), done.values.max(), len(done.values)
    assert str(done) == (
        f"weights {low:.2f} to {high:.2f}, design effect {done.design_effect:.2f}, "
        f"effective n {done.effective_n:.0f} of {n}"
    )


def test_parallel_slopes_are_not_tested_on_few_or_separated_answers():
    x = RISING[:, None]
    few = brant(x, np.repeat([1.0, 2.0], [2, 38]))
    assert (few.df, few.cuts) == (0, ())
    split = brant(np.tile(x, (10, 1)), np.tile(np.repeat([1.0, 2, 3], [13, 13, 14]), 10))
    assert (split.df, split.cuts) == (0, (1.0, 2.0))
    assert math.isnan(split.p)


def test_what_nothing_bounds_and_what_contradicts_itself_can_be_anything():
    small, other = Statement((1.0, 0.0), 3.0, 0, True), Statement((0.0, 1.0), 40.0, 1)
    assert feasible([small, other], {0}, small) == (1.0, math.inf)
    contradiction = [Statement((1.0, 1.0), 50.0), Statement((1.0, 1.0), 51.0)]
    assert feasible([small, other, *contradiction], {0, 1}, small) == (-math.inf, math.inf)


def test_waves_without_a_common_question_have_no_change(wave):
    parts = [Codebook(wave.codebook.battery(letters)) for letters in ("CUL", "OMG")]
    waves = [Wave.of(wave.answers[list(book)], book, name=book.items[0].id) for book in parts]
    found = trend(waves).changes
    assert found["kind"].tolist() == ["user_share"]
    assert found[["difference", "p", "p_holm"]].isna().all(axis=None)


def test_changes_that_can_not_be_tested(wave):
    users = wave.users
    alike = wave.answers["MAA01"].where(~users, 4)
    one = changed(wave, MKT01=1, MAA01=alike, ORG01=wave.answers["ORG01"].where(~users, 1))
    other = replace(changed(wave, MKT01=1, MAA01=alike, MKT02=-9), name="later")
    found = trend([one, other]).changes.set_index("label")
    both = found.loc[wave.codebook["MKT01"].topic("en")]
    assert (both["difference"], both["test"], math.isnan(both["p"])) == (0.0, "", True)
    assert both["low"] < 0 < both["high"]
    nobody = found.loc[wave.codebook["MKT02"].topic("en")]
    assert math.isnan(nobody["difference"])
    measure = found.loc[wave.codebook["MAA01"].topic("en")].query("kind == 'mean'").iloc[0]
    assert (measure["difference"], measure["test"], math.isnan(measure["low"])) == (0.0, "", True)
