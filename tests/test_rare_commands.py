"""Ways to call the commands that seldom come by, and what their exit codes and last lines say."""

from __future__ import annotations

import inspect
import io
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from mkb21sem import Fit, cli, fit
from mkb21sem.commands import compare, planned, report
from mkb21sem.commands.record import restored
from mkb21sem.commands.shell import progress
from mkb21sem.report.dossier import page as dossier
from mkb21sem.report.planning import study as planning
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import for_model
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Rules, freeze
from mkb21sem.survey.synthetic import draw_answers, synthetic_wave

SMALL = "CUL =~ CUL01 + CUL02 + CUL03 + CUL04\nCUL ~ OMV01\n"
WHEN = datetime(2014, 3, 1, tzinfo=UTC)
FITTED = ("report.quick", "report.inference.inference", "report.drawing.fits")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model, a wave and its table."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Path("small.sem").write_text(SMALL, encoding="utf-8")
    answers = synthetic_wave().answers
    answers.reset_index().to_csv("wave.csv", index=False)
    answers[["CUL01", "CUL02", "CUL03", "CUL04", "OMV01"]].to_csv("table.csv", index=False)
    return tmp_path


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    return done.exit_code, " ".join(done.output.split())


def test_ctrl_c_before_a_command_begins_ends_with_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(cli, "app", stop)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    assert terminal.errors == "replace"


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fit finds a minimum."""

    def lost(*given: object, **how: object) -> Fit:
        found = fit(*given, **how)
        return replace(found, converged=False, cause="no minimum after 9 steps.", vcov=found.vcov * np.nan)

    for room in FITTED:
        monkeypatch.setattr(f"mkb21sem.{room}.fit", lost)


NOT_CONVERGED = {
    "estimate": ("--model", "small.sem", "--data", "table.csv", "--out", "out"),
    "infer": ("wave.csv", "--model", "small.sem", "--estimator", "MLR", "--no-robustness", "--out", "out"),
    "diagram": ("wave.csv", "--model", "small.sem", "--estimator", "MLR", "--out", "drawn.svg"),
}


@pytest.mark.usefixtures("stuck")
@pytest.mark.parametrize("command", NOT_CONVERGED)
def test_every_command_that_fits_ends_with_3_if_there_is_no_minimum(here: Path, command: str) -> None:
    code, said = run(command, *NOT_CONVERGED[command])
    assert code == 3, said
    assert "no minimum after 9 steps." in said
    assert "Synthetic" not in said
    assert (here / NOT_CONVERGED[command][-1]).exists()


@pytest.mark.usefixtures("stuck")
def test_an_output_without_a_minimum_is_verified_like_any_other(here: Path) -> None:
    assert run("estimate", *NOT_CONVERGED["estimate"])[0] == 3
    code, said = run("verify", "out", "--data", "table.csv")
    assert code == 0, said
    assert said.startswith("mkb21sem estimate --data table.csv --model small.sem The same: ")
    content = json.loads(Path("out/results.json").read_text(encoding="utf-8"))
    content["run"]["line"] = ""
    Path("out/results.json").write_text(json.dumps(content), encoding="utf-8")
    code, said = run("verify", "out", "--data", "table.csv")
    assert code == 0, said
    assert "mkb21sem estimate" not in said
    assert "The same: " in said


def test_a_model_without_hypotheses_has_no_verdicts_to_print(here: Path) -> None:
    Path("scale.sem").write_text("F =~ CUL01 + CUL02 + OMG01 + OMG02\n", encoding="utf-8")
    names = [
        name for name in synthetic_wave().answers if str(name).startswith(("GEB", "CUL01", "CUL02", "OMG01", "OMG02"))
    ]
    synthetic_wave().answers[names].to_csv("few.csv", index=False)
    code, said = run("reproduce", "--data", "few.csv", "--model", "scale.sem", "--estimator", "MLR")
    assert code == 0, said
    assert "Verdict" not in said
    assert "report.html" in said


REFUSED = {
    "a mapping of waves for one wave": (
        ("compare", "wave.csv", "--group", "OMV01", "--mapping", "table.csv"),
        "--mapping and several codebooks are for several waves; one wave file is given.",
    ),
    "two codebooks for one drawing": (
        ("diagram", "wave.csv", "--codebook", "table.csv", "--codebook", "wave.csv", "--out", "x.svg"),
        "2 codebooks are given for 1 wave file(s).",
    ),
    "values in another encoding": (
        ("power", "wave.csv", "--population", "values.csv"),
        "values.csv can't be read as CSV in UTF-8: 'utf-8' codec can't decode byte 0xe9",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_option_is_told(here: Path, name: str) -> None:
    arguments, words = REFUSED[name]
    Path("values.csv").write_bytes("lhs,op,rhs,value\nCUL,~,caf\u00e9,0.3\n".encode("cp1252"))
    code, said = run(*arguments)
    assert code == 2, said
    assert words in said


def test_synthetic_waves_are_drawn_side_by_side(here: Path) -> None:
    code, said = run("diagram", "--model", "small.sem", "--group", "wave", "--estimator", "MLR", "--out", "waves.svg")
    assert code == 0, said
    svg = Path("waves.svg").read_text(encoding="utf-8")
    assert all(f"MKB21 {year}" in svg for year in (2012, 2014, 2016))
    assert "Synthetic data" in said


def test_simulated_power_and_cut_offs_are_printed_and_counted(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, plan = [], planning.plan

    def kept(*asked: object, **how: object) -> planning.Plan:
        made.append(plan(*asked, **how))
        return made[-1]

    monkeypatch.setattr(planning, "plan", kept)
    given = ("power", "wave.csv", "--model", "small.sem", "--n", "100", "--draws", "20", "--cutoffs", "20")
    code, said = run(*given, "--out", "out")
    assert code == 0, said
    assert "Synthetic" not in said
    assert "Analytic" in said
    assert "cfi" in said.lower()
    (whole,) = made
    monkeypatch.setattr(
        planning, "plan", lambda *asked, **how: replace(whole, stopped=True, power=replace(whole.power, stopped=True))
    )
    code, said = run(*given, "--out", "out")
    assert code == 130, said
    assert "topped" in said
    assert Path("out/power.html").exists()


def test_the_dossier_of_the_synthetic_wave_says_so_first(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dossier, "dossier", lambda *given, **how: SimpleNamespace(words=Words("nl")))
    monkeypatch.setattr(dossier, "save", lambda *given: None)
    monkeypatch.setattr(dossier, "brief", lambda of: ["Een zin."])
    code, said = run("validate", "--lang", "nl", "--out", "uit")
    assert code == 0, said
    assert said.startswith(f"{Words('nl').plain('banner')} Een zin.")


def test_what_is_asked_goes_before_what_was_planned() -> None:
    model = Model.parse(SMALL)
    plan = freeze(model, for_model(model), Rules(intervals="bca", draws=900, seed=4), "1.0", WHEN)
    assert planned.sampled(plan, None, None, None) == ("bca", 900, 4)
    assert planned.sampled(plan, "delta", None, None) == ("delta", 0, 4)
    assert planned.sampled(plan, None, 200, 7) == (None, 200, 7)


def test_declarations_come_from_the_file_that_is_named_or_the_plan(here: Path) -> None:
    Path("own.toml").write_text('[study]\napproach = "Strictly confirmatory."\n', encoding="utf-8")
    model = Model.parse(SMALL)
    bare = planned.Specified("small", model, (), (), "MLR", "fiml", None)
    assert report._declared(None, bare)[1] is False
    own, claimed = report._declared("own.toml", bare)
    assert (own.approach, claimed) == ("Strictly confirmatory.", True)
    plan = replace(freeze(model, for_model(model), Rules(), "1.0", WHEN), study=own)
    assert report._declared(None, replace(bare, plan=plan)) == (own, True)


def test_of_several_waves_the_last_is_reported(here: Path) -> None:
    draw_answers(5, 80).to_csv("wave2014.csv", index=False)
    wave, waves = report._read([Path("wave.csv"), Path("wave2014.csv")], [], (), None)
    assert (wave.n, wave.name) == (80, "wave2014")
    assert waves.names == ("wave", "wave2014")


def test_a_report_without_convergence_ends_with_3(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = SimpleNamespace(converged=False, cause="no minimum was found")
    of = SimpleNamespace(
        found=found,
        wave=SimpleNamespace(synthetic=False),
        inference=SimpleNamespace(stopped=True, plan=None, deviations=(), promises=()),
        plan=None,
    )
    monkeypatch.setattr("mkb21sem.report.publication.analysis.analyse", lambda *given, **how: of)
    monkeypatch.setattr("mkb21sem.report.publication.publish.save", lambda *given: ())
    code, said = run("report", "wave.csv", "--lang", "en", "--out", "out")
    assert code == 3, said
    assert said.startswith(Words("en").plain("not_converged"))
    assert "no minimum was found" in said


def test_several_files_of_a_record_are_found_again(here: Path) -> None:
    taken = {"file": "a.csv", "sha256": "11"}, {"file": "b.csv", "sha256": "22"}
    known = {"11": here / "wave.csv", "22": here / "table.csv"}
    name = next(name for name, given in inspect.signature(compare.compare).parameters.items() if "files" in name)
    found = restored(compare.compare, {name: list(taken)}, here / "laid", known)[name]
    assert [path.name for path in found] == ["a.csv", "b.csv"]
    assert [path.read_bytes() for path in found] == [known[key].read_bytes() for key in ("11", "22")]
    assert restored(compare.compare, {name: []}, here / "laid", known) == {name: []}


def test_what_stays_to_be_read_is_said_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as step:
        step.say("120 of 500 draws were kept from before.")
    told = capsys.readouterr()
    assert "120 of 500 draws were kept from before." in told.err
    assert told.out == ""
