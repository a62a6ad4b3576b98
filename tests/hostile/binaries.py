"""Wave files of Excel and SPSS: the same in another dress, wrong on purpose, spoiled at random."""

from __future__ import annotations

import io
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat

from mkb21sem.survey.wave import Wave
from tests.hostile.case import EITHER, REFUSED, RIGHT, Case, rng_of
from tests.hostile.tables import Rows, answers, bomb, letters, rows, sheet, spoiled_bytes, workbook
from tests.hostile.waves import (
    OPEN,
    a_cell_too_few,
    a_cell_too_many,
    an_open_answer_without_quotes,
    as_before,
    like_likert,
    pick,
    place,
)
from tests.hostile.waves import WRONG as WRONG_ROWS

Rng = np.random.Generator

ODD_CELLS = (
    *("<c><f>1+1</f></c>", "<c><f>A1</f><v></v></c>", '<c t="e"><v>#REF!</v></c>', '<c t="e"><v>#N/A</v></c>'),
    *('<c t="b"><v>1</v></c>', '<c t="b"><v>0</v></c>', "<c><v>1e999</v></c>", "<c><v>abc</v></c>"),
    *('<c t="s"><v>0</v></c>', '<c t="d"><v>2026-09-02</v></c>', "<c><v>-1</v></c>", "<c><v>3.5</v></c>"),
    '<c t="str"><f>"x"</f><v>x</v></c>',
)
SHIFTED = (a_cell_too_many, a_cell_too_few, an_open_answer_without_quotes)
"""In a sheet a row may be longer or shorter than the header, so that these may go unseen."""
WRONG_SHEETS = tuple(each for each in WRONG_ROWS if each not in SHIFTED)


