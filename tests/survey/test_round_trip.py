"""Questionnaire → simulated answers in each tool's export → the same wave, in Dutch and English."""

from __future__ import annotations

import pandas as pd
import pytest

from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from tests.survey import platforms

TEXT = {
    "LimeSurvey codes": platforms.limesurvey_codes,
    "LimeSurvey words": platforms.limesurvey_words,
    "LimeSurvey SQ001": platforms.limesurvey_numbered,
    "Qualtrics codes": platforms.qualtrics_codes,
    "Qualtrics words": platforms.qualtrics_words,
    "Qualtrics Q1": platforms.qualtrics_unnamed,
    "Google Forms": platforms.google_forms,
    "ODK": platforms.odk,
}


@pytest.fixture(scope="module")
def wave() -> Wave:
    return synthetic_wave(7)


def same_answers(read: Wave, sent: Wave) -> None:
    assert read.n == sent.n
    pd.testing.assert_frame_equal(read.answers.reset_index(drop=True), sent.answers.reset_index(drop=True))


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("tool", TEXT)
def test_text_exports(wave: Wave, tmp_path, tool: str, lang: str) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(TEXT[tool](wave, lang))
    read = Wave.read(path)
    same_answers(read, wave)
    if tool != "Google Forms":
        assert str(read.answers.index[0]).endswith("1")


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_spss(wave: Wave, tmp_path, lang: str) -> None:
    path = tmp_path / "export.sav"
    platforms.spss(wave, lang, str(path))
    same_answers(Wave.read(path), wave)


@pytest.mark.parametrize("tool", ["LimeSurvey words", "Google Forms"])
def test_the_same_in_a_workbook_and_in_windows_1252(wave: Wave, tmp_path, tool: str) -> None:
    frame = pd.read_csv(pd.io.common.BytesIO(TEXT[tool](wave, "nl")), dtype=str, keep_default_na=False)
    frame.to_excel(tmp_path / "export.xlsx", index=False)
    frame.to_csv(tmp_path / "export.csv", index=False, sep=";", encoding="cp1252")
    for name in ("export.xlsx", "export.csv"):
        same_answers(Wave.read(tmp_path / name), wave)
