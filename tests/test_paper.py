"""The manuscript is printed offline from results.json alone, and no result is typed in it."""

import importlib.util
import json
import re
from pathlib import Path
from shutil import copy

import pytest
import typst

from mkb21sem import Hypothesis, Model, synthetic_wave
from mkb21sem.report.reproduce import reproduce

PAPER = Path(__file__).parent.parent / "paper"
LENGTH = re.compile(r"\d+(\.\d+)?(pt|cm|em|fr|%)")


def load_build():
    spec = importlib.util.spec_from_file_location("paper_build", PAPER / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = load_build()


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper") / "out"
    reproduce(synthetic_wave(), Model.read("mkb21"), Hypothesis.read("mkb21"), folder)
    return folder


def rewritten(results, folder, change):
    """A copy of the results in which one thing is another."""
    found = json.loads((results / "results.json").read_text(encoding="utf-8"))
    change(found)
    (folder / "results.json").write_text(json.dumps(found), encoding="utf-8")
    copy(results / "diagram.svg", folder / "diagram.svg")
    return folder


def marks(results, folder):
    """How often the word synthetic stands in a page's head."""
    return json.loads(typst.query(str(build.lay_out(results, folder)), "<synthetic>", root=str(folder)))


def test_it_prints(results, tmp_path):
    printed = build.build(results, tmp_path / "mkb21.pdf")
    assert printed.startswith(b"%PDF")
    assert (tmp_path / "mkb21.pdf").read_bytes() == printed
    assert printed == build.build(results)
    assert 2 <= len(build.build(results, format="svg")) <= 4


CHANGES = {
    "an estimate": lambda r: r["hypotheses"][4].update(std=0.77),
    "a verdict": lambda r: r["hypotheses"][4].update(verdict="opposite"),
    "a fit index": lambda r: r["fit"].update({"cfi.robust": 0.5}),
    "a loading": lambda r: r["estimates"][1].update(std=0.11),
    "the number of respondents": lambda r: r["data"].update(n=999),
    "the estimator": lambda r: r["model"].update(estimator="GLS"),
    "not converged": lambda r: r["model"].update(converged=False, cause="the arrows form a loop"),
    "no hypotheses": lambda r: r.update(hypotheses=[]),
    "nothing beside": lambda r: r.pop("beside"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_it_says_comes_from_the_results(results, tmp_path, name):
    assert build.build(rewritten(results, tmp_path, CHANGES[name])) != build.build(results)


def test_every_page_says_synthetic_and_no_page_of_a_real_wave_does(results, tmp_path):
    pages = build.build(results, format="svg")
    (tmp_path / "synthetic").mkdir()
    assert len(marks(results, tmp_path / "synthetic")) == len(pages)
    (tmp_path / "real").mkdir()
    real = rewritten(results, tmp_path, lambda r: r["data"].update(synthetic=False))
    assert marks(real, tmp_path / "real") == []


def test_no_number_is_typed_by_hand(results):
    text = LENGTH.sub("", build.SOURCE.read_text(encoding="utf-8").split("[References]")[0])
    text = re.sub(r"^//.*$", "", text, flags=re.MULTILINE)
    assert re.findall(r"\d*\.\d+", text) == []
    years = {"1974", "1979", "1984", "1987", "1995", "2000", "2012", "2020"}
    level_of_interval, grey, base_of_a_power = "90", "235", "10"
    allowed = {*years, level_of_interval, grey, base_of_a_power}
    assert set(re.findall(r"(?<![\w.])\d{2,}(?![\w.])", text)) <= allowed


def test_a_folder_without_results_is_told_what_to_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="mkb21sem reproduce --out"):
        build.build(tmp_path)
