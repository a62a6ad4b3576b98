"""A plan is sealed; what departs from it is named."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mkb21sem import Hypothesis, Model, SpecError, cli
from mkb21sem.specify.plan import Plan, Rules, deviations, freeze

MODEL = Model.read("mkb21")
CLAIMS = Hypothesis.read("mkb21")
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def frozen(model: Model = MODEL, claims: tuple[Hypothesis, ...] = CLAIMS) -> Plan:
    return freeze(model, claims, Rules("MLR", "fiml", criteria="CFI ≥ .95"), "mkb21sem 0", WHEN)


def test_a_plan_comes_back_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(frozen().text(), encoding="utf-8")
    back = Plan.read(file)
    assert back == frozen()
    assert back.frozen == "2026-01-02T03:04:05+00:00"
    assert deviations(back, MODEL, CLAIMS, "MLR", "fiml") == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sesoi = 0.1\n", "sesoi = 0.3\n"),
        ('estimator = "MLR"', 'estimator = "ML"'),
        ("2026-01-02", "2025-01-02"),
        ("REP =~ REP05", "REP =~ REP04"),
        ('seal = "', 'seal = "0'),
    ],
)
def test_a_plan_that_was_edited_is_refused(old: str, new: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    text = frozen().text()
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SpecError, match="no longer fits its seal"):
        Plan.read(file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks frozen, program, rules, model, hypothesis, seal"),
        ("x = [", "not a plan that can be read"),
        ("seal = 3", "lacks frozen"),
    ],
)
def test_what_is_no_plan(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=message):
        Plan.read(file)
    with pytest.raises(SpecError, match="not a plan that can be read"):
        Plan.read(tmp_path / "absent.toml")


SPEC = """f =~ x1 + x2 + x3
g =~ y1 + a*y2 + y3
g ~ f
x1 ~~ y1
BOUND(0, 2) a"""
PLANNED = "in the model"
CHANGES = {
    "estimator": (SPEC, "ML", "fiml", {("estimator", "estimator", "MLR", "ML")}),
    "missing": (SPEC, "MLR", "listwise", {("missing", "missing", "fiml", "listwise")}),
    "item": (SPEC.replace(" + x3", ""), "MLR", "fiml", {("item dropped", "f =~ x3", PLANNED, "")}),
    "covariance": (SPEC + "\ny3 ~~ x3", "MLR", "fiml", {("covariance freed", "x3 ~~ y3", "", PLANNED)}),
    "arrow": (SPEC + "\ng ~ z", "MLR", "fiml", {("arrow added", "g ~ z", "", PLANNED)}),
    "dropped": (SPEC.replace("\ng ~ f", ""), "MLR", "fiml", {("arrow dropped", "g ~ f", PLANNED, "")}),
    "fixed": (
        SPEC.replace("g ~ f", "g ~ 0.5*f"),
        "MLR",
        "fiml",
        {("arrow changed", "g ~ f", "as by default", "fixed at 0.5")},
    ),
    "turned": (SPEC.replace("x1 ~~ y1", "y1 ~~ x1"), "MLR", "fiml", set()),
    "order": ("\n".join(SPEC.splitlines()[::-1]), "MLR", "fiml", set()),
    "bound": (
        SPEC.replace("(0, 2)", "(0, 3)"),
        "MLR",
        "fiml",
        {("operation", "BOUND(0, 2) a", PLANNED, ""), ("operation", "BOUND(0, 3) a", "", PLANNED)},
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_every_kind_of_departure_is_named(case: str) -> None:
    spec, estimator, missing, expected = CHANGES[case]
    claim = (Hypothesis("H1", "f", "g"),)
    found = deviations(frozen(Model.parse(SPEC), claim), Model.parse(spec), claim, estimator, missing)
    assert {(each.kind, each.what, each.planned, each.done) for each in found} == expected


def test_departures_in_hypotheses() -> None:
    one, two = Hypothesis("H1", "f", "g", sign="+"), Hypothesis("H2", "g", "f")
    plan = frozen(Model.parse(SPEC), (one, two))
    now = (replace(one, sign="", sesoi=0.2, theory="said better"), Hypothesis("H3", "f", "g"))
    found = {(each.kind, each.what) for each in deviations(plan, Model.parse(SPEC), now, "MLR", "fiml")}
    assert found == {
        ("hypothesis changed", "H1: sign"),
        ("hypothesis changed", "H1: sesoi"),
        ("hypothesis dropped", "H2: g → f"),
        ("hypothesis added", "H3: f → g"),
    }


def test_a_plan_needs_hypotheses_with_ids_of_their_own() -> None:
    with pytest.raises(SpecError, match="at least one hypothesis"):
        frozen(MODEL, ())
    with pytest.raises(SpecError, match="two hypotheses are called H1"):
        frozen(MODEL, (Hypothesis("H1", "CUL", "MOT"), Hypothesis("H1", "OMG", "MOT")))


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    return done.exit_code, re.sub(r"\s+", " ", done.output)


def test_the_commands_and_the_report(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    code, said = run("plan", "freeze", "--estimator", "MLR", "--criteria", "CFI at least .95", "--out", file)
    assert code == 0, said
    assert run("plan", "freeze", "--out", file)[0] == 2
    code, said = run("plan", "verify", file)
    assert code == 0
    assert "Unchanged since" in said
    assert "CFI at least .95" in said
    code, said = run("reproduce", "--plan", file, "--model", "mkb21_text", "--out", tmp_path / "out")
    assert code == 0, said
    assert "arrow dropped: REP ~ ERV" in said
    assert "MLR → auto" in said
    content = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))["plan"]
    assert content["seal"] == Plan.read(file).seal
    kinds = [each["kind"] for each in content["deviations"]]
    assert kinds.count("arrow dropped") == 3
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert content["seal"][:16] in page
    assert page.count("arrow dropped") == 3
    assert (tmp_path / "out" / "tables" / "deviations.csv").exists()


def test_a_report_without_a_plan_says_so(tmp_path: Path) -> None:
    code, said = run("reproduce", "--lang", "nl", "--out", tmp_path / "out")
    assert code == 0, said
    assert "Er is geen vastgelegd plan opgegeven" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
