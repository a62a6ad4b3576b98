"""What the README shows is what happens."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from mkb21sem.estimate.estimators import ESTIMATORS

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)


def test_the_code_prints_what_stands_below_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    codes, shown = blocks("python"), blocks("text")
    assert len(codes) == len(shown) == 1
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(codes[0], "README.md", "exec"), {})
    assert printed.getvalue() == shown[0]


def test_it_lists_every_estimator():
    table = TEXT.split("## Estimators")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| ([A-Z]+) \| (\w+) \|", table, flags=re.MULTILINE))
    assert rows == {name: row.items for name, row in ESTIMATORS.items()}


def linked():
    return sorted(set(re.findall(r"\]\(([^)#:]+)\)", TEXT)))


@pytest.mark.parametrize("target", linked())
def test_what_it_points_to_is_there(target):
    assert (ROOT / target).exists()


def test_test_files_it_names_are_there():
    named = re.findall(r"tests/[\w/]+(?:\.py)?", TEXT)
    assert named
    assert not [path for path in named if not (ROOT / path).exists()]


def test_every_step_has_its_folder():
    steps = re.search(r"survey ──▶ .*report", TEXT).group().split(" ──▶ ")
    assert len(steps) == 7
    assert all((ROOT / "mkb21sem" / step).is_dir() for step in steps)


def test_the_drawing_says_that_it_is_synthetic():
    drawing = (ROOT / "docs" / "images" / "mkb21.svg").read_text(encoding="utf-8")
    assert re.search("synthetic", drawing, flags=re.IGNORECASE)
