"""A plan is sealed; what departs from it is named."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomli_w
from typer.testing import CliRunner

from mkb21sem import Hypothesis, Model, SpecError, cli, fit, synthetic_wave
from mkb21sem.estimate.choice import choose
from mkb21sem.report.promised import broken, lines, promises
from mkb21sem.report.words import Words
from mkb21sem.specify.checkable import criteria, exclusions
from mkb21sem.specify.declaration import Declaration
from mkb21sem.specify.deviations import Drawn, deviations
from mkb21sem.specify.plan import Plan, Rules, _content, _seal, freeze

MODEL = Model.read("mkb21")
CLAIMS = Hypothesis.read("mkb21")
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


OWN = """alpha = 0.05
[study]
exclusions = "nobody"
criteria = "CFI at least .95"
[[hypothesis]]
id = "H1"
path = "TOE_M -> INTENS"
sign = "+"
"""


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


def test_departures_in_zeros_declarations_and_draws() -> None:
    claim, zero = Hypothesis("H1", "f", "g"), Hypothesis("Z1", "g", "z", family="zero")
    study = Declaration(exclusions="nobody", criteria="CFI ≥ .95")
    rules = Rules("MLR", "fiml", intervals="bca", draws=5000, seed=3)
    plan = freeze(Model.parse(SPEC), (claim,), rules, "mkb21sem 0", WHEN, (zero,), study)
    options = {"zeros": (zero,), "drawn": Drawn("bca", 5000, 3), "study": study}
    assert deviations(plan, plan.model, (claim,), "MLR", "fiml", **options) == ()
    assert deviations(plan, plan.model, (claim,), "MLR", "fiml") == (), "an analysis without draws departs in none"
    now = {"zeros": (), "drawn": Drawn("percentile", 1000, 4), "study": replace(study, criteria="")}
    found = {
        (each.kind, each.what, each.planned, each.done)
        for each in deviations(plan, plan.model, (claim,), "MLR", "fiml", **now)
    }
    assert found == {
        ("intervals", "intervals", "bca", "percentile"),
        ("draws", "draws", "5000", "1000"),
        ("seed", "seed", "3", "4"),
        ("zero dropped", "Z1: g → z", "registered", ""),
        ("declaration", "criteria", "CFI ≥ .95", "none"),
    }


def test_zeros_and_declarations_are_sealed(tmp_path: Path) -> None:
    zeros, study = Hypothesis.read_zeros("mkb21"), Declaration(design="online survey", criteria='CFI "≥" .95')
    plan = freeze(MODEL, CLAIMS, Rules(draws=500, intervals="bca", seed=1), "mkb21sem 0", WHEN, zeros, study)
    file = tmp_path / "plan.toml"
    file.write_text(plan.text(), encoding="utf-8")
    assert Plan.read(file) == plan
    for old, new in (
        ("online survey", "interviews"),
        ("draws = 500", "draws = 400"),
        ('family = "zero"', 'family = ""'),
    ):
        assert old in plan.text()
        file.write_text(plan.text().replace(old, new, 1), encoding="utf-8")
        with pytest.raises(SpecError, match="no longer fits its seal"):
            Plan.read(file)


def test_every_departure_has_a_name_in_both_languages() -> None:
    kinds = {"estimator", "missing", "intervals", "draws", "seed", "arrow added", "arrow dropped", "item dropped"}
    kinds |= {"covariance freed", "arrow changed", "operation", "declaration", "option", "exclusion"}
    kinds |= {f"{one} {other}" for one in ("hypothesis", "zero") for other in ("added", "dropped", "changed")}
    for lang in ("en", "nl"):
        assert all(Words(lang).has(f"deviation.{kind}") for kind in kinds)


ODD = [
    ("frozen = 2026-01-02", "no longer fits its seal"),
    ("hypothesis = 3", "no longer fits its seal"),
    ("seal = [1]", "no longer fits its seal"),
]


@pytest.mark.parametrize(("line", "message"), ODD)
def test_odd_values_in_an_edited_plan(line: str, message: str, tmp_path: Path) -> None:
    name = line.partition(" ")[0]
    kept = frozen().text().partition("\n[[hypothesis]]") if name == "hypothesis" else (frozen().text(),)
    text = re.sub(rf"^{name} = .*$", line, kept[0], flags=re.MULTILINE)
    if line not in text:
        text = text.replace("frozen =", f"{line}\nfrozen =")
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=message):
        Plan.read(tmp_path / "plan.toml")


@pytest.mark.parametrize(
    "change",
    [
        {"hypothesis": 3},
        {"hypothesis": [3]},
        {"hypothesis": [{"id": "H1", "source": "a", "outcome": "b"}]},
        {"study": {"odd": "x"}},
        {"study": 3},
        {"rules": {"odd": 1}},
        {"model": {"spec": 3}},
    ],
)
def test_a_plan_of_another_version_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    """Sealed anew, by whoever, with something in it that this version does not know."""
    document = _content(frozen()) | change
    (tmp_path / "plan.toml").write_text(tomli_w.dumps(document | {"seal": _seal(document)}), encoding="utf-8")
    with pytest.raises(SpecError):
        Plan.read(tmp_path / "plan.toml")


def test_a_plan_of_which_a_hypothesis_has_an_unknown_field_names_it(tmp_path: Path) -> None:
    document = _content(frozen())
    document["hypothesis"][1]["sings"] = "+"
    (tmp_path / "plan.toml").write_text(tomli_w.dumps(document | {"seal": _seal(document)}), encoding="utf-8")
    with pytest.raises(SpecError, match=r"plan.toml: a hypothesis has no `sings`. Closest: sign"):
        Plan.read(tmp_path / "plan.toml")


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
    assert "Will be checked: CFI at least .95." in said
    assert "Words, which no program checks: “None beyond the routing" in said
    assert run("plan", "freeze", "--out", file)[0] == 2
    code, said = run("plan", "verify", file)
    assert code == 0
    assert "Unchanged since" in said
    assert "CFI at least .95" in said
    asked = ("--model", "mkb21_text", "--estimator", "auto")
    code, said = run("reproduce", "--plan", file, *asked, "--out", tmp_path / "out")
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
    code, said = run("plan", "verify", file, "--against", tmp_path / "out")
    assert code == 1
    assert "arrow dropped: REP ~ ERV" in said
    hidden = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    hidden["plan"]["deviations"] = []
    (tmp_path / "out" / "results.json").write_text(json.dumps(hidden), encoding="utf-8")
    code, said = run("plan", "verify", file, "--against", tmp_path / "out")
    assert code == 2
    assert "results.json was edited: its model departs from the plan (arrow dropped" in said


def test_what_no_option_asks_otherwise_is_done_as_planned(tmp_path: Path) -> None:
    """Model, hypotheses, level, zeros, estimator, intervals, draws and seed; then the same with another seed."""
    file, spec = tmp_path / "plan.toml", tmp_path / "own.sem"
    spec.write_text("INTENS ~ TOE_M\n", encoding="utf-8")
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    planned = ("--alpha", ".01", "--estimator", "ML", "--missing", "listwise", "--draws", "100", "--intervals", "bc")
    own = ("--model", spec, "--hypotheses", tmp_path / "own.toml")
    code, said = run("plan", "freeze", *own, *planned, "--seed", "5", "--out", file)
    assert code == 0, said
    spec.unlink()
    code, said = run("infer", "--plan", file, "--no-robustness", "--out", tmp_path / "kept")
    assert code == 0, said
    assert "No deviation from the plan was found" in said
    content = json.loads((tmp_path / "kept" / "results.json").read_text(encoding="utf-8"))
    assert content["plan"]["deviations"] == []
    assert content["model"]["spec"] == "INTENS ~ TOE_M"
    assert (content["model"]["estimator"], content["hypotheses"][0]["alpha"]) == ("ML", 0.01)
    assert [content["intervals"][key] for key in ("kind", "draws", "seed")] == ["bc", 100, 5]
    assert content["run"]["options"]["plan"]["text"] == file.read_text(encoding="utf-8")
    code, said = run("plan", "verify", file, "--against", tmp_path / "kept")
    assert code == 0, said
    assert "Declared: exclusions, criteria" in said
    assert "Criteria: CFI at least .95" in said
    asked = ("--seed", "6", "--lang", "nl", "--no-robustness")
    code, said = run("infer", "--plan", file, *asked, "--out", tmp_path / "other")
    assert code == 0, said
    assert "begin van de toevalsgetallen: seed (5 → 6)" in said
    page = (tmp_path / "other" / "inference.html").read_text(encoding="utf-8")
    assert "Afwijkingen van het plan: 1" in page
    assert "begin van de toevalsgetallen" in page
    code, said = run("verify", tmp_path / "other")
    assert code == 0, said


def test_an_output_of_another_plan_or_of_none(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(frozen().text(), encoding="utf-8")
    for plan in ({}, {"seal": "other", "deviations": []}):
        (tmp_path / "results.json").write_text(json.dumps({"plan": plan, "model": {"spec": SPEC}}), encoding="utf-8")
        code, said = run("plan", "verify", file, "--against", tmp_path)
        assert code == 1
        assert "made without this plan" in said
    for text in (
        "{",
        "[]",
        '{"plan": 3, "model": {"spec": "x"}}',
        '{"plan": {"deviations": [1]}, "model": {"spec": ""}}',
    ):
        (tmp_path / "results.json").write_text(text, encoding="utf-8")
        assert run("plan", "verify", file, "--against", tmp_path)[0] == 2
    assert run("plan", "verify", file, "--against", tmp_path / "absent")[0] == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--alpha", "2"), "--alpha must lie between 0 and 1; got 2"),
        (("--sesoi", "0"), "--sesoi must lie between 0 and 1; got 0"),
        (("--draws", "10"), "need at least 100 draws"),
        (("--intervals", "exact"), "intervals must be delta, montecarlo, percentile, bc, bca"),
        (("--estimator", "MLX"), "--estimator must be auto, ML"),
    ],
)
def test_rules_that_cannot_be_kept_are_not_frozen(options: tuple[str, ...], message: str, tmp_path: Path) -> None:
    code, said = run("plan", "freeze", *options, "--out", tmp_path / "plan.toml")
    assert code == 2
    assert message in said
    assert list(tmp_path.iterdir()) == []


def test_a_report_without_a_plan_says_so(tmp_path: Path) -> None:
    code, said = run("reproduce", "--lang", "nl", "--out", tmp_path / "out")
    assert code == 0, said
    assert "Er is geen vastgelegd plan opgegeven" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


STATED = {
    "ZZP = 1; OMG06 > 8.": (("ZZP", "=", 1.0), ("OMG06", ">", 8.0)),
    "ZZP≥2; students": (("ZZP", "≥", 2.0), "students"),
    "ZZP = 1 or 2": ("ZZP = 1 or 2",),
    "none": (),
    "Niemand.": (),
}


@pytest.mark.parametrize("text", STATED)
def test_exclusions_are_rules_or_words(text: str) -> None:
    stated = exclusions(text)
    assert (*((r.name, r.relation, r.value) for r in stated.rules), *stated.words) == STATED[text]
    assert stated.nobody == (not STATED[text])


CRITERIA = {
    "CFI at least .95 and RMSEA ≤ 0,06; srmr < .08": (
        (("cfi", "≥", 0.95), ("rmsea", "≤", 0.06), ("srmr", "<", 0.08)),
        (),
    ),
    "CFI minstens 0,95 en NNFI hoger dan .9": ((("cfi", "≥", 0.95),), ("CFI minstens 0,95 en NNFI hoger dan .9",)),
    "CFI of .95 or more": ((), ("CFI of .95 or more",)),
    "RMSEA below .06–.08": ((("rmsea", "<", 0.06),), ("RMSEA below .06–.08",)),
    "none named": ((), ()),
}


@pytest.mark.parametrize("text", CRITERIA)
def test_criteria_are_rules_or_words(text: str) -> None:
    stated = criteria(text)
    assert (tuple((r.name, r.relation, r.value) for r in stated.rules), stated.words) == CRITERIA[text]


def test_a_rule_never_holds_for_nothing() -> None:
    (rule,) = criteria("SRMR ≤ .08").rules
    assert rule.holds(0.08)
    assert not rule.holds(0.081)
    assert not rule.holds(float("nan"))


def test_other_criteria_than_the_plan_ruled_are_a_deviation() -> None:
    """Also where the plan has them from --criteria, and the declarations say something else."""
    claim = Hypothesis("H1", "f", "g")
    plan = freeze(Model.parse(SPEC), (claim,), Rules(criteria="CFI ≥ .95"), "mkb21sem 0", WHEN)
    for said, expected in (("", []), ("CFI ≥ .95", []), ("CFI ≥ .90", [("criteria", "CFI ≥ .95", "CFI ≥ .90")])):
        found = deviations(plan, plan.model, study=Declaration(criteria=said, design="online"))
        assert [(each.what, each.planned, each.done) for each in found] == expected


def test_options_that_a_plan_does_not_make_are_deviations() -> None:
    claim = Hypothesis("H1", "f", "g")
    plan = frozen(Model.parse(SPEC), (claim,))
    found = deviations(
        plan, plan.model, options={"group": "ZZP", "equal": ("loadings", "means"), "free": (), "weights": None}
    )
    assert [(each.kind, each.what, each.done) for each in found] == [
        ("option", "group", "ZZP"),
        ("option", "equal", "loadings, means"),
    ]


def test_exclusions_and_criteria_are_held_against_the_fit() -> None:
    wave = synthetic_wave()
    model, claim = Model.parse("INTENS ~ TOE_M + ERV03"), Hypothesis("H1", "TOE_M", "INTENS")
    choice = choose(model, wave)
    found = fit(model, wave, **choice.options)
    rules = Rules(exclusions="ZZP = 1; OMG01 < 0; NOPE < 3; students", criteria="SRMR ≤ .08; CFI > 1; and good sense")
    held = promises(freeze(model, (claim,), rules, "mkb21sem 0", WHEN), found, wave, choice.missing)
    assert [(each.kind, each.said, each.outcome) for each in held] == [
        ("exclusion", "ZZP = 1", "broken"),
        ("exclusion", "OMG01 < 0", "kept"),
        ("exclusion", "NOPE < 3", "unknown"),
        ("exclusion", "students", "words"),
        ("criterion", "SRMR ≤ .08", "kept"),
        ("criterion", "CFI > 1", "broken"),
        ("criterion", "SRMR ≤ .08; CFI > 1; and good sense", "words"),
    ]
    assert [(each.kind, each.what) for each in broken(held)] == [("exclusion", "ZZP = 1")]
    for lang, word in (("en", "not done"), ("nl", "niet uitgevoerd")):
        told = [str(line) for line in lines(held, Words(lang))]
        assert len(told) == len(held) + 1
        assert word in told[0]
    nobody = promises(freeze(model, (claim,), Rules(), "mkb21sem 0", WHEN), found, wave, choice.missing)
    assert "No exclusions were planned" in next(lines(nobody, Words("en")))
    assert promises(None, found, wave, choice.missing) == ()


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_only_those_who_were_analysed_count(missing: str) -> None:
    """The one for whom the planned exclusion holds has a missing answer: analysed under fiml, left out listwise."""
    frame = pd.DataFrame(np.random.default_rng(3).normal(size=(40, 3)), columns=["x1", "x2", "x3"])
    frame = frame.assign(age=30.0)
    frame.loc[5, ["x2", "age"]] = [np.nan, 12.0]
    model, claim = Model.parse("f =~ x1 + x2 + x3"), Hypothesis("H1", "f", "x1")
    plan = freeze(model, (claim,), Rules(exclusions="age < 18"), "mkb21sem 0", WHEN)
    found = fit(model, frame, "MLR", missing=missing)
    (each,) = promises(plan, found, frame, missing)
    assert each.outcome == {"listwise": "kept", "fiml": "broken"}[missing]
    assert promises(plan, found, frame.iloc[1:], missing)[0].outcome == "unknown"


def table_with_holes() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    f = rng.normal(size=(120, 1))
    table = pd.DataFrame(f + rng.normal(size=(120, 4)), columns=["x1", "x2", "x3", "x4"])
    table["age"] = 30.0
    table.loc[0, "age"] = 12.0
    table.loc[0, "x1"] = np.nan
    return table


@pytest.mark.parametrize(("missing", "outcome"), [("listwise", "kept"), ("fiml", "broken")])
def test_an_exclusion_is_held_against_the_rows_that_were_used(missing: str, outcome: str) -> None:
    """The one respondent under 18 left a question out."""
    table, model = table_with_holes(), Model.parse("f =~ x1 + x2 + x3 + x4")
    plan = freeze(model, (Hypothesis("H1", "f", "x1"),), Rules(exclusions="age < 18"), "mkb21sem 0", WHEN)
    found = fit(model, table, "MLR", missing=missing)
    assert [each.outcome for each in promises(plan, found, table, missing)] == [outcome]
    assert [each.what for each in broken(promises(plan, found, table, missing))] == ["age < 18"] * (outcome == "broken")


def test_pairs_use_every_row_with_an_answer() -> None:
    table, model = table_with_holes(), Model.parse("f =~ x1 + x2 + x3 + x4")
    answers = table.assign(**{name: table[name].clip(-1, 1).round() for name in model.observed})
    plan = freeze(model, (Hypothesis("H1", "f", "x1"),), Rules(exclusions="age < 18"), "mkb21sem 0", WHEN)
    found = fit(model, answers, "WLSMV", missing="pairwise", ordered=True)
    assert [each.outcome for each in promises(plan, found, answers, "pairwise")] == ["broken"]


def test_of_several_samples_nobody_can_tell_who_was_left_out() -> None:
    table, model = table_with_holes(), Model.parse("f =~ x1 + x2 + x3 + x4")
    plan = freeze(model, (Hypothesis("H1", "f", "x1"),), Rules(exclusions="age < 18"), "mkb21sem 0", WHEN)
    (held,) = promises(plan, fit(model, table, "MLR", missing="fiml"), None, "fiml")
    assert (held.outcome, held.why) == ("unknown", "rows")


def test_a_criterion_without_its_index_is_not_called_met() -> None:
    table, model = table_with_holes(), Model.parse("f =~ x1 + x2 + x3 + x4")
    rules = Rules(criteria="CFI at least .9; SRMR below .08")
    plan = freeze(model, (Hypothesis("H1", "f", "x1"),), rules, "mkb21sem 0", WHEN)
    found = replace(fit(model, table), converged=False)
    held = promises(plan, found, table, "listwise")
    told = [(each.outcome, each.why) for each in held if each.kind == "criterion"]
    assert told == [("unknown", "index")] * 2
