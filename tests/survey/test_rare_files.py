"""Files that seldom come by: kept apart from the tests of what comes every day."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from docx import Document

from mkb21sem.errors import Mkb21Error, WaveError
from mkb21sem.survey import published
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.questionnaire.write import written
from mkb21sem.survey.readers import read_cells, read_table
from mkb21sem.survey.wave import Wave
from mkb21sem.survey.waves import Waves
from tests.hostile.tables import sheet, workbook

TABLE = [["x", "y"], ["1", "2"], ["3", "4"]]


def test_an_archive_without_a_workbook_is_no_excel_file(tmp_path):
    Document().save(tmp_path / "letter.xlsx")
    with pytest.raises(WaveError, match=r"letter\.xlsx can't be read as .* \(it holds no xl/workbook\.xml\)"):
        read_table(tmp_path / "letter.xlsx")


def test_a_workbook_that_lost_a_sheet_is_refused(tmp_path):
    whole, lost = zipfile.ZipFile(io.BytesIO(workbook({"a": sheet(TABLE)}))), tmp_path / "t.xlsx"
    with zipfile.ZipFile(lost, "w") as archive:
        for name in whole.namelist():
            if "worksheets" not in name:
                archive.writestr(name, whole.read(name))
    with pytest.raises(WaveError, match=r"t\.xlsx can't be read as an Excel workbook .* Open it in Excel and save"):
        read_table(lost)


def test_a_formula_below_the_answers_is_no_respondent(tmp_path):
    of = [*TABLE, ["", "<c><f>SUM(B2:B3)</f></c>"]]
    (tmp_path / "t.xlsx").write_bytes(workbook({"a": sheet(of)}))
    assert read_table(tmp_path / "t.xlsx").frame["y"].tolist() == [2, 4]


def test_a_file_that_the_system_does_not_give_up(write, monkeypatch):
    path = write("x,y\n1,2\n")

    def locked(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", locked)
    with pytest.raises(WaveError) as error:
        read_cells(path)
    assert str(error.value) == f"{path} can't be opened (Permission denied). Close it elsewhere or check its rights."


def test_an_spss_file_that_claims_utf_8_and_is_windows_1252(tmp_path):
    path = tmp_path / "old.sav"
    pyreadstat.write_sav(pd.DataFrame({"x": [1.0, 2.0], "naam": ["caf#s", "bar"]}), path)
    path.write_bytes(path.read_bytes().replace(b"caf#s", "caf\u00e9s".encode("cp1252")))
    cells = read_cells(path)
    assert cells.columns[1].tolist() == ["cafés", "bar"]
    assert cells.notes == ("text read as Windows-1252",)


def test_a_questionnaire_where_nothing_can_be_put_down(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    with pytest.raises(Mkb21Error, match=r"can't be put together .* no room for temporary files in .*full\. .*TMPDIR"):
        written(Codebook.read(), "xlsform", "nl")


def test_boxes_in_word_have_a_way_to_tick_none():
    book = Codebook.read()
    boxes = tuple(item for item in book.battery("NIE") if item.id != "NIE06")
    for lang, none in (("nl", "Geen van deze"), ("en", "None of these")):
        document = Document(io.BytesIO(written(Codebook((*book.battery("GEB"), *boxes)), "docx", lang)))
        assert [line.text.split("  ")[1] for line in document.paragraphs if "none" in line.text] == [none]


def test_a_question_with_other_codes_is_not_compared_with_the_published_figure(codebook, answers):
    items = tuple(replace(item, codes=(11, 12, 13, 14, 15)) if item.id == "ORG01" else item for item in codebook.items)
    given = answers.assign(ORG01=answers["ORG01"].where(answers["ORG01"] < 0, answers["ORG01"] + 10))
    wave = Wave.of(given, Codebook(items), name="other")
    lines = published.compare(wave)
    about = lines[lines["reason"].str.contains("ORG01")]
    assert set(about["verdict"]) == {"not computable"}
    assert set(about["reason"]) >= {"the codebook gives ORG01 no code 1"}


def test_a_construct_that_nobody_was_asked_about_has_no_base(codebook, answers):
    whole = Wave.of(answers).bases()
    part = Wave.of(answers.drop(columns=[item.id for item in codebook.battery("CUL")])).bases()
    assert set(whole["construct"]) - set(part["construct"]) == {codebook["CUL01"].construct}


def test_what_the_first_wave_did_not_ask_is_new_in_the_second(answers):
    waves = Waves.of([Wave.of(answers.drop(columns="ORG01"), name="2012"), Wave.of(answers, name="2014")])
    lines = waves.drift[waves.drift["item"] == "ORG01"]
    assert lines[["status", "comparable", "what"]].to_numpy().tolist() == [
        ["new", False, "the first wave did not ask it"]
    ]
    assert waves.without("ORG01") == ("2012", "2014")


def test_what_can_be_asked_of_several_waves(answers):
    waves = Waves.of([Wave.of(answers, name="2012"), Wave.of(answers, name="2014")])
    assert waves.without("EU_SNET") == ()
    with pytest.raises(WaveError, match=r"2012 has no item or derived variable `MOTM`\. Closest: MOT_M"):
        waves.without("MOTM")
    with pytest.raises(WaveError) as error:
        Waves.of(waves.waves, pd.DataFrame({"wave": ["2014"], "item": ["CUL01"]}))
    assert str(error.value) == "mapping: column here expected; a mapping has the columns wave, item, here."
