"""Questionnaire → simulated answers in each tool's export → the same wave, in Dutch and English."""

from __future__ import annotations

import csv
import html
import io
import re

import pandas as pd
import pytest
from pyxform import xls2xform

from mkb21sem.survey.questionnaire.form import blocks
from mkb21sem.survey.questionnaire.write import written
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
    frame = pd.read_csv(io.BytesIO(TEXT[tool](wave, "nl")), dtype=str, keep_default_na=False)
    frame.to_excel(tmp_path / "export.xlsx", index=False)
    frame.to_csv(tmp_path / "export.csv", index=False, sep=";", encoding="cp1252")
    for name in ("export.xlsx", "export.csv"):
        same_answers(Wave.read(tmp_path / name), wave)


def limesurvey_tool(imported: bytes, wave: Wave, words: bool) -> pd.DataFrame:
    """What LimeSurvey would export after importing this file, from nothing but the file and the firms' answers."""
    rows = list(csv.DictReader(io.StringIO(imported.decode("utf-8-sig")), delimiter="\t"))
    yes, no = platforms.YES[next(row["text"] for row in rows if row["name"] == "language")]
    labels: dict[str, dict[int, str]] = {}
    for row in rows:
        if row["class"] == "Q":
            question = row["name"]
        elif row["class"] == "A":
            labels.setdefault(question, {})[int(row["name"])] = row["text"]
    columns = {"id": wave.answers.index.astype(str), "submitdate": ["2026-11-02 10:41:07"] * wave.n}
    for row in rows:
        if row["class"] == "Q":
            asked = row
        kind = asked["type/scale"] if row["class"] in {"Q", "SQ"} else ""
        if not kind or (row["class"] == "Q") != (kind == "L"):
            continue
        name = row["name"] if kind == "L" else f"{asked['name']}[{row['name']}]"
        if words:
            name = row["text"] if kind == "L" else f"{asked['text']} [{row['text']}]"
        spoken = labels.get(asked["name"], {}) if words else {code: str(code) for code in range(1, 12)}
        if kind == "M":
            spoken = {1: yes, 0: no, -7: "N/A"} if words else {1: "Y"}
        columns[html.unescape(name)] = [html.unescape(spoken.get(code, "")) for code in wave.answers[row["name"]]]
    return pd.DataFrame(columns)


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("words", [False, True])
def test_what_limesurvey_imports_it_exports(wave: Wave, tmp_path, lang: str, words: bool) -> None:
    frame = limesurvey_tool(written(wave.codebook, "limesurvey", lang), wave, words)
    frame.to_csv(tmp_path / "export.csv", index=False)
    same_answers(Wave.read(tmp_path / "export.csv", strict=True), wave)


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("parting", ["/", "-"])
def test_what_odk_imports_it_exports(wave: Wave, tmp_path, lang: str, parting: str) -> None:
    """Every question in the form that pyxform makes, named by its path, as KoboToolbox and ODK Central do."""
    (tmp_path / "form.xlsx").write_bytes(written(wave.codebook, "xlsform", lang))
    form = xls2xform.convert(tmp_path / "form.xlsx").xform
    paths = [path.split("/")[2:] for path in re.findall(r'<bind nodeset="([^"]+)"[^>]*type="string"', form)]
    boxes = {block.letters: block for block in blocks(wave.codebook) if block.kind == "boxes"}
    columns = {}
    for path in paths:
        name = parting.join(path)
        if path[-1] in boxes:
            ticked = wave.answers[[item.id for item in boxes[path[-1]].items]] == 1
            columns[name] = [" ".join(line.index[line]) for _, line in ticked.iterrows()]
        elif path[-1] in wave.codebook:
            columns[name] = ["" if code < 0 else str(code) for code in wave.answers[path[-1]]]
    pd.DataFrame(columns).to_csv(tmp_path / "export.csv", index=False)
    same_answers(Wave.read(tmp_path / "export.csv", strict=True), wave)
