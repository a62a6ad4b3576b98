"""Every command that fits a model says what it does otherwise than a frozen plan: in print, and in what it writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mkb21sem import Model, cli, synthetic_wave
from mkb21sem.commands.fitting import ByHand
from mkb21sem.estimate.choice import choose

SPEC = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f\n"
OTHER = "f =~ x1 + x2\ng =~ y1 + y2 + y3\ng ~ f\ny1 ~~ y2\n"
CLAIM = '[[hypothesis]]\nid = "H1"\npath = "f -> g"\nsign = "+"\n'
HELD = "No deviation from the plan was found"


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    return done.exit_code, re.sub(r"\s+", " ", done.output)


def kinds(folder: Path) -> list[tuple[str, str]]:
    content = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return [(each["kind"], each["what"]) for each in content["plan"]["deviations"]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, two models, and plans for the first."""
    folder = tmp_path_factory.mktemp("planned")
    rng = np.random.default_rng(1)
    f = rng.normal(size=200)
    g = 0.5 * f + rng.normal(size=200)
    table = pd.DataFrame({f"x{i}": f + rng.normal(size=200) for i in (1, 2, 3)})
    table = table.assign(**{f"y{i}": g + rng.normal(size=200) for i in (1, 2, 3)}, weight=1.0, age=30.0)
    table.loc[3, "x2"], table.loc[4, "age"] = np.nan, 12.0
    table.to_csv(folder / "t.csv", index=False)
    (folder / "s.sem").write_text(SPEC, encoding="utf-8")
    (folder / "other.sem").write_text(OTHER, encoding="utf-8")
    (folder / "s.toml").write_text(CLAIM, encoding="utf-8")
    rules = ("--estimator", "MLR", "--missing", "fiml", "--criteria", "CFI at least .9", "--exclusions", "age < 10")
    own = ("--model", folder / "s.sem", "--hypotheses", folder / "s.toml")
    assert run("plan", "freeze", *own, *rules, "--out", folder / "plan.toml")[0] == 0
    assert run("plan", "freeze", *own, "--exclusions", "age < 18", "--out", folder / "auto.toml")[0] == 0
    (folder / "s.sem").unlink()
    return folder


def test_estimate_does_as_planned(files: Path, tmp_path: Path) -> None:
    code, said = run("estimate", "--plan", files / "plan.toml", "--data", files / "t.csv", "--out", tmp_path / "out")
    assert code == 0, said
    assert HELD in said
    assert "“age < 10”: checked; it holds for none" in said
    assert "“CFI at least .9”: met (1.000, robust)" in said
    assert "s: MLR, N = 200," in said
    assert kinds(tmp_path / "out") == []
    assert run("plan", "verify", files / "plan.toml", "--against", tmp_path / "out")[0] == 0


def test_estimate_names_every_departure(files: Path, tmp_path: Path) -> None:
    otherwise = ("--model", files / "other.sem", "--estimator", "ML", "--missing", "listwise", "--weights", "weight")
    code, said = run(
        "estimate", "--plan", files / "plan.toml", "--data", files / "t.csv", *otherwise, "--out", tmp_path / "out"
    )
    assert code == 0, said
    assert kinds(tmp_path / "out") == [
        ("estimator", "estimator"),
        ("missing", "missing"),
        ("option", "weights"),
        ("item dropped", "f =~ x3"),
        ("covariance freed", "y1 ~~ y2"),
    ]
    beside = (tmp_path / "out" / "README.txt").read_text(encoding="utf-8")
    for text in ("Deviations from the plan: 5", "item dropped: f =~ x3", "estimator (MLR → ML)"):
        assert text in said
        assert text in beside
    code, said = run("plan", "verify", files / "plan.toml", "--against", tmp_path / "out")
    assert code == 1
    assert "covariance freed: y1 ~~ y2" in said


def test_a_table_has_no_rule_that_chooses(files: Path) -> None:
    """The planned auto looks at the codebook of a wave; MLR in its place is said to be a deviation."""
    code, said = run("estimate", "--plan", files / "auto.toml", "--data", files / "t.csv")
    assert code == 0, said
    assert "Deviations from the plan: 2" in said
    assert "estimator (auto → MLR)" in said
    assert "planned exclusion not done: age < 18" in said
    code, said = run("estimate", "--data", files / "t.csv")
    assert code == 2
    assert "name a shipped model or a .sem file, or a frozen plan by --plan" in said


