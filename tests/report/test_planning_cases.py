"""Plans for seldom cases: values that were given, a model without degrees of freedom, an effect of zero, a stop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mkb21sem import FitError, Model, synthetic_wave
from mkb21sem.infer.planning.cutoffs import Cutoffs
from mkb21sem.report.planning import page, study, tables
from mkb21sem.report.planning.study import Settings, plan
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import for_model

EN, NL = Words("en"), Words("nl")
MODEL = Model.parse("INTENS ~ MKT02\nTOE_M ~ INTENS", name="small")
VALUES = pd.DataFrame(
    [("INTENS", "~", "MKT02", 0.0), ("TOE_M", "~", "INTENS", 0.0)], columns=["lhs", "op", "rhs", "value"]
)


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


@pytest.fixture(scope="module")
def fitted(wave):
    return plan(wave, MODEL, for_model(MODEL), None, Settings((100, 200)))


@pytest.fixture(scope="module")
def nothing(wave):
    """Values that were given, of which none is an effect."""
    return plan(wave, MODEL, for_model(MODEL), VALUES, Settings((100,)))


def said(of, words):
    """The sentences of the summary, without mark-up."""
    return [line.striptags() for line in page.short(of, words)]


def test_what_was_assumed_is_said(fitted, nothing):
    assert said(fitted, EN)[0].startswith("Population: the standardised estimates of small on ")
    assert said(nothing, EN)[0] == "Population: values that were given; they are in tables/power_population.csv."
    assert said(nothing, NL)[0] == "Populatie: waarden die zijn opgegeven; ze staan in tables/power_population.csv."


def test_an_effect_of_zero_needs_no_number_that_could_be_named(fitted, nothing):
    hardest = fitted.power.required.query("power == 0.8").sort_values("n").iloc[-1]
    assert (
        said(fitted, EN)[2]
        == f"The most demanding hypothesis, {hardest['id']}, needs {hardest['n']:,.0f} respondents for 80%."
    )
    assert nothing.power.required["n"].isna().all()
    assert len(said(nothing, EN)) == 2
    assert "0 of 2 hypotheses would be found" in said(nothing, EN)[1]


def test_without_degrees_of_freedom_there_is_no_test_of_fit(wave, fitted):
    saturated = Model.parse("TOE_M ~ INTENS", name="saturated")
    of = plan(wave, saturated, for_model(saturated), None, Settings((100,)))
    assert "power_fit" not in tables.every_table(of, EN)
    assert [chart.name for chart in page.charts(of, EN)] == ["power", "detectable"]
    assert "power_fit" in [chart.name for chart in page.charts(fitted, EN)]


def test_without_an_effect_that_can_be_found_there_is_no_picture_of_it(fitted):
    of = replace(fitted, sensitivity=fitted.sensitivity.assign(smallest=np.nan, reason="too few respondents"))
    assert [chart.name for chart in page.charts(of, EN)] == ["power", "power_fit"]
    shown, others = (len(tables.at_hand(each, EN).heads(EN)) for each in (of, fitted))
    assert shown == others + 1


def test_a_run_that_was_ended_says_how_far_it_came(fitted):
    early = replace(fitted, settings=replace(fitted.settings, draws=1000), power=replace(fitted.power, stopped=True))
    text = "Stopped early: of the samples asked for at N = 100, 0 of 1,000 are finished, and later parts are missing."
    assert said(early, EN)[-1] == text
    drawn = early.power.table.iloc[[0, 0]].assign(method="simulated", n=[100, 200], draws=[1000.0, 640.0])
    later = replace(early, power=replace(early.power, table=pd.concat([early.power.table, drawn])))
    text = "Voortijdig gestopt: van de gevraagde steekproeven bij N = 200 zijn er 640 van 1.000 klaar"
    assert said(later, NL)[-1] == f"{text}, en latere delen ontbreken."
    assert not [line for line in said(fitted, EN) if line.startswith("Stopped")]


def test_cut_offs_that_were_ended_say_how_far_they_came(fitted):
    levels = pd.DataFrame({"level": ["exact", "exact", "small", "large"]})
    cuts = Cutoffs(levels, pd.DataFrame(), 256, 50, 70, True)
    assert (
        said(replace(fitted, cutoffs=cuts), EN)[-1] == "Stopped early: 70 of 150 samples for the cut-offs are finished."
    )
    assert said(replace(fitted, cutoffs=replace(cuts, stopped=False)), EN) == said(fitted, EN)


def test_a_fit_without_a_minimum_is_no_population(wave, fitted, monkeypatch):
    lost = replace(fitted.found, converged=False, cause="no minimum was found")
    monkeypatch.setattr(study, "fit", lambda *given, **options: lost)
    with pytest.raises(FitError, match=rf"^small did not converge on {wave.name}: no minimum was found$"):
        plan(wave, MODEL, for_model(MODEL), None, Settings((100,)))
