"""A fitted model in other programs' words says all of it, and lavaan reads it to our numbers."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mkb21sem import Fit, FitError, Model, Moments, OptionError, cli, fit, synthetic_wave
from mkb21sem.report.handover.folder import PROGRAMS, export
from mkb21sem.report.handover.mplus import mplus_input, short_names
from mkb21sem.report.handover.terms import statement
from tests.lavaan import reference

THREE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
REPUTATION = [f"REP0{i}" for i in range(1, 6)]
ITEMS = "REP =~ " + " + ".join(REPUTATION)


def two_waves(names: list[str]) -> pd.DataFrame:
    waves = {"2012": synthetic_wave(), "2014": synthetic_wave(7)}
    return pd.concat([wave.frame(names).assign(wave=year) for year, wave in waves.items()], ignore_index=True)


def holes(frame: pd.DataFrame) -> pd.DataFrame:
    items = [f"x{i}" for i in range(1, 10)]
    out = frame.copy()
    out[items] = out[items].mask(np.random.default_rng(1).random((len(out), 9)) < 0.1)
    return out


def weighted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(w=np.where(np.arange(len(frame)) % 3 == 0, 2.0, 0.5))


MODEL = Model.read("mkb21")
FITS: dict[str, Callable[[], Fit]] = {
    "ML": lambda: fit(MODEL, synthetic_wave()),
    "MLR": lambda: fit(MODEL, synthetic_wave(), "MLR"),
    "FIML": lambda: fit(Model.parse(THREE), holes(reference.data("hs_ml")), "MLR", missing="fiml"),
    "WLSMV": lambda: fit(
        Model.parse(f"{ITEMS}\nREP ~ OMV01"), synthetic_wave(), "WLSMV", missing="pairwise", parameterization="delta"
    ),
    "two waves": lambda: fit(
        MODEL, two_waves(list(MODEL.observed)), "MLR", group="wave", equal=("loadings", "intercepts")
    ),
    "two ordinal waves": lambda: fit(
        Model.parse(ITEMS), two_waves(REPUTATION), "WLSMV", group="wave", ordered=True, equal=("loadings", "thresholds")
    ),
    "constraint": lambda: fit(
        Model.parse("f =~ x1 + a*x2 + b*x3 + x4\nCONSTRAINT(a + b = 1.5)"), reference.data("hs_ml")
    ),
    "weights": lambda: fit(Model.parse(THREE), weighted(reference.data("hs_ml")), "MLR", weights="w"),
    "bound": lambda: fit(Model.parse("f =~ x1 + a*x2 + b*x3 + x4\nBOUND(0, 0.5) b"), reference.data("hs_ml")),
}


@cache
def fitted(case: str) -> Fit:
    return FITS[case]()


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R with lavaan")
@pytest.mark.parametrize("case", FITS)
def test_lavaan_reads_the_script_to_the_same_numbers(case: str, tmp_path: Path) -> None:
    """The script prints its own largest difference; lavaan's optimiser stops some 1e-6 from the minimum."""
    export(fitted(case), "lavaan", tmp_path / "out", synthetic=True)
    ran = subprocess.run(["Rscript", "model.R"], cwd=tmp_path / "out", capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    est, se = map(float, re.findall(r"(?:estimates|errors) ([\d.e+-]+)", ran.stdout.splitlines()[-1]))
    assert est < (5e-5 if case == "bound" else 1e-5)
    assert se < 1e-5


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R with lavaan")
def test_lavaan_reads_moments_to_the_same_numbers(tmp_path: Path) -> None:
    export(fitted("ML"), "lavaan", tmp_path / "out", data="moments", synthetic=True)
    assert not (tmp_path / "out" / "respondents.csv").exists()
    ran = subprocess.run(["Rscript", "model.R"], cwd=tmp_path / "out", capture_output=True, text=True, check=True)
    assert float(re.findall(r"estimates ([\d.e+-]+)", ran.stdout)[-1]) < 1e-5


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R with lavaan")
def test_lavaan_reads_moments_of_two_groups_to_the_same_numbers(tmp_path: Path) -> None:
    found = fit(Model.parse(THREE), reference.data("hs_school_configural_ml"), group="school", equal=("loadings",))
    export(found, "lavaan", tmp_path / "out", data="moments")
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"cov_1.csv", "cov_2.csv", "mean_1.csv", "mean_2.csv"} <= files
    assert "respondents.csv" not in files
    ran = subprocess.run(["Rscript", "model.R"], cwd=tmp_path / "out", capture_output=True, text=True, check=True)
    assert float(re.findall(r"estimates ([\d.e+-]+)", ran.stdout)[-1]) < 1e-5