def dressed(rng: Rng) -> tuple[str, bytes]:
    of, done = rows(), []
    if rng.random() < 0.5:
        of = [[*row, word] for row, word in zip(of, ["Opmerking", *(pick(rng, OPEN) for _ in of[1:])], strict=True)]
        done.append("open answers")
    if rng.random() < 0.3:
        of = [of[0], *[[f"<c><f>1*{value}</f><v>{value}</v></c>" if value.isdecimal() else value for value in row]
                       for row in of[1:]]]  # fmt: skip
        done.append("formulas with values")
    sheets, states = {"antwoorden": sheet(of, first=int(rng.integers(1, 4)))}, [""]
    draw = rng.random()
    if draw < 0.2:
        sheets, states = {"leeg": sheet([]), **sheets}, ["", ""]
        done.append("an empty sheet first")
    elif draw < 0.4:
        sheets, states = {"geheim": sheet([["x", "y"], ["1", "2"]]), **sheets}, ["hidden", ""]
        done.append("a hidden sheet first")
    elif draw < 0.6:
        sheets = {**sheets, "<&\"' =cmd()": sheet([["x"], ["1"]])}
        done.append("another sheet")
    compress = bool(rng.random() < 0.7)
    macro = {"xl__vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(64)} if rng.random() < 0.2 else {}
    return ", ".join(done) or "plain", workbook(sheets, states, compress, **macro)


def wrong(rng: Rng) -> tuple[str, bytes]:
    draw = rng.random()
    if draw < 0.4:
        what, of = pick(rng, WRONG_SHEETS)(rng, rows())
        if any("\x01" in value for row in of for value in row):  # XML has no such character
            return wrong(rng)
        return what, workbook({"a": sheet(of)})
    if draw < 0.75:
        of = rows()
        i, j = place(rng, of, like_likert)
        of[i][j] = pick(rng, ODD_CELLS)
        return f"{of[0][j]} holds {of[i][j][:24]}", workbook({"a": sheet(of)})
    return pick(rng, (merged, exploding, far, cut_off, not_a_workbook, twice))(rng, rows())


def merged(rng: Rng, of: Rows) -> tuple[str, bytes]:
    i, j = place(rng, of, like_likert)
    i = min(i, len(of) - 2)
    of[i + 1][j] = ""
    area = f"{letters(j)}{i + 1}:{letters(j)}{i + 2}"
    return "merged cells", workbook({"a": sheet(of, f'<mergeCells count="1"><mergeCell ref="{area}"/></mergeCells>')})


def exploding(rng: Rng, of: Rows) -> tuple[str, bytes]:
    return "a zip bomb", bomb(pick(rng, (600 * 2**20, 10**6, 0, 2**32 - 2)))


def far(rng: Rng, of: Rows) -> tuple[str, bytes]:
    last = pick(rng, ("XFD1048576", "ZZ1048576", "AAA999999", "XFD9999"))
    return "a cell in the last corner", workbook({"a": sheet(of).replace('r="B4"', f'r="{last}"')})


def cut_off(rng: Rng, of: Rows) -> tuple[str, bytes]:
    content = workbook({"a": sheet(of)})
    return "cut off", content[: int(rng.integers(5, len(content) - 30))]


def not_a_workbook(rng: Rng, of: Rows) -> tuple[str, bytes]:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(pick(rng, ("mimetype", "word/document.xml", "../../evil.xml", "xl/workbook.bin")), "x")
    return "an archive that is no workbook", content.getvalue()


def twice(rng: Rng, of: Rows) -> tuple[str, bytes]:
    return "a cell that stands twice", workbook({"a": sheet(of).replace('r="B4"', 'r="B3"')})


def workbooks(number: int, seed: int = 2012) -> Case:
    rng = rng_of("workbook", number, seed)
    draw = rng.random()
    if draw < 0.25:
        what, content = dressed(rng)
        return Case("workbook", number, what, RIGHT, _read_xlsx, {"golf.xlsx": content}, as_before)
    if draw < 0.75:
        what, content = wrong(rng)
        return Case("workbook", number, what, REFUSED, _read_xlsx, {"golf.xlsx": content})
    good = workbook({"a": sheet(rows())}, compress=bool(rng.random() < 0.5))
    content = spoiled_bytes(good, rng, 2)
    return Case("workbook", number, "bytes", EITHER, _read_xlsx, {"golf.xlsx": content}, as_before)


def _read_xlsx() -> Wave:
    return Wave.read("golf.xlsx")


# ------------------------------------------------------------------------------------------------------------- SPSS


def sav(of: Any, **options: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "golf.sav"
        pyreadstat.write_sav(of, str(path), **options)
        return path.read_bytes()


@cache
def good_sav(compress: bool) -> bytes:
    return sav(answers().reset_index().astype(float), compress=compress)


def wrong_sav(rng: Rng) -> tuple[str, bytes]:
    frame = answers().reset_index().astype(float)
    draw = int(rng.integers(0, 6))
    name = pick(rng, [str(each) for each in frame if like_likert(str(each))])
    known = np.flatnonzero(frame[name] > 0)
    if draw == 0:
        frame.loc[int(pick(rng, known)), name] = pick(rng, (6.0, 0.0, 99.0, 2.5, -1.0, 1e300))
        return f"{name} out of range", sav(frame)
    if draw == 1:
        labels = {1.0: "helemaal mee eens", 5.0: "helemaal mee oneens"}
        return "labels the other way round", sav(frame, variable_value_labels={"CUL01": labels})
    if draw == 2:
        frame.loc[1, "respondent"] = frame.loc[0, "respondent"]
        return "a respondent twice", sav(frame)
    if draw == 3:
        return f"{name} as words", sav(frame.assign(**{name: pick(rng, ("veel", "<b>", "=1+1", "4 5"))}))
    content = good_sav(bool(draw == 4))
    return "cut off", content[: int(rng.integers(4, len(content) - 1))]


def dressed_sav(rng: Rng) -> tuple[str, bytes]:
    frame = answers().reset_index().astype(float)
    if rng.random() < 0.5:
        frame["Opmerking"] = [pick(rng, OPEN)[:200] for _ in range(len(frame))]
    titles = {str(name): pick(rng, OPEN)[:80] for name in list(frame)[:5]}
    return "open answers and titles", sav(frame, column_labels=titles, compress=bool(rng.random() < 0.5))


def codes_only(found: Wave) -> str:
    """Without a checksum in the file a changed byte can be a changed answer; but never one that doesn't exist."""
    for id in found.answers:
        allowed = {*found.codebook[str(id)].codes, -7, -8, -9}
        if not set(found.answers[id]) <= allowed:
            return f"{id} holds {set(found.answers[id]) - allowed}"
    return "" if found.n == len(answers()) else f"{found.n} respondents of {len(answers())}"


def spss(number: int, seed: int = 2012) -> Case:
    rng = rng_of("spss", number, seed)
    draw = rng.random()
    if draw < 0.2:
        what, content = dressed_sav(rng)
        return Case("spss", number, what, RIGHT, _read_sav, {"golf.sav": content}, as_before)
    if draw < 0.7:
        what, content = wrong_sav(rng)
        return Case("spss", number, what, REFUSED, _read_sav, {"golf.sav": content})
    content = spoiled_bytes(good_sav(bool(rng.random() < 0.5)), rng, 2)
    return Case("spss", number, "bytes", EITHER, _read_sav, {"golf.sav": content}, codes_only)


def _read_sav() -> Wave:
    return Wave.read("golf.sav")
