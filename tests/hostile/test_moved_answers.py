"""Answers that stand in the wrong column without the file looking wrong."""

import pytest

from mkb21sem.errors import WaveError
from mkb21sem.survey.readers import read_table


def test_a_delimiter_in_an_open_answer_moves_no_answers(tmp_path):
    """The last answer was blank, so that the moved row is longer by an empty cell only."""
    (tmp_path / "t.csv").write_text("naam,opmerking,x,y\na,goed,1,2\nb,goed,5,4,\nc,fijn,3,4\n")
    with pytest.raises(WaveError, match="row 3: 5 cells, but the header names 4 columns"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize("text", ["x,y\n1,2,\n3,4,\n", "x,y,\n1,2,\n3,4\n", "x,y,,\n1,2,,\n3,4,,\n"])
def test_a_delimiter_behind_every_row_or_behind_the_header_is_none(tmp_path, text):
    (tmp_path / "t.csv").write_text(text)
    assert read_table(tmp_path / "t.csv").frame.to_numpy().tolist() == [[1, 2], [3, 4]]
