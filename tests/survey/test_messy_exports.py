"""Exports as they come: read right, or refused with the reason; and twenty thousand rows of them."""

from __future__ import annotations

import io
from datetime import datetime

import numpy as np
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from mkb21sem.cli import app
from mkb21sem.errors import WaveError
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from tests.survey import platforms


@pytest.fixture(scope="module")
def wave() -> Wave:
    return synthetic_wave(11)


@pytest.fixture(scope="module")
def words(wave: Wave) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(platforms.google_forms(wave, "nl")), dtype=str, keep_default_na=False)


def spaced(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns=lambda name: f" {name}  ").map(lambda cell: f"{cell} " if cell else cell)


READ_RIGHT = {
    "trailing spaces": lambda frame: spaced(frame).to_csv(index=False).encode(),
    "capitals": lambda frame: frame.map(str.upper).to_csv(index=False).encode(),
    "byte order mark": lambda frame: frame.to_csv(index=False).encode("utf-8-sig"),
    "Windows-1252": lambda frame: frame.to_csv(index=False, sep=";").encode("cp1252"),
    "UTF-16 with tabs": lambda frame: frame.to_csv(index=False, sep="\t").encode("utf-16"),
    "Windows line ends": lambda frame: frame.to_csv(index=False, lineterminator="\r\n").encode(),
    "everything quoted": lambda frame: frame.to_csv(index=False, quoting=1).encode(),
    "extra columns": lambda frame: frame.assign(Opmerkingen='Goed, "mooi"\nonderzoek', Score=3.5).to_csv().encode(),
    "columns in another order": lambda frame: frame[frame.columns[::-1]].to_csv(index=False).encode(),
    "hyphens for dashes": lambda frame: frame.map(lambda cell: cell.replace("–", "-")).to_csv(index=False).encode(),
    "code and answer": lambda frame: (
        frame.replace(
            {"helemaal mee eens": "5 = helemaal mee eens", "mee eens": "4. mee eens", "neutraal": "3) neutraal"}
        )
        .to_csv(index=False)
        .encode()
    ),
    "blank lines": lambda frame: frame.to_csv(index=False).replace("\n", "\n\n", 3).encode(),
    "semicolons between boxes": lambda frame: (
        frame.map(lambda cell: cell.replace(", ", ";")).to_csv(index=False).encode()
    ),
}


@pytest.mark.parametrize("mess", READ_RIGHT)
def test_read_right(wave, words, write, mess):
    frame = words
    if mess == "extra columns":
        frame = words.rename_axis("rij")
    read = Wave.read(write(READ_RIGHT[mess](frame), "export.csv"))
    assert len(read.answers.columns) == 89
    np.testing.assert_array_equal(read.answers[list(wave.answers)], wave.answers)


def cell(frame: pd.DataFrame, column: str, row: int, value: str) -> pd.DataFrame:
    changed = frame.copy()
    changed.loc[row, column] = value
    return changed


CODES = {
    "decimal comma in a code": ("CUL02", ["4,5"], "value '4,5' is not one of|4.5 is not one of 1-5"),
    "both decimal marks": ("CUL02", ["4.0", "3,0"], r"value '3,0' is text"),
    "thousands": ("CUL02", ["1,234"], "1.234 is not one of 1-5"),
    "an answer of another question": ("CUL02", ["dagelijks"], "'dagelijks' is text; expected 1-5"),
    "two answers in one cell": ("CUL02", ["4 5"], "'4 5' is text"),
    "code and answer that disagree": ("CUL02", ["2 = mee eens"], "'2 = mee eens' is text"),
    "a formula's error": ("CUL02", ["#REF!"], "'#REF!' is text"),
    "a date for 2-9": ("OMV01", ["2-sep"], "'2-sep' is text; expected 1-4"),
}


@pytest.mark.parametrize("mess", CODES)
def test_refused_with_the_reason(wave, write, mess):
    column, values, reason = CODES[mess]
    frame = wave.answers.astype(str)
    for at, value in enumerate(values):
        frame = cell(frame, column, frame.index[at], value)
    with pytest.raises(WaveError, match=f"row 2.*column {column}.*({reason})|row 3.*column {column}.*({reason})"):
        Wave.read(write(frame))


def test_whole_numbers_with_either_decimal_mark_are_codes(wave, write):
    frame = wave.answers.astype(str)
    frame["CUL02"] = frame["CUL02"].replace({"4": "4,0", "3": "3,00"})
    frame["CUL03"] = frame["CUL03"].replace({"4": "4.0"})
    read = Wave.read(write(frame, sep=";"))
    np.testing.assert_array_equal(read.answers, wave.answers)


def test_a_date_in_a_workbook_is_explained(wave, tmp_path):
    book = openpyxl.Workbook()
    frame = wave.answers.reset_index()
    book.active.append(list(frame.columns))
    for row in frame.head(20).itertuples(index=False):
        book.active.append([int(value) for value in row])
    book.active.cell(3, frame.columns.get_loc("OMV01") + 1).value = datetime(2026, 9, 2)
    book.save(tmp_path / "w.xlsx")
    with pytest.raises(WaveError, match=r"row 3, column OMV01: .*is a date; expected 1-4\. Excel makes dates"):
        Wave.read(tmp_path / "w.xlsx")


@pytest.mark.parametrize("kind", ["codes.csv", "words.csv", "codes.xlsx"])
def test_twenty_thousand_rows(wave, words, write, kind):
    frame = words if kind.startswith("words") else wave.answers.reset_index(drop=True)
    many = pd.concat([frame] * 64, ignore_index=True).head(20_000)
    path = write(platforms.workbook(many) if kind.endswith("xlsx") else many, kind)
    read = Wave.read(path)
    assert read.n == 20_000
    np.testing.assert_array_equal(read.answers.to_numpy()[-1], wave.answers.to_numpy()[(20_000 - 1) % wave.n])


def test_the_commands(words, wave, tmp_path):
    run = CliRunner().invoke
    export, mapping, log = tmp_path / "export.csv", tmp_path / "mapping.csv", tmp_path / "log.csv"
    words.rename(columns={"Vestigingsprovincie": "Provincie"}).to_csv(export, index=False)
    done = run(app, ["mapping", str(export), "--out", str(mapping)])
    assert done.exit_code == 0, done.output
    assert "78 columns known, 1 not" in done.output
    assert run(app, ["mapping", str(export), "--out", str(mapping)]).exit_code == 2
    draft = pd.read_csv(mapping, dtype=str, keep_default_na=False)
    draft.loc[draft["column"] == "Provincie", "item"] = "REG01"
    draft.to_csv(mapping, index=False)
    assert run(app, ["mapping", str(export), "--mapping", str(mapping), "--out", str(mapping)]).exit_code == 0
    done = run(app, ["survey", str(export), "--mapping", str(mapping), "--log", str(log)])
    assert done.exit_code == 0, done.output
    assert "314 respondents, 256 users" in done.output
    assert "Read as" in done.output
    recodes = pd.read_csv(log)
    counts = recodes.query("item == 'REG01' and code == 4")["count"]
    assert counts.tolist() == [int((wave.answers["REG01"] == 4).sum())]
