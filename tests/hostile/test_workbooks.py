"""What a workbook shows otherwise than it holds: refused, or read as what is meant."""

from __future__ import annotations

import re
import tracemalloc

import numpy as np
import pytest

from mkb21sem.errors import WaveError
from mkb21sem.survey.readers import read_table
from mkb21sem.survey.wave import Wave
from tests.hostile.tables import bomb, rows, sheet, workbook

TABLE = [["x", "y"], ["1", "2"], ["3", "4"], ["5", "6"]]


def read(folder, content: bytes):
    (folder / "t.xlsx").write_bytes(content)
    return read_table(folder / "t.xlsx").frame


def with_cell(xml: str) -> bytes:
    """The cell B2 is this."""
    of = [list(row) for row in TABLE]
    of[1][1] = xml
    return workbook({"a": sheet(of)})


CELLS = {
    "a formula that was never computed": ("<c><f>1+1</f></c>", "column y: value '=1\\+1' is not a number"),
    "a formula with an empty value": ("<c><f>SUM(A1:A2)</f><v></v></c>", r"column y: value '=SUM\(A1:A2\)'"),
    "an error": ('<c t="e"><v>#REF!</v></c>', "column y: value '#REF!' is not a number"),
    "a formula that fails": ('<c t="e"><f>1/0</f><v>#DIV/0!</v></c>', "column y: value '#DIV/0!'"),
    "a truth among numbers": ('<c t="b"><v>1</v></c>', "column y: value (True|1) is not a number"),
    "an infinite number": ("<c><v>1e999</v></c>", "column y: value inf is not a number"),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_that_holds_no_number_is_not_taken_for_a_blank_one(tmp_path, name):
    xml, message = CELLS[name]
    with pytest.raises(WaveError, match=f"row 2, {message}"):
        read(tmp_path, with_cell(xml))


def test_a_formula_counts_by_the_value_saved_with_it(tmp_path):
    assert read(tmp_path, with_cell("<c><f>1+1</f><v>2</v></c>"))["y"].tolist() == [2, 4, 6]
    assert read(tmp_path, with_cell('<c t="str"><f>IF(TRUE,"","x")</f><v></v></c>')).isna().to_numpy().sum() == 1


@pytest.mark.parametrize("area", ["A2:B2", "B1:B2", "B2:B4"])
def test_merged_answers_are_not_taken_for_blank_ones(tmp_path, area):
    of = [list(row) for row in TABLE]
    for number in range(1, 4):
        of[number][1] = of[number][1] if area == "B2:B4" and number == 1 else ""
    merged = f'<mergeCells count="1"><mergeCell ref="{area}"/></mergeCells>'
    with pytest.raises(WaveError, match="merged with"):
        read_table_of(tmp_path, workbook({"a": sheet(of, merged)}))


def read_table_of(folder, content: bytes):
    (folder / "t.xlsx").write_bytes(content)
    return read_table(folder / "t.xlsx", needed=["x", "y"])


def test_titles_merged_above_the_answers_do_no_harm(tmp_path):
    merged = '<mergeCells count="1"><mergeCell ref="A9:C12"/></mergeCells>'
    assert read(tmp_path, workbook({"a": sheet(TABLE, merged)}))["y"].tolist() == [2, 4, 6]


def test_truths_are_ticked_boxes_and_no_answer_of_one_to_five(tmp_path):
    good = rows()
    market, reputation = (good[0].index(name) for name in ("MKT01", "REP01"))
    of = [list(row) for row in good]
    for row in of[1:]:
        row[market] = f'<c t="b"><v>{row[market]}</v></c>' if row[market] in "01" else row[market]
    (tmp_path / "t.xlsx").write_bytes(workbook({"a": sheet(of)}))
    read_back = Wave.read(tmp_path / "t.xlsx").answers["MKT01"]
    np.testing.assert_array_equal(read_back, [int(row[market]) for row in good[1:]])
    of = [list(row) for row in good]
    for row in of[1:]:
        row[reputation] = '<c t="b"><v>1</v></c>' if row[reputation] in "12345" else row[reputation]
    (tmp_path / "t.xlsx").write_bytes(workbook({"a": sheet(of)}))
    with pytest.raises(WaveError, match="column REP01: value 'TRUE' is text; expected 1-5"):
        Wave.read(tmp_path / "t.xlsx")


@pytest.mark.parametrize("place", ["XFD1048576", "ZZ1048576", "XFD99999"])
@pytest.mark.parametrize("bare", [False, True])
def test_a_sheet_that_spans_more_than_memory_holds_is_refused_at_once(tmp_path, place, bare):
    """One cell in the last corner makes a reader ask for half a terabyte."""
    xml = sheet(TABLE).replace('r="B4"', f'r="{place}"')
    if bare:
        row = re.sub(r"\D", "", place)
        xml = re.sub(r' r="[A-Z]+\d+"', "", sheet([["x"] * 16384, ["1"] * 16384])).replace(
            '<row r="2"', f'<row r="{row}"'
        )
    with pytest.raises(
        WaveError, match=r"sheet 'a': it spans [\d,]+ cells, blank ones too; at most 25,000,000 are read"
    ):
        read(tmp_path, workbook({"a": xml}))


def test_merged_cells_that_overlap_are_refused_and_not_counted_forever(tmp_path):
    many = '<mergeCells count="9">' + '<mergeCell ref="A2:XFD1048576"/>' * 2000 + "</mergeCells>"
    tall = [["x", "y"], *[["1", "2"]] * 20_000]
    with pytest.raises(WaveError, match=r"t\.xlsx, sheet 'a': its merged cells overlap"):
        read(tmp_path, workbook({"a": sheet(tall, many)}))


@pytest.mark.parametrize(("one", "other"), [('r="B4"', 'r="B2"'), ('<row r="4"><c r="A4"', '<row r="4"><c r="A2"')])
def test_a_cell_that_stands_twice_is_refused(tmp_path, one, other):
    with pytest.raises(WaveError, match=r"the cell [AB]2 stands in it twice"):
        read(tmp_path, workbook({"a": sheet(TABLE).replace(one, other)}))


def test_the_sheet_that_is_shown_is_read_and_not_one_that_is_hidden(tmp_path):
    content = workbook({"weg": sheet([["x", "y"], ["9", "9"]]), "a": sheet(TABLE)}, states=["veryHidden"])
    assert read(tmp_path, content)["y"].tolist() == [2, 4, 6]


def test_a_changed_number_in_a_stored_workbook_is_seen_by_its_checksum(tmp_path):
    content = workbook({"a": sheet(TABLE)}, compress=False).replace(b"<v>5</v>", b"<v>4</v>")
    with pytest.raises(WaveError, match="can't be read as an Excel workbook"):
        read(tmp_path, content)


def test_what_a_cell_says_is_not_taken_for_its_place(tmp_path):
    of = [["x", "tekst"], ["1", 'zie r="A1" en <f>'], ["2", 'zie r="A1" t="e"']]
    assert read(tmp_path, workbook({"a": sheet(of)}))["x"].tolist() == [1, 2]


@pytest.mark.parametrize("claimed", [600 * 2**20, 10**6, 0])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, claimed):
    """600 MB in 600 kB, whatever size the archive claims for it."""
    content = bomb(claimed)
    assert len(content) < 10**6
    tracemalloc.start()
    with pytest.raises(WaveError, match="at most 500 MB is read" if claimed > 10**6 else "as an Excel workbook"):
        read(tmp_path, content)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 50 * 2**20
