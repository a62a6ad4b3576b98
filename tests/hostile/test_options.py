"""Options that would only fail after long computing: refused before."""

from __future__ import annotations

import os

import pytest

from mkb21sem.commands.power import MOST, _count, _sizes
from mkb21sem.errors import OptionError
from mkb21sem.report.inference.inference import Sampling
from mkb21sem.report.outputs import replaceable


def test_more_draws_than_memory_holds_are_refused():
    with pytest.raises(OptionError, match="at most 1,000,000 are made"):
        Sampling.asked("bca", 10**30, 1, 1, "loky")
    with pytest.raises(OptionError, match="between 0 and 1,000,000"):
        _count("--draws", MOST + 1)
    with pytest.raises(OptionError, match=f"at most 1,000,000 respondents can be planned; got {'9' * 30}"):
        _sizes(f"100,{'9' * 30}")


@pytest.mark.parametrize("name", ["file/out", "file/a/b/out", "x" * 300, "a\0b", "/dev/full/out"])
def test_a_place_where_no_folder_can_be_made_is_refused_before_anything_is_computed(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x")
    if name.startswith("/dev") and not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    with pytest.raises(OptionError, match=r"^--out .* can't be written"):
        replaceable(tmp_path / name)


@pytest.mark.parametrize("workers", [0, -1, 10**6])
def test_a_million_processes_are_not_started(workers):
    """Also where no draws are asked for and none would be started."""
    with pytest.raises(OptionError, match=r"workers"):
        Sampling.asked(None, 0, 1, workers, "loky")
