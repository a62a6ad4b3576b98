"""A wave of another questionnaire: nothing is said of social media that nobody was asked about."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from mkb21sem.report import prose, sample
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from tests.report.publication.analysed import foreign


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_users_and_published_figures_are_left_out(lang):
    of, words = foreign().study, Words(lang)
    said = [str(line.text) for line in prose.survey(of, words)]
    assert any("150" in line for line in said)
    assert not any("social" in line or "sociale" in line for line in said)
    limits = " ".join(str(line.text) for line in prose.limits(of, words))
    assert not any(word in limits for word in ("2012", "LinkedIn", "whitepaper"))
    assert len(sample.published(of.wave, words).frame) == 0
    assert not any("use" in line.split() for line in sample.remarks(of.wave, Words("en")))


def test_they_stand_in_the_report_on_a_wave_that_was_asked():
    wave = synthetic_wave()
    assert len(sample.published(wave, Words("en")).frame) > 25


def test_a_blank_use_is_still_told():
    """The questions are in the codebook, and a respondent left them open."""
    answers = synthetic_wave().answers.copy()
    answers.iloc[0] = -9
    remarks = Wave.of(pd.DataFrame(answers)).remarks()
    assert (remarks["kind"] == "use").sum() == 1


@pytest.mark.parametrize(("lang", "said"), [("en", "of an earlier row: 12."), ("nl", "eerdere rij herhalen: 12.")])
def test_rows_that_repeat_are_counted_in_the_language(lang, said):
    answers = synthetic_wave().answers.copy()
    answers.iloc[1:13] = answers.iloc[0].to_numpy()
    assert any(line.endswith(said) for line in sample.remarks(Wave.of(answers), Words(lang)))


def test_few_rows_that_repeat_are_not_counted():
    answers = synthetic_wave().answers.copy()
    answers.iloc[1] = answers.iloc[0].to_numpy()
    assert any(line.endswith("earlier row: few.") for line in sample.remarks(Wave.of(answers), Words("en")))


def test_questions_without_a_construct_have_a_name():
    codebook = foreign().wave.codebook
    loose = Codebook(tuple(replace(item, construct="") for item in codebook.items))
    wave = Wave.of(foreign().wave.answers, loose)
    assert set(sample.bases(wave, Words("en", loose.label)).frame["label"]) == {"questions of no construct"}
