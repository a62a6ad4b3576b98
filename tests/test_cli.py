import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39
from typer.testing import CliRunner

from mkb21sem import __version__, cli
from mkb21sem.errors import FitError
from mkb21sem.survey.synthetic import synthetic_wave
from tests.lavaan.reference import HERE, load

TWO_LONELY_PAIRS = "f =~ x1 + x2\ng =~ x3 + x4\nh =~ x5 + x6 + x7\nf ~~ 0*g\nf ~~ 0*h"
ESTIMATE = ["estimate", "--model", "m.sem", "--data", "t.csv"]
SPEC = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"


@pytest.fixture(scope="session")
def answers():
    """The codes of the synthetic wave as its file has them."""
    return synthetic_wave().answers.reset_index()


@pytest.fixture(scope="session")
def scores():
    return holzinger39.get_data()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def changed(frame, **columns):
    """A frame with single cells changed: column=(row from 0, value)."""
    frame = frame.copy().astype(object)
    for name, (row, value) in columns.items():
        frame.loc[frame.index[row], name] = value
    return frame


# --- bad input: what is wrong with it → the command, the words that must be said, the exit code ---------------------

WAVES = {
    "misspelt column": (lambda a: a.rename(columns={"REP01": "REP1"}), ["column REP1", "Rename it to REP01"]),
    "code out of range": (lambda a: changed(a, REP02=(3, 7)), ["row 5", "column REP02", "value 7", "1-5"]),
    "text in a number column": (lambda a: changed(a, MOT01=(5, "veel")), ["row 7", "column MOT01", "'veel'", "text"]),
    "broken routing": (
        lambda a: changed(a, NIE01=(int(np.flatnonzero(a["MOT01"] > 0)[0]), 1)),
        ["column NIE01", "non-users"],
    ),
    "duplicate respondent": (
        lambda a: a.assign(respondent=[1, 1, *a["respondent"][2:]]),
        ["rows 2 and 3", "column respondent", "more than one respondent"],
    ),
}


@pytest.mark.parametrize("name", WAVES)
@pytest.mark.parametrize("command", ["survey", "reproduce"])
def test_a_bad_wave_is_told_with_its_place_and_writes_nothing(here, answers, name, command):
    spoil, words = WAVES[name]
    spoil(answers).to_csv("wave.csv", index=False)
    result = run("survey", "wave.csv") if command == "survey" else run("reproduce", "--data", "wave.csv")
    assert result.exit_code == (1 if command == "survey" else 2)
    assert all(word in result.output for word in ["wave.csv", *words]), result.output
    assert "Traceback" not in result.output
    assert files(here) == ["wave.csv"]


BYTES = {
    "empty file": (b"", "is empty"),
    "only a header": (b"respondent,REP01\n", "no answers under it"),
    "wrong delimiter": (b"x1|x2|x3\n1|2|3\n4|5|6\n", "expected a comma, semicolon or tab"),
    "wrong encoding": (b"x1,x2\n1,\x81\xe9\n", "neither UTF-8 nor Windows-1252"),
    "not a table at all": (b"\x00\x01\x02\x03" * 20, "not a text file"),
    "a workbook called csv": (b"PK\x03\x04" + b"0" * 50, "is a .xlsx file by its content"),
    "a ragged row": (b"x1,x2\n1,2\n1,2,3\n", "row 3"),
}


@pytest.mark.parametrize("name", BYTES)
@pytest.mark.parametrize("command", ["survey", "reproduce", "estimate"])
def test_a_file_that_can_not_be_read_is_told_and_writes_nothing(here, name, command):
    content, words = BYTES[name]
    Path("answers.csv").write_bytes(content)
    Path("m.sem").write_text(SPEC)
    options = {
        "survey": ["survey", "answers.csv"],
        "reproduce": ["reproduce", "--data", "answers.csv"],
        "estimate": ["estimate", "--model", "m.sem", "--data", "answers.csv", "--out", "out"],
    }
    result = run(*options[command])
    assert result.exit_code == (1 if command == "survey" else 2)
    assert words in result.output, result.output
    assert "answers.csv" in result.output
    assert "Traceback" not in result.output
    assert files(here) == ["answers.csv", "m.sem"]


