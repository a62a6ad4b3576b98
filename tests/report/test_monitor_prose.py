"""The monitor of a wave that lacks much, in both languages: what can't be computed is said with its cause."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mkb21sem.describe.adoption import adoption
from mkb21sem.describe.benchmark import by_size
from mkb21sem.describe.experience import claim, experience
from mkb21sem.describe.proportional import Proportional
from mkb21sem.report.monitor import monitor_prose as prose
from mkb21sem.report.monitor.monitor import every_section
from mkb21sem.report.monitor.monitor_study import describe
from mkb21sem.report.monitor.monitor_tables import bases_of
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.synthetic import draw_answers, synthetic_wave
from mkb21sem.survey.wave import Wave


@pytest.fixture(scope="module")
def bare():
    """Three questions, and nothing that needs more."""
    wave = Wave.of(draw_answers(5)[["respondent", "REG01", "GEB01", "GEB02"]], name="bare")
    return describe(wave, "en", lambda step: None)


@pytest.fixture(scope="module")
def full():
    """The synthetic wave with a regression of use on less than all predictors."""
    wave = synthetic_wave()
    own = describe(wave, "en", lambda step: None, only_figures=True)
    return replace(own, adoption={"USER": adoption(Wave.of(wave.answers.drop(columns="SEC01"), name="short"), draws=2)})


def said(part, of, lang="en"):
    return [str(each.striptags()) for each in part(of, Words(lang, of.wave.codebook.label))]


@pytest.mark.parametrize(("lang", "begin"), [("en", "Not computed: "), ("nl", "Niet berekend: ")])
def test_what_a_wave_can_not_give_is_said_with_its_cause(bare, lang, begin):
    for part in (prose.experience, prose.official):
        [sentence] = said(part, bare, lang)
        assert sentence.startswith(begin)
        assert "bare" in sentence
    [sentence] = said(prose.adoption, bare, lang)
    assert sentence.startswith({"en": "The adoption stage can’t be computed: ", "nl": "De adoptiefase is niet"}[lang])


def test_the_page_of_such_a_wave_has_no_empty_chart(bare):
    sections = {each["name"]: each for each in every_section(bare, Words("en", bare.wave.codebook.label))}
    assert not {"trend", "weights"} & set(sections)
    assert sections["official"]["parts"] == sections["official"]["sources"] == []
    assert sections["experience"]["parts"] == sections["adoption"]["parts"] == []
    assert sections["figures"]["parts"]


@pytest.mark.parametrize(("lang", "begin"), [("en", "In 5 of 6 goals"), ("nl", "Bij 5 van 6 doelen")])
def test_one_goal_that_is_reached_is_not_all_cases(full, lang, begin):
    answers = full.wave.answers.copy()
    asked = answers["MOT02"] > 0
    answers.loc[asked, ["MOT02", "ERV02"]] = [2, 4]
    of = replace(full, claim=claim(experience(Wave.of(answers, name="happy"))))
    n = len(of.claim.goals)
    assert of.claim.below == n - 1
    assert said(prose.experience, of, lang)[0].startswith(begin.replace("5", str(n - 1)).replace("6", str(n)))


def test_predictors_that_are_left_out_are_named(full):
    sentences = said(prose.adoption, full)
    [dropped] = [each for each in sentences if each.startswith("Not in the regression")]
    assert dropped.endswith(": Chamber of Commerce sector.")
    everyone = replace(full, adoption={"USER": replace(full.adoption["USER"], without=0, dropped=())})
    lost = set(sentences) - set(said(prose.adoption, everyone))
    assert lost == {dropped, "2 respondents are left out because an answer is missing."}


def test_a_regression_that_is_refused_says_why(full):
    cause = "the ordinal regression of BREEDTE found no maximum: a predictor separates the answers."
    assert f"Not computed: {cause}" in said(prose.adoption, replace(full, causes={"BREEDTE": cause}))
    assert not any("Not computed" in each for each in said(prose.adoption, full))


@pytest.mark.parametrize(
    ("p", "words"), [(math.nan, "can’t be tested: too few"), (0.2, "not contradicted"), (0.01, "is doubtful")]
)
def test_proportional_odds_are_judged_where_they_can_be(full, p, words):
    breadth = replace(full.adoption["USER"], proportional=Proportional(4.0, 3, p, (1.0, 2.0)), discrimination=None)
    of = replace(full, adoption={**full.adoption, "BREEDTE": breadth})
    told = set(said(prose.adoption, of)) - set(said(prose.adoption, full))
    assert len(told) == 1
    assert words in told.pop()


def test_predictions_that_were_not_judged_are_worth_nothing(full):
    of = replace(full, adoption={"USER": replace(full.adoption["USER"], discrimination=None)})
    lost = set(said(prose.adoption, full)) - set(said(prose.adoption, of))
    assert len(lost) == 1
    assert "(AUC; " in lost.pop()


@pytest.mark.parametrize(("rising", "kept", "lost"), [(True, "Rising", "Not rising"), (False, "Not rising", "Rising")])
def test_shapes_that_are_not_there_are_not_said(full, rising, kept, lost):
    of = replace(full, beside=pd.DataFrame(), sizes=by_size(full.wave).assign(rising=rising))
    sentences = said(prose.official, of)
    assert any(each.startswith(kept) for each in sentences)
    assert not any(each.startswith(lost) for each in sentences)


def test_a_questionnaire_that_was_not_lost_is_no_reconstruction(full):
    stated = Codebook(tuple(item for item in full.wave.codebook.items if item.evidence == "stated"), "2014")
    of = replace(full, wave=replace(full.wave, codebook=stated))
    assert any("reconstruction" in each for each in said(prose.limits, full))
    assert not any("reconstruction" in each for each in said(prose.limits, of))


def test_bases_that_differ_are_a_range():
    assert bases_of(pd.Series([256, 256]), Words("en")) == "256"
    assert bases_of(pd.Series(np.array([1256, 58])), Words("nl")) == "58–1.256"
