import hashlib
import logging
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from mkb21sem.errors import WaveError
from mkb21sem.survey import workbook
from mkb21sem.survey.readers import read_cells, read_table

TABLE = pd.DataFrame({"x": [1.0, 2.5, -3.0], "y": [4.0, np.nan, 6.0], "naam": ["Één", "twee", "drie"]})


def saved(path, frame):
    frame.to_excel(path, index=False)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiters_and_encodings(tmp_path, delimiter, encoding):
    path = tmp_path / "table.csv"
    TABLE.to_csv(path, index=False, sep=delimiter, encoding=encoding)
    pd.testing.assert_frame_equal(read_table(path).frame, TABLE, check_dtype=False)


def test_the_fallback_encoding_is_said_and_logged(write, caplog):
    path = write("x,naam\n1,caf\u00e9\n".encode("cp1252"))
    with caplog.at_level(logging.WARNING):
        table = read_table(path)
    assert table.frame["naam"].tolist() == ["café"]
    assert "Windows-1252" in table.notes[0]
    assert "Windows-1252" in caplog.text


def test_decimal_commas(write):
    assert read_table(write("x;y\n1,5;2\n2,25;3\n")).frame["x"].tolist() == [1.5, 2.25]


def test_excel_hint_line_blank_lines_and_trailing_delimiters(write):
    table = read_table(write("sep=;\nx;y;\n1;2;\n\n;;\n3;4;\n"))
    assert table.frame.columns.tolist() == ["x", "y"]
    assert table.frame["x"].tolist() == [1, 3]
    assert table.rows.tolist() == [2, 5]


def test_a_line_break_inside_a_cell_is_one_row(write):
    table = read_table(write('x,opmerking,y\n1,"twee\nregels",3\n4,,5\n'))
    assert table.rows.tolist() == [2, 3]
    assert table.frame["y"].tolist() == [3, 5]


def test_missing_codes_become_nan(write):
    frame = read_table(write("x,y\n1,-99\n-99,98\n3,2\n"), missing_codes=(-99, 98)).frame
    np.testing.assert_array_equal(frame["x"], [1, np.nan, 3])
    np.testing.assert_array_equal(frame["y"], [np.nan, np.nan, 2])


def test_rows_stay_in_order_and_the_hash_is_the_files(write):
    path = write("x,y\n3,1\n1,1\n2,1\n")
    table = read_table(path)
    assert table.frame["x"].tolist() == [3, 1, 2]
    assert table.sha256 == read_cells(path).sha256 == hashlib.sha256(b"x,y\n3,1\n1,1\n2,1\n").hexdigest()


def test_excel_round_trip(tmp_path):
    path = saved(tmp_path / "table.xlsx", TABLE)
    table = read_table(path)
    pd.testing.assert_frame_equal(table.frame, TABLE, check_dtype=False)
    assert table.rows.tolist() == [2, 3, 4]