def test_export_carries_the_deviations(files: Path, tmp_path: Path) -> None:
    asked = ("--table", files / "t.csv", "--plan", files / "plan.toml")
    code, said = run("export", *asked, "--to", "pack", "--out", tmp_path / "pack")
    assert code == 0, said
    assert HELD in said
    assert kinds(tmp_path / "pack") == []
    code, said = run("export", *asked, "--estimator", "ML", "--out", tmp_path / "rows")
    assert code == 0, said
    assert kinds(tmp_path / "rows") == [("estimator", "estimator")]
    assert "estimator: estimator (MLR → ML)" in (tmp_path / "rows" / "README.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan for three questions about motives and three about experience, tested at .01."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.sem").write_text(
        "MOT =~ MOT03 + MOT05 + MOT07\nERV =~ ERV03 + ERV05 + ERV07\nERV ~ MOT\n", encoding="utf-8"
    )
    (folder / "h.toml").write_text(CLAIM.replace("f -> g", "MOT -> ERV"), encoding="utf-8")
    own = ("--model", folder / "small.sem", "--hypotheses", folder / "h.toml", "--alpha", ".01")
    assert run("plan", "freeze", *own, "--estimator", "WLSMV", "--out", folder / "plan.toml")[0] == 0
    assert run("plan", "freeze", *own, "--out", folder / "auto.toml")[0] == 0
    return folder


@pytest.mark.slow
def test_compare_says_what_no_plan_asked_for(small: Path, tmp_path: Path) -> None:
    """Other level and other estimator than planned, in groups that were not planned."""
    asked = ("--plan", small / "plan.toml", "--group", "ZZP", "--continuous", "--lang", "nl")
    code, said = run("compare", *asked, "--out", tmp_path / "out")
    assert code == 0, said
    assert kinds(tmp_path / "out") == [
        ("estimator", "estimator"),
        ("option", "group"),
        ("hypothesis changed", "H1: alpha"),
    ]
    page = (tmp_path / "out" / "waves.html").read_text(encoding="utf-8")
    for text in ("Afwijkingen van het plan: 3", "hypothese veranderd: H1: alpha (0.01 → 0.05)", "WLSMV → MLR"):
        assert text in said
        assert text in page
    assert run("plan", "verify", small / "plan.toml", "--against", tmp_path / "out")[0] == 1


def test_power_is_that_of_the_plan(small: Path, tmp_path: Path) -> None:
    """The model is the plan's; the level isn't, as the hypotheses are read from their own file."""
    asked = ("--hypotheses", small / "h.toml", "--n", "100")
    code, said = run("power", "--plan", small / "plan.toml", *asked, "--out", tmp_path / "other")
    assert code == 0, said
    assert kinds(tmp_path / "other") == [("hypothesis changed", "H1: alpha")]
    content = json.loads((tmp_path / "other" / "results.json").read_text(encoding="utf-8"))
    assert content["model"]["spec"] == str(Model.read(small / "small.sem"))
    assert "H1: alpha (0.01 → 0.05)" in (tmp_path / "other" / "power.html").read_text(encoding="utf-8")


def test_a_drawing_says_how_many_deviations_it_shows(small: Path, files: Path, tmp_path: Path) -> None:
    out = tmp_path / "d.dot"
    code, said = run("diagram", "--plan", small / "plan.toml", "--lang", "nl", "--out", out)
    assert code == 0, said
    assert "Geen afwijking van het plan" in said
    assert "afwijkingen: 0" in out.read_text(encoding="utf-8")
    code, said = run("diagram", "--plan", small / "plan.toml", "--estimator", "auto", "--group", "ZZP", "--out", out)
    assert code == 0, said
    assert "estimator (WLSMV → auto)" in said
    assert "option that no plan was made for: group (not planned → ZZP)" in said
    assert "deviations: 2" in out.read_text(encoding="utf-8")
    table = ("--table", files / "t.csv", "--plan", files / "auto.toml", "--out", out)
    code, said = run("diagram", *table)
    assert code == 0, said
    assert "estimator (auto → MLR)" in said
    assert "planned exclusion not done: age < 18" in said
    unfitted = ("--unfitted", "--plan", files / "plan.toml", "--model", files / "other.sem", "--out", out)
    code, said = run("diagram", *unfitted)
    assert code == 0, said
    assert "item dropped: f =~ x3" in said
    assert "covariance freed: y1 ~~ y2" in said


def test_a_planned_rule_chooses_for_a_wave() -> None:
    """On a wave the planned `auto` is what the rule of `reproduce` says; what is asked otherwise stays."""
    model, wave = Model.read("mkb21"), synthetic_wave()
    assert ByHand(None, "mkb21", model, "auto", "auto").way(wave) == choose(model, wave).options
    assert ByHand(None, "mkb21", model, "ML", "listwise").way(wave) == {"estimator": "ML", "missing": "listwise"}