TABLES = {
    "unknown column": (lambda s: s, SPEC.replace("x9", "x99"), ["`x99`", "no such column", "Closest: x9"]),
    "text in a number column": (lambda s: changed(s, x2=(4, "abc")), SPEC, ["row 6", "column x2", "'abc'"]),
    "constant item": (lambda s: s.assign(x3=2.0), SPEC, ["constant: x3"]),
    "copied item": (lambda s: s.assign(x3=s["x2"]), SPEC, ["collinear", "x2", "x3"]),
    "fewer rows than variables": (lambda s: s.head(8), SPEC, ["8 ", "9 variables", "more rows than variables"]),
    "nothing left": (lambda s: s.assign(x1=np.nan), SPEC, ["no row has an answer on every variable"]),
    "a typo in the spec": (lambda s: s, SPEC.replace("=~ x4", "=~~ x4"), ["m.sem, line 2", "`=~~`", "^^^"]),
    "an empty spec": (lambda s: s, "# nothing\n", ["m.sem"]),
    "too many parameters": (lambda s: s, "visual =~ x1 + x2\n", ["df = -1", "identified"]),
    "not identified": (lambda s: s, TWO_LONELY_PAIRS, ["not identified"]),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_bad_table_or_model_is_told_and_writes_nothing(here, scores, name):
    spoil, spec, words = TABLES[name]
    spoil(scores).to_csv("table.csv", index=False)
    Path("m.sem").write_text(spec)
    result = run("estimate", "--model", "m.sem", "--data", "table.csv", "--out", "out")
    assert result.exit_code == 2, result.output
    assert all(word in result.output for word in words), result.output
    assert "Traceback" not in result.output
    assert files(here) == ["m.sem", "table.csv"]


OPTIONS = {
    "unknown model": (["reproduce", "--model", "mkb22"], ["no shipped name", "Closest: mkb21"]),
    "unknown hypotheses": (["reproduce", "--hypotheses", "no.toml"], ["`no.toml`"]),
    "unknown language": (["reproduce", "--lang", "de"], ["de"]),
    "unknown command": (["reprodce"], ["reproduce"]),
    "no such file": (["reproduce", "--data", "wave2014.csv"], ["wave2014.csv", "no such file"]),
    "codes without a file": (["reproduce", "--missing-codes", "-99"], ["name it by --data"]),
    "codes that are none": (["survey", "m.sem", "--missing-codes", "none"], ["--missing-codes must be numbers"]),
    "unknown estimator": ([*ESTIMATE, "--estimator", "MLX"], ["estimator", "ML"]),
    "unknown group": ([*ESTIMATE, "--group", "schol"], ["`schol`", "school"]),
    "output over a file": ([*ESTIMATE, "--out", "t.csv"], ["a file of that name"]),
    "output over the working folder": (["reproduce", "--out", "."], ["the folder you work in"]),
    "output over a folder of someone else": (["reproduce", "--out", "mine"], ["did not write", "notes.txt"]),
    "unknown estimator of the main job": (["reproduce", "--estimator", "MLX"], ["--estimator must be auto, ML"]),
    "unknown treatment of the main job": (["reproduce", "--missing", "no"], ["--missing must be auto, listwise"]),
    "no estimator of the main job": (["reproduce", "--estimator", ""], ["--estimator must be auto, ML"]),
    "no treatment of the main job": (["reproduce", "--missing", ""], ["--missing must be auto, listwise"]),
    "codebook that is none": (["survey", "t.csv", "--codebook", "t.csv"], ["t.csv"]),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_wrong_option_is_told_and_writes_nothing(here, scores, name):
    arguments, words = OPTIONS[name]
    scores.to_csv("t.csv", index=False)
    Path("m.sem").write_text(SPEC)
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    before = files(here)
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert all(word in result.output for word in words), result.output
    assert "Traceback" not in result.output
    assert files(here) == before


def test_all_problems_of_a_wave_are_listed_at_once(here, answers):
    bad = changed(answers, REP02=(3, 7), MOT01=(5, "veel"), CUL01=(8, 0))
    bad.to_csv("wave.csv", index=False)
    result = run("survey", "wave.csv")
    assert "3 problem(s):" in result.output
    assert all(word in result.output for word in ("column REP02", "column MOT01", "column CUL01"))


# --- what works ------------------------------------------------------------------------------------------------------


def test_survey_of_a_good_wave(here, answers):
    answers.to_csv("wave.csv", index=False)
    result = run("survey", "wave.csv")
    assert result.exit_code == 0
    assert "314 respondents, 256 users" in result.output
    assert "nobody chose 4 (daily), 5 (continuously)" in result.output


def test_survey_with_codes_that_mean_no_answer(here, answers):
    changed(answers, REP02=(int(np.flatnonzero(answers["REP02"] > 0)[0]), 99)).to_csv("wave.csv", index=False)
    assert run("survey", "wave.csv").exit_code == 1
    assert run("survey", "wave.csv", "--missing-codes", "99").exit_code == 0


def test_estimate_prints_and_writes_the_numbers_of_holzinger_and_swineford(here, scores):
    scores.to_csv("hs.csv", index=False)
    Path("hs.sem").write_text(SPEC)
    result = run("estimate", "--model", "hs.sem", "--data", "hs.csv", "--out", "out")
    assert result.exit_code == 0, result.output
    assert all(word in result.output for word in ("85.306", "0.931", "0.092", "0.065", "−3,737.745", "7,517.490"))
    assert files(here / "out") == ["README.txt", "estimates.csv", "fit.csv", "r_squared.csv", "results.json"]
    estimates = pd.read_csv("out/estimates.csv")
    results = json.loads(Path("out/results.json").read_text(encoding="utf-8"))
    assert list(estimates.columns[:3]) == ["lhs", "op", "rhs"]
    assert set(estimates["op"]) == {"=~", "~~"}
    np.testing.assert_array_equal(estimates["est"], [row["est"] for row in results["estimates"]])
    assert results["data"]["n"] == 301
    assert results["second_opinion"]["agrees"] is True
    assert results["hypotheses"] == []


def test_estimate_takes_missing_codes_and_counts_the_rows_left_out(here, scores):
    changed(scores, x1=(0, -99), x5=(1, -99), x9=(2, "")).to_csv("hs.csv", index=False)
    Path("hs.sem").write_text(SPEC)
    result = run("estimate", "--model", "hs.sem", "--data", "hs.csv", "--missing-codes", "-99")
    assert result.exit_code == 0, result.output
    assert "N = 298" in result.output
    assert "3 row(s) left out" in result.output


def test_estimate_in_groups(here, scores):
    scores.to_csv("hs.csv", index=False)
    Path("hs.sem").write_text(SPEC)
    result = run("estimate", "--model", "hs.sem", "--data", "hs.csv", "--group", "school", "--out", "out")
    assert result.exit_code == 0, result.output
    assert "115.851" in result.output
    results = json.loads(Path("out/results.json").read_text(encoding="utf-8"))
    assert results["data"]["groups"] == {"Pasteur": 156, "Grant-White": 145}


LAVAAN = {
    "robust": ("hs_mlr", []),
    "incomplete": ("hs_fiml", ["--missing", "fiml"]),
    "incomplete and robust": ("hs_fiml_mlr", ["--missing", "fiml"]),
    "two schools, equal loadings": ("hs_school_loadings_ml", ["--group", "school", "--equal", "loadings"]),
    "two schools, some arrows released": (
        "hs_school_partial_ml",
        ["--group", "school", "--equal", "loadings, intercepts", "--free", "visual=~x3,x7~1,x3~1"],
    ),
    "ordinal": ("ord5_wlsmv", ["--ordered", "u1,u2,u3,u4,u5,u6,u7,u8,u9"]),
    "ordinal, every item": ("ord5_wlsmv", ["--ordered", "all"]),
    "ordinal, theta": ("ord5_wlsmv_theta", ["--ordered", "all", "--parameterization", "theta"]),
    "ordinal, variances of one": ("ord5_stdlv_wlsmv", ["--ordered", "all", "--std-lv"]),
    "ordinal, pairwise": ("ord5_missing_pairwise_wlsmv", ["--ordered", "all", "--missing", "pairwise"]),
    "weights": ("weighted_mlr", ["--weights", "w"]),
    "weights and means": ("weighted_meanstructure_mlr", ["--weights", "w", "--meanstructure"]),
    "causes that are estimated": ("hs_mimic_random_ml", ["--no-fixed-x"]),
}


@pytest.mark.parametrize("name", LAVAAN)
def test_estimate_with_every_option_has_the_test_of_lavaan(here, name):
    case, options = LAVAAN[name]
    reference = load(case)
    model, table = reference.case.path, HERE / "data" / f"{reference.case.data}.csv"
    arguments = ["estimate", "--model", model, "--data", table, "--estimator", reference.case.estimator, *options]
    result = run(*arguments, "--out", "out")
    assert result.exit_code == 0, result.output
    results = json.loads(Path("out/results.json").read_text(encoding="utf-8"))
    tested = [key for key in ("chisq", "df", "chisq.scaled", "chisq.scaling.factor") if key in reference.fit]
    assert len(tested) >= 2
    for key in tested:
        assert results["fit"][key] == pytest.approx(reference.fit[key], rel=1e-4 if "scal" in key else 1e-6), key
    shown = "chisq.scaled" if "chisq.scaled" in reference.fit else "chisq"
    assert f"{reference.fit[shown]:.3f}" in result.output
    assert results["model"]["missing"] == reference.case.missing
    assert results["fit"]["npar"] == reference.fit["npar"]


REFUSED = {
    "ordinal without names": (["--estimator", "WLSMV"], ["needs to know which items are ordinal"]),
    "ordinal with a name that is none": (["--estimator", "WLSMV", "--ordered", "u1"], ["`u1` is no variable"]),
    "fiml of an estimator that has none": (["--estimator", "GLS", "--missing", "fiml"], ["goes with ML or MLR"]),
    "no estimator": (["--estimator", ""], ["--estimator must be ML"]),
    "no treatment": (["--missing", ""], ["--missing must be listwise"]),
    "unknown treatment": (["--missing", "impute"], ["--missing must be listwise"]),
    "unknown equality": (["--group", "school", "--equal", "loading"], ["loadings"]),
    "unknown arrow released": (["--group", "school", "--equal", "loadings", "--free", "x=~y"], ["x=~y"]),
    "unknown weights": (["--weights", "wt"], ["wt"]),
    "text as weights": (["--weights", "school"], ["school"]),
    "unknown parameterization": (["--parameterization", "beta"], ["delta, theta"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_options_of_estimate_that_do_not_go_together_are_told(here, scores, name):
    options, words = REFUSED[name]
    scores.to_csv("t.csv", index=False)
    Path("m.sem").write_text(SPEC)
    result = run(*ESTIMATE, *options)
    assert result.exit_code == 2, result.output
    assert all(word in result.output for word in words), result.output
    assert "Traceback" not in result.output


def test_estimate_never_cuts_a_number_on_a_narrow_terminal(here, scores, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    scores.to_csv("hs.csv", index=False)
    Path("hs.sem").write_text(SPEC)
    result = run("estimate", "--model", "hs.sem", "--data", "hs.csv")
    assert "…" not in result.stdout
    assert "0.554   0.100" in result.stdout


def test_a_wave_given_to_estimate_is_sent_to_reproduce(here, answers):
    answers.to_csv("wave.csv", index=False)
    result = run("estimate", "--model", "mkb21", "--data", "wave.csv")
    assert result.exit_code == 2
    assert "mkb21sem reproduce --model" in result.output


def test_reproduce_of_a_file_with_a_model_and_hypotheses_of_ones_own(here, answers):
    answers.to_csv("wave.csv", index=False)
    Path("own.sem").write_text("# title: Own\nREP =~ REP01 + REP02 + REP03\nREP ~ INTENS\nINTENS ~ OMV01\n")
    Path("own.toml").write_text('[[hypothesis]]\nid = "H1"\npath = "INTENS -> REP"\nsign = "-"\n')
    own = ["reproduce", "--data", "wave.csv", "--model", "own.sem", "--out", "o"]
    result = run(*own, "--hypotheses", "own.toml", "--lang", "nl")
    assert result.exit_code == 0, result.output
    assert "tegengesteld" in result.output
    assert str(here / "o" / "report.html") in result.output
    results = json.loads(Path("o/results.json").read_text(encoding="utf-8"))
    assert results["data"]["synthetic"] is False
    assert results["data"]["file"] == "wave.csv"
    assert [row["verdict"] for row in results["hypotheses"]] == ["opposite"]
    # Without a file of hypotheses every arrow is one.
    run(*own)
    results = json.loads(Path("o/results.json").read_text(encoding="utf-8"))
    assert [row["path"] for row in results["hypotheses"]] == ["INTENS → REP", "OMV01 → INTENS"]


def test_reproduce_by_an_estimator_that_is_asked_for(here):
    Path("own.sem").write_text("REP =~ REP01 + REP02 + REP03\nREP ~ INTENS\n")
    result = run("reproduce", "--model", "own.sem", "--out", "o", "--estimator", "ML")
    assert result.exit_code == 0, result.output
    results = json.loads(Path("o/results.json").read_text(encoding="utf-8"))
    assert (results["model"]["estimator"], results["model"]["missing"]) == ("ML", "listwise")
    assert results["model"]["reason"]["rule"] == "asked"
    assert results["beside"]["estimator"] == "WLSMV"
    assert results["beside"]["fit"]["chisq.scaled"] is not None


def test_own_hypotheses_about_variables_that_the_model_lacks_are_refused(here):
    Path("own.toml").write_text('[[hypothesis]]\nid = "H1"\npath = "INTES -> REP"\n')
    result = run("reproduce", "--hypotheses", "own.toml")
    assert result.exit_code == 2
    assert "`INTES` is not in the model" in result.output
    assert "INTENS" in result.output


def test_not_converging_has_an_exit_code_of_its_own_and_still_a_report(here):
    Path("odd.sem").write_text("F =~ REP01 + REP02 + REP03\nG =~ REG01 + SEC01\nF ~ G\n")
    result = run("reproduce", "--model", "odd.sem")
    assert result.exit_code == 3
    assert "did not converge" in result.output
    assert "Synthetic data" in result.output
    assert Path("out/report.html").exists()


@pytest.mark.parametrize("command", [[], ["reproduce"], ["survey"], ["estimate"], ["infer"]])
def test_help_has_an_example(command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert not command or f"Example: mkb21sem {command[0]}" in result.output


def test_version():
    result = run("--version")
    assert result.exit_code == 0
    assert result.output.strip() == f"mkb21sem {__version__}"


# --- faults ----------------------------------------------------------------------------------------------------------


def broken(error):
    def read(*given):
        raise error

    return read


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ZeroDivisionError("by zero"), 70, "ZeroDivisionError"),
        (KeyboardInterrupt(), 130, "Stopped"),
        (FitError("[bold]not[/bold] this"), 2, "[bold]not[/bold] this"),
    ],
)
def test_a_fault_is_a_short_message(here, monkeypatch, error, code, words):
    monkeypatch.setattr("mkb21sem.specify.model.Model.read", broken(error))
    monkeypatch.delenv("MKB21SEM_TRACEBACK", raising=False)
    result = run("reproduce")
    assert result.exit_code == code
    assert words in result.output
    assert "Traceback" not in result.output
    assert files(here) == []


def test_the_traceback_is_shown_when_asked_for(here, monkeypatch):
    monkeypatch.setattr("mkb21sem.specify.model.Model.read", broken(ZeroDivisionError("by zero")))
    monkeypatch.setenv("MKB21SEM_TRACEBACK", "1")
    result = run("reproduce")
    assert result.exit_code == 70
    assert "Traceback" in result.output


def test_the_main_job_as_a_program_in_a_terminal_without_unicode(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "mkb21sem.cli", "reproduce", "--out", "out"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Synthetic data: nothing about real firms follows from this." in done.stdout
    assert "supported" in done.stdout
    assert str(tmp_path / "out" / "report.html") in done.stdout
    assert files(tmp_path / "out")[:4] == ["diagram.pdf", "diagram.png", "diagram.svg", "report.html"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


# --- what every command that reads a wave takes ---------------------------------------------------------------------


@pytest.mark.parametrize("command", ["survey", "describe", "validate", "infer", "power", "export"])
def test_a_mapping_is_read_by_every_command_that_reads_a_wave(command, answers, here):
    answers.rename(columns={"REP01": "Q17_1"}).to_csv("wave.csv", index=False)
    Path("mapping.csv").write_text("column,item,answer,code\nQ17_1,REP99,,\n", encoding="utf-8")
    done = run(command, "wave.csv", "--mapping", "mapping.csv")
    assert done.exit_code == 2, done.output
    assert "mapping.csv" in done.output
    assert "REP99" in done.output
    assert files(here) == ["mapping.csv", "wave.csv"]