@pytest.mark.parametrize("case", FITS)
def test_every_free_parameter_is_stated_once(case: str) -> None:
    """Free cells, equal ones counted once, minus what a linear constraint gives: the fit's own count."""
    found = fitted(case)
    stated = statement(found)
    cells = [cell for term in stated.terms for cell in term.cells]
    given = {one.label for one in stated.combinations}
    own = {cell.label for cell in cells if cell.fixed is None and cell.label} - given
    behind = {label for one in stated.combinations for _, label in one.parts}
    alone = sum(cell.fixed is None and not cell.label for cell in cells)
    assert alone + len(own | behind) == found.layout.k


@pytest.mark.parametrize("case", ["ML", "WLSMV", "two waves", "bound"])
def test_mplus_lines_are_short_and_names_too(case: str) -> None:
    found = fitted(case)
    text = mplus_input(found, title="A title", made="Made here", notice="A notice")
    assert max(map(len, text.splitlines())) <= 90
    names = re.search(r"NAMES =(.*?);", text, re.DOTALL).group(1).split()
    assert len({name.lower() for name in names}) == len(names)
    assert max(map(len, names)) <= 8
    loadings = [row.group for row in found.layout.rows if row.arrow.op == "=~"]
    # With several groups the statements for all stand before those of each.
    assert text.count(" BY ") == len(loadings) + (loadings.count(1) if len(found.layout.groups) > 1 else 0)


@pytest.mark.parametrize(
    ("case", "lines", "absent"),
    [
        ("weights", ["  WEIGHT = wgt;", "DATA: FILE = respondents.dat; LISTWISE = ON;"], "CONSTRAINT"),
        ("FIML", ["DATA: FILE = respondents.dat;"], "LISTWISE"),
        ("constraint", ["MODEL CONSTRAINT:", "  f BY x3* (c3);", "  c3 = -1*a + 1.5;"], "WEIGHT"),
        ("bound", ["MODEL CONSTRAINT:", "  b > 0;", "  b < 0.5;"], "WEIGHT"),
    ],
)
def test_mplus_is_told_weights_holes_and_constraints(case: str, lines: list[str], absent: str) -> None:
    text = mplus_input(fitted(case), title="A title", made="Made here", notice="A notice")
    assert set(lines) <= set(text.splitlines())
    assert absent not in text


