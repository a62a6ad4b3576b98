"""Names of models, groups and titles that are paths or pieces of a program: text everywhere, executed nowhere."""

from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from mkb21sem import Model, fit
from mkb21sem.report.handover.folder import export
from tests.hostile.case import command
from tests.hostile.specs import sample
from tests.hostile.tables import rows, text

R = 'a"); file.create("pwned"); c("b'
NAMES = ("../../evil", "/etc/evil", R, "CON", "x" * 300, "a\nb\rc", "'; DROP TABLE x; --", "{0}%s\\", "<b>&", "=1+1")
PYTHON = '"""\nopen("pwned", "w")\n"""'
SPEC = f"# title: {R} {' '.join(PYTHON.split())}\n# source: {' '.join(PYTHON.split())}\nf =~ x1 + x2 + x3 + x4"


def grouped(one: str, other: str) -> pd.DataFrame:
    table = pd.concat([sample()] * 2, ignore_index=True)
    return table.assign(g=[(one, other)[i % 2] for i in range(len(table))])


@pytest.mark.parametrize("name", NAMES)
def test_groups_and_models_with_any_name_stay_in_the_folder(tmp_path, name):
    """A file is called by what it is, never by what a user called a group or a model."""
    found = fit(Model.parse(SPEC, name=name), grouped(name, "b"), group="g")
    expected = {"README.txt", "results.json", "respondents.dat", "drawing.txt"}
    expected |= {f"model.{ending}" for ending in ("R", "inp", "txt", "vb")}
    for to in ("lavaan", "mplus", "jasp", "amos", "smartpls"):
        export(found, to, tmp_path / to)
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in paths if path.suffix != ".csv"} <= expected | {
        f"model.{e}" for e in ("R", "inp", "txt", "vb")
    }
    assert all(path.parent.parent == tmp_path for path in paths)
    for script in (tmp_path / "mplus" / "model.inp", tmp_path / "amos" / "model.vb"):
        lines = script.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.startswith(("b", "c", " b"))] == []


@pytest.mark.skipif(not shutil.which("Rscript"), reason="no R on this machine")
def test_r_takes_a_group_for_text(tmp_path):
    """The script is parsed by R, and none of its calls is the one in the group's name."""
    export(fit(Model.parse(SPEC), grouped(R, "a\\"), group="g"), "lavaan", tmp_path / "out")
    call = "x <- parse('model.R'); cat(any(grepl('file.create', unlist(lapply(x, all.names)))), length(x))"
    done = subprocess.run(["Rscript", "-e", call], cwd=tmp_path / "out", capture_output=True, text=True, check=True)
    found, count = done.stdout.split()
    assert found == "FALSE"
    assert int(count) > 5


def test_python_takes_a_title_for_text(tmp_path):
    export(fit(Model.parse(SPEC), sample()), "semopy", tmp_path / "out")
    tree = ast.parse((tmp_path / "out" / "model.py").read_text(encoding="utf-8"))
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called == {"print"}


@pytest.mark.parametrize("name", ["../golf.csv", "a b;c&d.csv", "CON.csv", "-x.csv", "é日本.csv", "%s{0}.csv", "'.csv"])
def test_a_wave_file_with_an_odd_name_is_read_and_nothing_else_is_touched(tmp_path, monkeypatch, name):
    here = tmp_path / "hier"
    here.mkdir()
    monkeypatch.chdir(here)
    Path(name).write_bytes(text(rows()))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    said = command("survey", "--", name)()
    assert "40 respondents" in said
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
