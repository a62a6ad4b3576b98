import io

import pandas as pd
import pytest

from mkb21sem.report.table import Column, Table, neutralised, write
from mkb21sem.report.words import Words

NAN = float("nan")


@pytest.mark.parametrize("text", ["=1+1", "+31 6", "-SUM(A1)", "@cmd", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_is_neutralised(text):
    assert neutralised(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["=~", "~~", "~", "~1", "x=1", "", -1.5, -7, None, "A-1"])
def test_everything_else_stays(cell):
    assert neutralised(cell) is cell


def test_csv_is_unrounded_and_reads_back(tmp_path):
    frame = pd.DataFrame({"lhs": ["é", "=cmd|' /C calc'!A0"], "op": ["=~", "~"], "est": [-1 / 3, NAN]})
    write(frame, tmp_path / "en.csv")
    write(frame, tmp_path / "nl.csv", "nl")
    write(frame, tmp_path / "plain.csv", spreadsheet=False)
    english = pd.read_csv(tmp_path / "en.csv")
    dutch = pd.read_csv(tmp_path / "nl.csv", sep=";", decimal=",")
    assert english["est"][0] == dutch["est"][0] == -1 / 3
    assert english["op"].tolist() == ["=~", "~"]
    assert english["lhs"][1].startswith("'=")
    assert english["est"].isna().tolist() == [False, True]
    assert (tmp_path / "en.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert (tmp_path / "plain.csv").read_bytes().startswith(b"lhs,op,est\n")
    assert "nan" not in (tmp_path / "plain.csv").read_text(encoding="utf-8").lower()
    assert io.StringIO((tmp_path / "nl.csv").read_text(encoding="utf-8-sig")).readline() == "lhs;op;est\n"


def test_cells_take_their_form_from_column_or_row():
    values = {"value": [85.3055, 0.93056], "low": [1.0, NAN], "p": [0.0004, 0.5]}
    frame = pd.DataFrame({"index": ["chisq", "cfi"], **values})
    columns = (
        Column("index"),
        Column("value", ("number2", "bounded3")),
        Column("ci", "interval number1", of=("low", "value")),
        Column("p", "p"),
        Column("=F1", ("blank", "dash"), of=("low",)),
    )
    table = Table("indices", frame, columns)
    cells = [[cell.text for cell in row] for row in table.cells(Words())]
    assert cells == [["chisq", "85.31", "[1.0, 85.3]", "< .001", ""], ["cfi", ".931", "[–, 0.9]", ".500", "–"]]
    assert [head.text for head in table.heads(Words())] == ["Name", "Value", "95% CI", "<i>p</i>", "F1"]


def test_only_the_chosen_rows_are_shown():
    table = Table("bases", pd.DataFrame({"label": list("abc")}), (Column("label"),), rows=(2, 0))
    assert [row[0].text for row in table.cells(Words())] == ["c", "a"]


def test_words_in_cells_follow_the_language():
    frame = pd.DataFrame({"verdict": ["not testable", ""]})
    table = Table("verdicts", frame, (Column("verdict", "word"),))
    first, second = (row[0] for row in table.cells(Words("nl")))
    assert (first.text, first.tag) == ("niet toetsbaar", "verdict not-testable")
    assert (second.text, second.tag) == ("–", "")