def test_a_fit_that_did_not_converge_is_not_handed_over(tmp_path: Path) -> None:
    failed = replace(fitted("ML"), converged=False, cause="the variance of REP01 went below zero")
    with pytest.raises(FitError, match="a fit without a minimum has nothing to hand over: the variance of REP01 went"):
        export(failed, "lavaan", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_names_for_mplus_stay_apart() -> None:
    short = short_names(["reputation_1", "reputation_2", "Reputatieé", "x"])
    assert short == {"reputation_1": "reputati", "reputation_2": "reputat2", "Reputatieé": "Reputat3", "x": "x"}


def test_semopy_runs_its_script(tmp_path: Path) -> None:
    export(fit(Model.parse(THREE), reference.data("hs_ml")), "semopy", tmp_path / "out")
    ran = subprocess.run([sys.executable, "model.py"], cwd=tmp_path / "out", capture_output=True, text=True, check=True)
    assert re.search(r"visual +textual|textual +~~ +visual|visual +~~ +textual", ran.stdout)


def test_amos_gives_every_explained_variable_a_residual(tmp_path: Path) -> None:
    export(fitted("ML"), "amos", tmp_path / "out", synthetic=True)
    text = (tmp_path / "out" / "model.vb").read_text(encoding="utf-8")
    for name in ("REP01", "REP", "INTENS"):
        assert f'"{name} <--- e_{name} (1)"' in text
    assert '"e_MOT_PR <--> e_ERV_PR"' in text
    assert '"CUL <--> OMG"' in text


@pytest.mark.parametrize("to", PROGRAMS)
def test_the_folder_says_what_it_holds(to: str, tmp_path: Path) -> None:
    found = fitted("ML")
    export(found, to, tmp_path / "real")
    export(found, to, tmp_path / "synthetic", synthetic=True)
    real, synthetic = ((tmp_path / name / "README.txt").read_text(encoding="utf-8") for name in ("real", "synthetic"))
    assert "Synthetic data" in synthetic
    assert "Synthetic" not in real
    assert ("NOT FOR SHARING" in real) == (to != "pack")
    rows = {path.name for path in (tmp_path / "real").iterdir() if path.suffix in (".csv", ".dat")}
    assert ("respondents.csv" in rows or "respondents.dat" in rows) == (to != "pack")


def test_a_pack_of_ordinal_statistics_is_named(tmp_path: Path) -> None:
    found = fit(Model.parse(ITEMS), synthetic_wave(), "WLSMV")
    export(found, "pack", tmp_path / "out")
    acov = pd.read_csv(tmp_path / "out" / "acov.csv", index_col=0)
    assert list(acov.index[:2]) == ["REP01|t1", "REP01|t2"]
    assert "REP01~~REP02" in acov.columns
    np.testing.assert_allclose(acov.to_numpy() * found.moments.total, found.moments.ordinal[0].gamma)


@pytest.mark.parametrize(
    ("case", "to", "data", "message"),
    [
        ("MLR", "lavaan", "moments", "MLR needs the rows; moments suffice"),
        ("ML", "mplus", "moments", "goes with --to lavaan"),
        ("WLSMV", "semopy", "rows", "Export it to lavaan or mplus"),
        ("WLSMV", "amos", "rows", "Export this fit to lavaan or mplus"),
        ("ML", "lisrel", "rows", "to must be lavaan, mplus"),
    ],
)
def test_what_a_program_cannot_take_is_said(case: str, to: str, data: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=message):
        export(fitted(case), to, tmp_path / "out", data=data)
    assert not (tmp_path / "out").exists()


def test_printed_moments_have_no_rows(tmp_path: Path) -> None:
    frame = reference.data("hs_ml")[[f"x{i}" for i in range(1, 10)]]
    found = fit(Model.parse(THREE), Moments(cov=frame.cov(), n=len(frame)))
    with pytest.raises(OptionError, match="--data moments"):
        export(found, "lavaan", tmp_path / "out")
    export(found, "lavaan", tmp_path / "out", data="moments")
    assert (tmp_path / "out" / "cov.csv").exists()


def test_the_command_on_any_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    weighted(reference.data("hs_ml")).to_csv("table.csv", index=False)
    Path("own.sem").write_text(THREE, encoding="utf-8")
    given = ["export", "--table", "--model", "own.sem", "--to", "pack", "--out", "out"]
    lacking = CliRunner().invoke(cli.app, given)
    assert lacking.exit_code == 2
    assert "--table describes a file; name it." in lacking.output
    done = CliRunner().invoke(cli.app, [*given, "table.csv", "--weights", "w", "--estimator", "MLR"])
    assert done.exit_code == 0, done.output
    assert "Synthetic" not in Path("out/README.txt").read_text(encoding="utf-8")
    np.testing.assert_allclose(pd.read_csv("out/estimates.csv")["est"], fitted("weights").table()["est"], atol=1e-6)


def test_the_command(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.app, ["export", "--to", "mplus", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "Synthetic data" in done.output
    wrong = CliRunner().invoke(cli.app, ["export", "--to", "spss", "--out", str(tmp_path / "other")])
    assert wrong.exit_code == 2
    assert "--to must be lavaan" in wrong.output
