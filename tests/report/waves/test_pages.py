"""What a comparison says where something is withheld, stopped or left out: sentences, tables, pictures and files."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mkb21sem.report.numbers import equals_p, p_value
from mkb21sem.report.waves import page, sentences, tables
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.plan import Rules, freeze
from tests.report.waves.compared import grouped, measured, mixed, stopped, unasked, unlike

EN, NL = Words("en"), Words("nl")


def summary(of, words=EN):
    """The sentences of the summary, without mark-up."""
    return [line.striptags() for line in sentences.every(of, words)["summary"]]


def test_a_ladder_that_is_stopped_says_why():
    of = stopped(measured(), "no minimum was found.")
    said = summary(of)[0]
    assert said == (
        "With everything held equal, the ladder holds up to the rung configural; the next one has no estimates: "
        "no minimum was found."
    )
    assert summary(of, NL)[0].endswith("de volgende heeft geen schattingen: no minimum was found.")


def test_what_differs_too_much_withholds_the_means():
    said, dutch = summary(unlike()), summary(unlike(), NL)
    assert said[2].startswith(
        "More differs than could be released without losing what the waves or groups have in common"
    )
    assert said[3].startswith("Latent means are withheld: the items don’t measure alike enough to compare them.")
    assert dutch[3].startswith("Latente gemiddelden blijven achterwege:")
    made = tables.every(unlike(), EN)
    assert "waves_observed" in made
    assert not {"waves_means", "waves_trend"} & set(made)
    assert [chart.name for chart in page.charts(unlike(), EN)] == ["ladder"]


def test_a_change_over_waves_is_called_straight_bent_or_none_by_its_tests():
    of = measured()
    trend = of.means.trend.set_index("construct")
    assert trend.loc["REP", "equal_p"] < 0.05 < trend.loc["CUL", "equal_p"]
    assert trend.loc["REP", "rest_p"] < 0.05 < trend.loc["REP", "slope_p"]
    changed, course = summary(of)[-3:-1]
    assert EN.short("REP") in changed
    assert EN.short("CUL") not in changed
    assert course == f"A straight line does not describe the course of {EN.short('REP')}."
    straight = replace(of, means=replace(of.means, trend=of.means.trend.assign(slope_p=0.01, rest_p=0.2)))
    names = f"{EN.short('REP')} and {EN.short('CUL')}"
    assert summary(straight)[-2] == f"A straight line goes up or down for {names}."
    told = summary(grouped())
    assert any(p_value(float(grouped().means.trend["equal_p"].min())) in line for line in told)
    level = replace(of.means, trend=of.means.trend.assign(equal_p=0.01))
    assert "straight" not in " ".join(summary(replace(of, group="ZZP", means=level)))


def test_effects_that_differ_are_named():
    lines = summary(mixed())
    assert mixed().replication.summary["equal_p"].tolist()[0] < 0.05
    assert "One by one and unadjusted, equal effects are rejected at the 5% level for H1." in lines
    assert equals_p(mixed().replication.metric.pvalue) in lines[-1]
    assert not [line for line in summary(grouped()) if "rejected at the 5% level" in line]


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        (measured, "the model has no structural arrows"),
        (unasked, "the model grouped has no arrow for H9: OMV01 → REP."),
    ],
)
def test_without_hypotheses_over_waves_their_reason_stands_in_their_place(of, reason, tmp_path):
    assert summary(of())[-1] == f"The hypotheses can’t be compared over waves or groups: {reason}"
    page.save(of(), EN, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert told["no_replication"] == reason
    assert not {"hypotheses", "effects"} & set(told)
    files = {path.name for path in (tmp_path / "out").rglob("*")}
    assert {"waves.html", "ladder.svg", "trend.svg", "ladder.csv"} <= files
    assert not {"diagram.svg", "hypotheses.csv"} & files


def test_with_hypotheses_the_groups_are_drawn_beside_each_other():
    charts = {chart.name: chart for chart in page.charts(grouped(), EN)}
    assert {"ladder", "trend", "diagram"} <= set(charts)
    assert all(name in charts["diagram"].alt for name in grouped().waves)


@pytest.mark.parametrize(
    ("lang", "said", "never"),
    [("en", "none of them predicted", "Supported in each"), ("nl", "geen ervan voorspeld", "Ondersteund in elk")],
)
def test_arrows_that_nobody_predicted_are_not_supported(lang, said, never):
    told = " ".join(summary(grouped(), Words(lang)))
    assert said in told
    assert never not in told


def test_a_plan_stands_beside_the_comparison():
    """Groups that were not planned, and a test at another level than planned."""
    of = grouped()
    claims = [replace(each, alpha=0.01) for each in of.hypotheses]
    rules = Rules("auto", "auto")
    plan = freeze(of.model, claims, rules, "mkb21sem 0", datetime(2026, 1, 2, tzinfo=UTC))
    told = [(each.kind, each.what) for each in of.beside(plan).held.deviations]
    assert told == [("option", "group"), ("hypothesis changed", "H1: alpha")]


def test_a_plan_beside_a_comparison_without_hypotheses():
    of = measured()
    plan = freeze(of.model, (Hypothesis("H1", "CUL", "REP"),), Rules(), "mkb21sem 0", datetime(2026, 1, 2, tzinfo=UTC))
    told = [(each.kind, each.what) for each in of.beside(plan).held.deviations]
    assert ("hypothesis dropped", "H1: CUL → REP") in told


def test_no_two_ticks_of_the_ladder_print_the_same_number():
    """The rungs of this model fit so alike that two decimals would."""
    drawn = {chart.name: chart for chart in page.charts(mixed(), NL)}["ladder"].figure
    drawn.canvas.draw()
    for panel in drawn.axes[:3]:
        shown = [label.get_text() for label in panel.get_xticklabels()]
        assert len(shown) > 2
        assert len(set(shown)) == len(shown)


def test_remarks_on_what_was_left_out_are_in_the_language_of_the_page(tmp_path):
    left = "OMV01: constant in some group of ZZP, left out of the model (hypotheses lost: H1a)."
    odd = "a remark without a translation"
    of = replace(grouped(), replication=replace(grouped().replication, remarks=(left, odd)))
    page.save(of, NL, tmp_path / "out")
    shown = (tmp_path / "out" / "waves.html").read_text(encoding="utf-8")
    assert (
        "<li>OMV01: constant in een groep van ZZP, weggelaten uit het model (vervallen hypothesen: H1a).</li>" in shown
    )
    assert f'<li lang="en">{odd}</li>' in shown
