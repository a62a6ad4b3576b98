"""Files that are too large, or no files at all: refused at once, without being read."""

from __future__ import annotations

import os
import resource

import pytest

from mkb21sem.errors import Mkb21Error, SpecError, WaveError
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.survey.readers import LARGEST, read_cells

TWO_GB = 2 * 2**30


@pytest.fixture
def large(tmp_path):
    """A file of 2 GB that takes no place on the disk."""

    def write(name: str):
        path = tmp_path / name
        with path.open("wb") as file:
            file.write(b"respondent,REP01\n1,5\n")
            file.truncate(TWO_GB)
        return path

    return write


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".sav"])
def test_a_wave_of_two_gigabytes(large, ending):
    path = large(f"golf{ending}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WaveError, match=r"golf\.\w+ is 2,048 MB; at most 500 MB is read"):
        read_cells(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


@pytest.mark.parametrize("read", [Model.read, Hypothesis.read])
def test_a_model_or_hypothesis_file_of_two_gigabytes(large, read):
    with pytest.raises(SpecError, match="is 2,048 MB; at most 5 MB of text is read"):
        read(large("m.sem"))


def test_the_limit_leaves_room_for_the_largest_surveys():
    """A million respondents of the 89 questions in codes, with two hundred letters each of open answers."""
    assert LARGEST > (89 * 3 + 200) * 1_000_000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "golf.csv")
    with pytest.raises(WaveError, match="is a device or a pipe"):
        read_cells(tmp_path / "golf.csv")
    with pytest.raises(Mkb21Error):
        Model.read(tmp_path / "golf.csv")
