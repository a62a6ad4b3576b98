"""Codebooks whose ids or codes would be misunderstood later on."""

import csv
import io

import pytest

from mkb21sem.errors import WaveError
from mkb21sem.survey.codebook import Codebook
from tests.hostile.questions import book

WRONG = {
    "a code below zero": ("codes_nl", "-1=oneens | 0=neutraal | 1=eens", "codes below 0 are kept for missing answers"),
    "an id in other capitals": ("item", "rep02", r"'REP02' stands in row \d+ too"),
    "an id with another zero": ("item", "REP002", r"'REP02' stands in row \d+ too"),
    "a code of 5000 digits": ("codes_nl", f"1=a | {'9' * 5000}=b", "can't be read"),
    "a code that is no exact number": ("codes_nl", "1=a | 12345678901234567890=b", "can't be read"),
    "assumed codes of 5000 digits": ("assumed", "9" * 5000, "names something else than codes"),
    "a base of 5000 digits": ("base_n", "9" * 5000, "is not a number of respondents"),
    "an id of 5000 digits": ("item", "AB" + "9" * 5000, "is not letters followed by a number"),
    "a code in Arabic digits": ("codes_nl", "١=a | ٢=b", "can't be read"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_codebook_that_would_be_misunderstood_is_refused(tmp_path, name):
    column, value, message = WRONG[name]
    of = book()
    row = next(row for row in of if row[of[0].index("item")] == "REP01")
    row[of[0].index(column)] = value
    file = io.StringIO()
    csv.writer(file).writerows(of)
    (tmp_path / "book.csv").write_text(file.getvalue(), encoding="utf-8")
    with pytest.raises(WaveError, match=message):
        Codebook.read(tmp_path / "book.csv")
