"""The planning report: the page, its pictures and files, in both languages, and what the command refuses."""

import json
import re
from importlib.resources import files

import pandas as pd
import pytest
from typer.testing import CliRunner

from mkb21sem import Hypothesis, Model, OptionError, synthetic_wave
from mkb21sem.commands.power import _values
from mkb21sem.report.charts.power import detectable, power_curves
from mkb21sem.report.planning.page import page, save
from mkb21sem.report.planning.study import Settings, plan
from mkb21sem.report.planning.tables import every_table
from mkb21sem.report.words import Words, texts
from mkb21sem.survey import population as invented


@pytest.fixture(scope="module")
def made():
    wave, claims = (
        synthetic_wave(),
        [each for each in Hypothesis.read("mkb21") if each.id in ("H1b", "H7", "H11", "H16")],
    )
    settings = Settings((150, 256), draws=40, cutoffs=20)
    return plan(wave, Model.read("mkb21"), (*claims, Hypothesis("Z", "OMG", "REP")), None, settings)


def test_folder(made, tmp_path):
    save(made, tmp_path / "out", "nl")
    found = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {"power.html", "results.json", "power.svg", "detectable.png", "power_fit.svg"} <= found
    assert {"power_required.csv", "power_by_n.csv", "power_population.csv", "power_cutoffs.csv"} <= found
    html = (tmp_path / "out" / "power.html").read_text(encoding="utf-8")
    assert Words("nl").plain("banner") in html
    assert "Hoenig" in html
    assert not re.search(r"src=\"http|href=\"http(?!s://doi\.org/10\.)", html)
    told = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert told["data"]["synthetic"] is True
    assert {row["method"] for row in told["power"]} == {"analytic", "simulated"}
    assert told["left_out"][0]["id"] == "Z"
    assert told["cutoffs"]["table"][0]["index"] == "cfi"


def test_every_text_is_used_and_there():
    template = files("mkb21sem.report").joinpath("pages", "planning.html").read_text(encoding="utf-8")
    literal = set(re.findall(r'words(?:\.plain)?\(["\']([\w. ]+)["\'](?! ~)', template))
    assert literal <= set(texts())


def test_tables_are_numbered_as_they_stand(made):
    words = Words("en", made.wave.codebook.label)
    tables = every_table(made, words)
    html = page(made, words, tables, [])
    shown = [int(number) for number in re.findall(r"<b>Table (\d+)</b>", html)]
    assert shown == list(range(1, len(shown) + 1))
    assert len(shown) == 6


def test_pictures_say_what_they_show(made):
    words = Words("en", made.wave.codebook.label)
    curves = power_curves(made.power, 256, words)
    assert "H7 100%" in curves.alt
    effects = detectable(made.sensitivity.dropna(subset="smallest"), 256, words)
    assert "H11 .22" in effects.alt


def test_sensitivity_names_what_cannot_be_tested(made):
    row = made.sensitivity.set_index("id").loc["Z"]
    assert pd.isna(row["smallest"])
    assert "no arrow" in row["reason"]


def test_values_from_a_file(tmp_path):
    path = tmp_path / "values.csv"
    invented.population().to_csv(path, index=False)
    pd.testing.assert_frame_equal(_values(str(path)), invented.population(), check_dtype=False)
    with pytest.raises(OptionError, match="neither"):
        _values("nothing.csv")
    path.write_text("lhs,op,rhs,value\nMOT,~,CUL,high\n", encoding="utf-8")
    with pytest.raises(OptionError, match="row 2, column value: 'high'"):
        _values(str(path))
    path.write_text("lhs,rhs\nMOT,CUL\n", encoding="utf-8")
    with pytest.raises(OptionError, match="no column op, value"):
        _values(str(path))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--n", "many"], "whole numbers parted by commas"),
        (["--n", "10"], "at least 20"),
        (["--draws", "-1"], "--draws must be between 0 and 1,000,000"),
        (["--missing", "1.5"], "share between 0 and 1"),
        (["--population", "guess"], "neither"),
    ],
)
def test_command_refuses(arguments, said, tmp_path):
    from mkb21sem import cli

    run = CliRunner().invoke(cli.app, ["power", *arguments, "--out", str(tmp_path / "out")])
    assert run.exit_code == 2
    assert said in " ".join(run.output.split())
    assert not (tmp_path / "out").exists()


def test_command(tmp_path, monkeypatch):
    from mkb21sem import cli

    monkeypatch.setenv("COLUMNS", "160")
    claims = tmp_path / "two.toml"
    claims.write_text('[[hypothesis]]\nid = "A"\npath = "CUL -> MOT"\n[[hypothesis]]\nid = "B"\npath = "OMG -> MOT"\n')
    given = ["--n", "200,400", "--hypotheses", str(claims), "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(cli.app, ["power", *given])
    assert run.exit_code == 0, run.output
    assert "Culture → Motives" in run.output
    assert (tmp_path / "out" / "power.html").exists()
