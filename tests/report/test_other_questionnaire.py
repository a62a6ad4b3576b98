"""A wave of another questionnaire: nothing is said of social media that nobody was asked about."""

from __future__ import annotations

import pandas as pd
import pytest

from mkb21sem.report import prose, sample
from mkb21sem.report.words import Words
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from tests.report.publication.analysed import foreign


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_users_and_published_figures_are_left_out(lang):
    of, words = foreign().study, Words(lang)
    said = [str(line.text) for line in prose.survey(of, words)]
    assert any("150" in line for line in said)
    assert not any("social" in line or "sociale" in line for line in said)
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
