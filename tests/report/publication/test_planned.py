"""What was planned: items 1 to 5."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from mkb21sem.report.documents.parts import Tabled
from mkb21sem.report.promised import broken, promises
from mkb21sem.report.publication import analysis, planned
from mkb21sem.report.publication.registration import recorded
from mkb21sem.specify.declaration import Declaration
from mkb21sem.specify.deviations import deviations
from mkb21sem.specify.hypothesis import for_model
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Rules, freeze
from mkb21sem.survey.synthetic import synthetic_wave
from tests.report.publication.analysed import (
    SMALL,
    blocks,
    front,
    gapped,
    lacking,
    met,
    numbers_of,
    reference,
    said,
    words_of,
)


def test_the_reference_analysis_meets_all_but_registration() -> None:
    section = front("planned")
    assert met(section) & set(range(1, 16)) == {1, 2, 3, 4}
    assert lacking(section)[5] == ("5.plan", "5.deviations")


@pytest.mark.parametrize(
    ("key", "item", "point"),
    [
        ("theory", 1, "1.theory"),
        ("approach", 3, "3.approach"),
        ("respecification", 3, "3.respecification"),
        ("sample_size", 4, "4.rationale"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "nl"])
def test_what_is_not_declared_is_missed_and_asked_for(key, item, point, lang) -> None:
    of = replace(reference(), declaration=replace(reference().declaration, **{key: ""}))
    section = planned.section(of, words_of(of, lang))
    assert lacking(section)[item] == (point,)
    assert f"{key} = &#34;…&#34;" in said(section, words_of(of, lang))


def test_declared_words_are_quoted_as_they_are() -> None:
    of = replace(reference(), declaration=Declaration(theory="Needs <come> before `use`."))
    quotations = [
        b for b in blocks(planned.section(of, words_of(of)), "theory") if getattr(b, "look", "") == "quotation"
    ]
    assert [str(b.text) for b in quotations] == ["Needs &lt;come&gt; before <i>use</i>."]


def test_without_hypotheses_items_1_and_2_are_lost() -> None:
    of = reference()
    of = replace(of, claimed=False, study=replace(of.study, hypotheses=for_model(of.model)))
    section = planned.section(of, words_of(of))
    assert lacking(section)[1] == ("1.paths",)
    assert lacking(section)[2] == ("2.hypotheses",)
    assert "tested, two-sided" in said(section, words_of(of))


def test_one_path_without_a_reason_is_named_and_costs_the_point() -> None:
    of = reference()
    claims = tuple(replace(c, theory="", quotation="") if c.id == "H12" else c for c in of.study.hypotheses)
    section = planned.section(replace(of, study=replace(of.study, hypotheses=claims)), words_of(of))
    assert lacking(section)[1] == ("1.paths",)
    told = next(line for line in said(section, words_of(of)).splitlines() if "rest on nothing" in line)
    assert "written down: 1 (" in told
    assert "Use → Expected future use" in told


def test_every_arrow_has_its_row_with_tag_and_reason() -> None:
    of = reference()
    table = planned.grounds(of.model, of.study.hypotheses, words_of(of))
    arrows = [(a.rhs, a.lhs, a.evidence) for a in of.model.arrows if a.op == "~"]
    assert list(table.frame[["rhs", "lhs", "evidence"]].itertuples(index=False, name=None)) == arrows
    reasons = {(c.source, c.outcome): c.theory for c in of.study.hypotheses if not c.through}
    assert all(row.theory == reasons[row.rhs, row.lhs] for row in table.frame.itertuples())
    culture = table.frame.set_index(["rhs", "lhs"]).loc[("CUL", "MOT")]
    assert culture["ids"] == "H3, H14"
    assert culture["said"] == "As for Firm size → Motives."


def test_counts_in_sentences_are_those_of_model_and_hypotheses() -> None:
    of, section = reference(), front("planned")
    assert [n.value for n in numbers_of(section, "has 5 constructs")] == [5, 21, 4, 14]
    claims = of.study.hypotheses
    primary = sum(c.family == "primary" for c in claims)
    expected = [len(claims), primary, len(claims) - primary, sum(c.sign != "" for c in claims)]
    assert [n.value for n in numbers_of(section, "There are 17 hypotheses")] == expected
    assert numbers_of(section, "leaves out on purpose")[0].value == len(of.inference.zeros.table)


def test_sensitivity_is_that_of_the_analysis() -> None:
    of, section = reference(), front("planned")
    size, power = of.sensitivity["smallest"].abs(), of.sensitivity["at_sesoi"]
    assert [n.value for n in numbers_of(section, "smallest standardised effect")] == [256, 0.8, size.min(), size.max()]
    assert [n.value for n in numbers_of(section, "The power at the smallest")] == [
        power.min(),
        power.max(),
        (power < 0.8).sum(),
        len(power),
    ]
    table = planned.detectable(of.sensitivity, words_of(of))
    assert list(table.frame["at_sesoi"]) == list(power)
    assert table.frame["size"].abs().tolist() == size.tolist()


def test_without_sensitivity_item_4_is_lost_and_the_reason_told() -> None:
    of = replace(reference(), sensitivity=pd.DataFrame(), absent=(("sensitivity", "the fit did not converge"),))
    section = planned.section(of, words_of(of))
    assert lacking(section)[4] == ("4.sensitivity",)
    assert "was not computed. the fit did not converge" in said(section, words_of(of))


def test_a_model_without_paths_rests_on_its_tags() -> None:
    of = gapped()
    tagged = Model.parse("CUL =~ CUL01 + CUL02 + CUL03   # stated", name="cfa")
    bare = Model.parse("CUL =~ CUL01 + CUL02 + CUL03", name="cfa")
    for model, points in ((tagged, ("1.theory",)), (bare, ("1.theory", "1.paths"))):
        section = planned.section(replace(of, study=replace(of.study, model=model)), words_of(of))
        assert lacking(section)[1] == points
        assert "The model has no paths" in said(section, words_of(of))


RECORDS = {
    "Registered before the first answer at https://osf.io/7kx2m.": True,
    "osf.io/7kx2m": True,
    "Preregistered (AsPredicted #84211), without any deviation.": True,
    "doi 10.17605/OSF.IO/7KX2M": True,
    "Vooraf geregistreerd: https://osf.io/7kx2m; van het plan is niet afgeweken.": True,
    "ISRCTN12345678": True,
    "": False,
    "Not registered: the model was reconstructed in 2026.": False,
    "Not registered; see https://osf.io/7kx2m for the data.": False,
    "This study was never, for lack of time, preregistered (https://osf.io/7kx2m).": False,
    "Registration: none, https://osf.io/7kx2m holds the code.": False,
    "Niet geregistreerd (https://osf.io/7kx2m).": False,
    "Er is geen registratie; zie https://osf.io/7kx2m.": False,
    "Unregistered. Materials: https://osf.io/7kx2m.": False,
    "It will be registered at https://osf.io/7kx2m.": False,
    "Wordt nog geregistreerd op https://osf.io/7kx2m.": False,
    "Registered.": False,
    "Registered with OSF, https://osf.io.": False,
    "Yes, in 2024.": False,
}


@pytest.mark.parametrize("text", RECORDS)
def test_a_registration_names_a_record(text) -> None:
    assert recorded(text) is RECORDS[text]


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("Registered at https://osf.io/7kx2m.", ("5.deviations",)),
        ("Registered at https://osf.io/7kx2m; we deviated in one respect: an item was left out.", None),
        ("Not registered.", ("5.plan", "5.deviations")),
        ("", ("5.plan", "5.deviations")),
    ],
)
def test_a_declared_registration_says_what_became_of_the_plan(text, points) -> None:
    of = replace(reference(), declaration=replace(reference().declaration, registration=text))
    assert lacking(planned.section(of, words_of(of))).get(5) == points


def test_a_frozen_plan_meets_item_5_with_and_without_deviations() -> None:
    of = reference()
    when = datetime(2026, 1, 2, tzinfo=UTC)
    rules = Rules(intervals="bca", draws=1500, seed=7)
    kept = freeze(of.model, of.study.hypotheses, rules, "mkb21sem", when, study=Declaration(design="A survey."))
    other = freeze(Model.parse(SMALL, name="small"), of.study.hypotheses[:3], Rules(), "mkb21sem", when)
    for plan in (kept, other):
        found = deviations(plan, of.model, of.study.hypotheses, "auto", "auto")
        judged = replace(of.inference, plan=plan, deviations=found)
        with_plan = replace(of, study=replace(of.study, plan=plan), inference=judged)
        section = planned.section(with_plan, words_of(of))
        assert 5 not in lacking(section)
        assert plan.seal[:16] in said(section, words_of(of))
        assert "2026-01-02" in said(section, words_of(of))
        tables = [b.table for b in blocks(section, "registration") if isinstance(b, Tabled)]
        assert [len(table.frame) for table in tables] == ([len(found)] if found else [])
        assert ("bca, 1,500 draws, seed 7" in said(section, words_of(of))) is (plan is kept)
        assert ("Declared in the plan: design." in said(section, words_of(of))) is (plan is kept)
    assert len(found) > 10


def test_what_became_of_planned_exclusions_and_criteria_is_said() -> None:
    of = reference()
    rules = Rules(exclusions="ZZP = 1; students", criteria="CFI at least .5")
    plan = freeze(of.model, of.study.hypotheses, rules, "mkb21sem", datetime(2026, 1, 2, tzinfo=UTC))
    held = promises(plan, of.found, of.wave, of.study.choice.missing)
    judged = replace(of.inference, plan=plan, deviations=broken(held), promises=held)
    with_plan = replace(of, study=replace(of.study, plan=plan), inference=judged)
    text = said(planned.section(with_plan, words_of(of)), words_of(of))
    for sentence in (
        "Planned exclusion “ZZP = 1”: not done",
        "Planned exclusion “students”: these are words",
        "Planned criterion “CFI at least .5”: met (",
    ):
        assert sentence in text


def test_one_hypothesis_is_no_range() -> None:
    of = reference()
    claims = of.study.hypotheses[:1]
    one = replace(of, study=replace(of.study, hypotheses=claims), sensitivity=of.sensitivity[:1])
    text = said(planned.section(one, words_of(one)), words_of(one))
    assert "There is 1 hypothesis (" in text
    assert "between" not in text.split("respondents, the smallest", 1)[1].split(".", 2)[1]
    assert "hypotheses (" not in text


def test_an_analysis_says_what_it_declares_otherwise_than_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both what was done otherwise, and what the authors say otherwise."""
    monkeypatch.setattr(analysis, "inquire", lambda *_, **__: None)
    monkeypatch.setattr(analysis, "sensitivity", lambda *_: pd.DataFrame())
    monkeypatch.setattr(analysis, "certificate", lambda _: None)
    model = Model.parse("REP =~ REP01 + REP02 + REP03\nREP ~ OMV01", name="small")
    claims = for_model(model)
    plan = freeze(model, claims, Rules("MLR", criteria="CFI ≥ .95"), "mkb21sem", datetime(2026, 1, 2, tzinfo=UTC))
    asked = analysis.Asked(estimator="ML", missing="listwise", robustness=False)
    done = analysis.analyse(
        synthetic_wave(2012), model, claims, declaration=Declaration(criteria="CFI ≥ .90"), asked=asked, plan=plan
    )
    told = [(each.what, each.planned, each.done) for each in done.inference.deviations]
    assert ("estimator", "MLR", "ML") in told
    assert ("criteria", "CFI ≥ .95", "CFI ≥ .90") in told
