"""`mkb21sem compare` from the command line: what it writes, and what it refuses."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from mkb21sem.cli import app
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.synthetic_waves import planted

SMALL = "CUL =~ CUL01 + CUL02 + CUL03 + CUL04\nREP =~ REP01 + REP02 + REP03 + REP04 + REP05\nREP ~ CUL\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder with a small model."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.sem").write_text(SMALL, encoding="utf-8")
    return tmp_path


def run(*arguments):
    """The command's outcome."""
    return CliRunner().invoke(app, ["compare", *arguments])


def test_the_shipped_waves(here):
    done = run("--model", "small.sem", "--lang", "nl", "--out", "out")
    assert done.exit_code == 0, done.output
    content = json.loads((here / "out" / "results.json").read_text(encoding="utf-8"))
    assert content["synthetic"] is True
    found = {(line["item"], int(line["wave"][6:10])) for line in content["released"]}
    assert found == {place for place in planted() if place[0][:3] in ("CUL", "REP")}
    page = (here / "out" / "waves.html").read_text(encoding="utf-8")
    assert 'lang="nl"' in page
    assert "Synthetische data" in page
    assert 'src="http' not in page
    assert "<link" not in page
    assert "<script" not in page
    for name in ("ladder.svg", "trend.png", "forest1.svg", "diagram.svg", "tables/drift.csv", "tables/criteria.csv"):
        assert (here / "out" / name).is_file(), name
    ladder = pd.read_csv(here / "out" / "tables" / "ladder.csv", sep=";", decimal=",")
    assert ladder["rung"].tolist() == ["configural", "metric", "scalar", "strict"]


def test_files_and_a_grouping(here):
    answers = synthetic_wave().answers.reset_index()
    answers.to_csv("first2012.csv", index=False)
    answers.sample(frac=1, replace=True, random_state=1).assign(respondent=range(len(answers))).to_csv(
        "second2014.csv", index=False
    )
    done = run("first2012.csv", "second2014.csv", "--model", "small.sem", "--ordinal", "--out", "two")
    assert done.exit_code == 0, done.output
    content = json.loads((here / "two" / "results.json").read_text(encoding="utf-8"))
    assert content["waves"] == ["first2012", "second2014"]
    assert content["ordinal"] is True
    assert content["holds"] == "residuals"
    done = run("first2012.csv", "--group", "ZZP", "--model", "small.sem", "--out", "zzp")
    assert done.exit_code == 0, done.output
    content = json.loads((here / "zzp" / "results.json").read_text(encoding="utf-8"))
    assert content["waves"] == ["ZZP = 0", "ZZP = 1"]


REFUSED = {
    ("lonely.csv",): "one wave file is given",
    ("--mapping", "map.csv"): "describe wave files",
    ("a.csv", "b.csv"): "a.csv",
    ("--model", "nothing"): "no file and no shipped name",
}


@pytest.mark.parametrize("arguments", REFUSED, ids=str)
def test_what_is_refused(here, arguments):
    done = run(*arguments, "--out", "out")
    assert done.exit_code == 2
    assert REFUSED[arguments] in done.output
    assert not (here / "out").exists()