def test_excel_reads_the_first_filled_sheet_and_says_which(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "leeg"
    for title, value in (("antwoorden", 1), ("toelichting", 2)):
        sheet = book.create_sheet(title)
        sheet.append(["x", "y"])
        sheet.append([value, value])
    book.save(tmp_path / "book.xlsx")
    table = read_table(tmp_path / "book.xlsx")
    assert table.frame["x"].tolist() == [1]
    assert "'antwoorden'" in table.notes[0]
    assert "toelichting" in table.notes[0]


def test_excel_dates_are_text_and_named(tmp_path):
    frame = pd.DataFrame({"x": [1, 2, pd.Timestamp("2012-03-02")], "y": [1, 2, 3]})
    with pytest.raises(WaveError, match=r"row 4, column x: value '2012-03-02.* is not a number"):
        read_table(saved(tmp_path / "dates.xlsx", frame))


def test_spss_round_trip_with_labels_and_user_missing(tmp_path):
    path = tmp_path / "table.sav"
    frame = pd.DataFrame({"x": [1.0, 99.0, -8.0, 3.0], "y": [97.0, 2.0, np.nan, 98.0], "z": ["a", "b", "?", "c"]})
    pyreadstat.write_sav(
        frame,
        path,
        missing_ranges={"x": [99, -8], "y": [{"lo": 97, "hi": 99}], "z": ["?"]},
        variable_value_labels={"x": {1: "oneens", 99: "geen antwoord"}},
    )
    cells = read_cells(path)
    np.testing.assert_array_equal(cells.columns[0], [1, np.nan, -8, 3])
    np.testing.assert_array_equal(cells.columns[1], [np.nan, 2, np.nan, np.nan])
    assert cells.columns[2].tolist() == ["a", "b", "", "c"]
    assert cells.labels["x"][1.0] == "oneens"
    assert cells.rows.tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(read_table(path).frame["x"], [1, np.nan, np.nan, 3])


def test_text_among_numbers_is_named_cell_by_cell(write):
    with pytest.raises(WaveError) as error:
        read_table(write("x,y,naam\n1,2,a\nvijf,3,b\n3,?,c\n4,5,d\n"))
    assert str(error.value).startswith("2 problems:")
    assert "row 3, column x: value 'vijf' is not a number" in str(error.value)
    assert "row 4, column y: value '?' is not a number" in str(error.value)


def test_only_needed_columns_have_to_be_numbers(write):
    path = write("x,y,z\n1,2,a\nvijf,3,1\n3,4,b\n")
    assert read_table(path, needed=["y"]).frame["y"].tolist() == [2, 3, 4]
    with pytest.raises(WaveError, match="column z: value 'a'"):
        read_table(path, needed=["y", "z"])


BAD = {
    "empty": (b"", "wave.csv", ["is empty", "Export"]),
    "only a mark": (b"\xef\xbb\xbf", "wave.csv", ["is empty"]),
    "only delimiters": (b",,,\n,,\n", "wave.csv", ["is empty"]),
    "header only": (b"x,y\n", "wave.csv", ["header but no answers"]),
    "wrong delimiter": (b"x|y|z\n1|2|3\n", "wave.csv", ["one column", "comma, semicolon or tab", "parted by '|'"]),
    "no delimiter": (b"x\n1\n", "wave.csv", ["one column", "'x'"]),
    "no header": (b"1,2\n3,4\n", "wave.csv", ["row 1", "names"]),
    "ragged": (b"x,y\n1,2\n3,4,5\n6\n", "wave.csv", ["row 3: 3 cells", "row 4: 1 cells", "names 2 columns"]),
    "open quote": (b'x,y\n1,"2\n3,4\n', "wave.csv", ["quotation mark"]),
    "same name": (b"x,y,x\n1,2,3\n", "wave.csv", ["column x", "2 columns (A, C)", "Rename"]),
    "no name": (b"x,,y\n1,2,3\n", "wave.csv", ["column B", "no name"]),
    "thousands": (b'x,y\n"1,234",2\n"5,678",3\n', "wave.csv", ["column x", "thousands"]),
    "binary": (b"x,y\n\x00\x01,2\n", "wave.csv", ["NUL", "UTF-8"]),
    "neither encoding": (b"x,y\n\x81\x8d,2\n", "wave.csv", ["neither UTF-8 nor Windows-1252"]),
    "broken utf-16": (b"\xff\xfex\x00,\x00\xd8\xd8\x00", "wave.csv", ["UTF-16"]),
    "workbook called csv": (b"PK\x03\x04....", "wave.csv", ["is a .xlsx file", "Rename"]),
    "spss called csv": (b"$FL2....", "wave.csv", ["is a .sav file"]),
    "text called xlsx": (b"x,y\n1,2\n", "wave.xlsx", ["not an Excel workbook"]),
    "text called sav": (b"x,y\n1,2\n", "wave.sav", ["not an SPSS file"]),
    "broken workbook": (b"PK\x03\x04....", "wave.xlsx", ["can't be read as an Excel workbook"]),
    "broken spss": (b"$FL2....", "wave.sav", ["can't be read as an SPSS file"]),
    "old workbook": (b"\xd0\xcf\x11\xe0....", "wave.xls", ["old Excel", ".xlsx"]),
    "unknown ending": (b"x,y\n", "wave.ods", [".ods", ".csv"]),
}


@pytest.mark.parametrize("name", BAD)
def test_unreadable_files(write, name):
    content, file, words = BAD[name]
    with pytest.raises(WaveError) as error:
        read_table(write(content, file))
    for word in [file, *words]:
        assert word in str(error.value)


def test_a_file_that_is_not_there_and_a_folder(write, tmp_path):
    write("x,y\n1,2\n", "wave2012.csv")
    with pytest.raises(WaveError, match=r"no such file\. Closest: wave2012\.csv"):
        read_table(tmp_path / "wave2021.csv")
    with pytest.raises(WaveError, match="no such file"):
        read_table(tmp_path / "nowhere" / "wave.csv")
    with pytest.raises(WaveError, match="is a folder"):
        read_table(tmp_path)


def test_a_workbook_that_unpacks_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "LARGEST", 10_000)
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "0" * 1_000_000)
    assert path.stat().st_size < 10_000
    with pytest.raises(WaveError, match="unpacks to 1 MB"):
        read_table(path)


def test_a_workbook_without_anything(tmp_path):
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(WaveError, match="no sheet holds anything"):
        read_table(tmp_path / "empty.xlsx")
