"""The questionnaire in three formats: complete, routed as the codebook says, and importable."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from docx import Document
from pyxform import xls2xform
from typer.testing import CliRunner

from mkb21sem.cli import app
from mkb21sem.errors import OptionError, WaveError
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.derived import use
from mkb21sem.survey.questionnaire.form import blocks, needs_none, texts
from mkb21sem.survey.questionnaire.limesurvey import relevance
from mkb21sem.survey.questionnaire.write import written
from mkb21sem.survey.synthetic import synthetic_wave

LANGS = ("nl", "en")
BOOK = Codebook.read()


def lime(lang: str, book: Codebook = BOOK) -> list[dict[str, str]]:
    text = written(book, "limesurvey", lang).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def sheet(lang: str, name: str, book: Codebook = BOOK) -> list[dict[str, str]]:
    rows = list(openpyxl.load_workbook(io.BytesIO(written(book, "xlsform", lang)))[name].iter_rows(values_only=True))
    return [dict(zip(rows[0], (cell or "" for cell in row), strict=True)) for row in rows[1:]]


def test_every_question_stands_in_one_block():
    assert [item.id for block in blocks(BOOK) for item in block.items] == list(BOOK)


def test_both_languages_say_the_same_things():
    assert texts("nl").keys() == texts("en").keys()
    assert all(texts(lang).values() for lang in LANGS)


@pytest.mark.parametrize("lang", LANGS)
def test_limesurvey_has_every_question_and_answer(lang):
    rows = lime(lang)
    questions = [row for row in rows if row["class"] == "Q"]
    asked = [row["name"] for row in rows if row["class"] in {"Q", "SQ"} and row["name"] in BOOK]
    assert asked == list(BOOK)
    names = [row["name"] for row in questions]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[A-Za-z][A-Za-z0-9]{0,19}", name) for name in names)
    assert {row["type/scale"] for row in questions} == {"L", "F", "M"}
    codes = [row["name"] for row in rows if row["class"] == "A"]
    assert max(map(len, codes)) <= 5
    assert len(codes) == sum(len(block.items[0].codes) for block in blocks(BOOK) if block.kind != "boxes")


def test_limesurvey_rows_stand_under_their_question():
    under: dict[str, list[str]] = {}
    for row in lime("nl"):
        if row["class"] == "Q":
            question = row["name"]
        if row["class"] in {"SQ", "A"}:
            under.setdefault(question, []).append(row["name"])
    for block in blocks(BOOK):
        ids = [] if block.kind == "choice" else [item.id for item in block.items]
        codes = [] if block.kind == "boxes" else [str(code) for code in block.items[0].codes]
        assert under[block.letters] == ids + codes


@pytest.mark.parametrize("lang", LANGS)
def test_limesurvey_routes_as_the_wave_does(lang):
    """Evaluate the condition of each group for every respondent of a wave."""
    wave = synthetic_wave(5)
    user = use(wave.answers.astype(float), BOOK)
    conditions = {row["name"]: row["relevance"] for row in lime(lang) if row["class"] == "G"}
    assert set(conditions.values()) == set(relevance(BOOK).values())
    for asked, expected in (("users", user == 1), ("nonusers", user == 0)):
        condition = relevance(BOOK)[asked].replace("!(", "not (")
        for values, shown in zip(wave.answers.to_dict("records"), expected, strict=True):
            spoken = re.sub(r"GEB_(GEB\d+)\.NAOK", lambda found, values=values: str(values[found[1]]), condition)
            assert eval(spoken) is bool(shown)


@pytest.mark.parametrize("lang", LANGS)
def test_xlsform_is_accepted_by_pyxform_without_a_warning(lang, tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(written(BOOK, "xlsform", lang))
    made = xls2xform.convert(path)
    assert made.warnings == []
    for id in BOOK:
        assert f"/{id}" in made.xform or f"<name>{id}</name>" in made.xform
    assert "GEB01} &gt; 1" not in made.xform
    assert made.xform.count("relevant=") == 1 + len([block for block in blocks(BOOK) if block.asked == "users"])


@pytest.mark.parametrize("lang", LANGS)
def test_xlsform_answers_are_the_codebook_s(lang):
    lists = pd.DataFrame(sheet(lang, "choices")).astype(str)
    for row in sheet(lang, "survey"):
        kind, _, answers = row["type"].partition(" ")
        if kind == "select_one":
            item = BOOK[row["name"]]
            chosen = lists[lists["list_name"] == answers]
            assert chosen["name"].tolist() == [str(code) for code in item.codes]
            assert chosen["label"].tolist() == [item.code_label(code, lang) for code in item.codes]


@pytest.mark.parametrize("lang", LANGS)
def test_word_shows_every_question_its_codes_and_where_it_comes_from(lang):
    document = Document(io.BytesIO(written(BOOK, "docx", lang)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    text = "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)
    for item in BOOK.items:
        assert item.id in text
        if item.measure != "binary":
            assert all(item.code_label(code, lang) in text for code in item.codes)
    assert text.count(texts(lang)["only_users"]) == 5
    assert text.count(texts(lang)["only_nonusers"]) == 1
    assert texts(lang)["reconstruction"] in cells
    assert texts(lang)["stated"] in cells
    assert texts(lang)["own_sentences"] in text


def test_boxes_without_a_catch_all_get_one():
    boxes = tuple(item for item in BOOK.battery("NIE") if item.id != "NIE06")
    book = Codebook((*BOOK.battery("GEB"), *boxes))
    assert [needs_none(block) for block in blocks(book)] == [False, True]
    assert not any(needs_none(block) for block in blocks(BOOK))
    assert [row["exclude_all_others"] for row in lime("nl", book) if row["name"] == "NIE"] == ["none"]
    assert [row["name"] for row in lime("nl", book)][-1] == "none"
    assert "count-selected" in sheet("nl", "survey", book)[-2]["constraint"]


def test_routing_without_a_question_about_use_is_refused():
    book = Codebook(BOOK.battery("REP"))
    for form in ("limesurvey", "xlsform"):
        with pytest.raises(WaveError, match="REP01 is asked of users only, but the codebook has no question GEB"):
            written(book, form)
    free = Codebook(tuple(replace(item, asked="all") for item in BOOK.battery("REP")))
    assert written(free, "limesurvey")


def test_unknown_formats_and_languages_are_refused():
    with pytest.raises(OptionError, match="format must be xlsform, limesurvey, docx; got 'pdf'"):
        written(BOOK, "pdf")
    with pytest.raises(OptionError, match="lang"):
        written(BOOK, "docx", "de")


@pytest.mark.parametrize(("form", "ending"), [("limesurvey", "txt"), ("xlsform", "xlsx"), ("docx", "docx")])
def test_the_command_writes_the_file(tmp_path, form, ending):
    out = tmp_path / f"q.{ending}"
    done = CliRunner().invoke(app, ["questionnaire", "--format", form, "--lang", "en", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "89 questions" in done.output
    assert out.stat().st_size > 5000
    wrong = CliRunner().invoke(app, ["questionnaire", "--format", form, "--out", str(tmp_path / "q.pdf")])
    assert wrong.exit_code == 2
    assert not (tmp_path / "q.pdf").exists()
