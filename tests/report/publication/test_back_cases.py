"""The same chapters on analyses of every kind: no constructs, ordinal items, no degrees of freedom, no minimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup

from mkb21sem.errors import OptionError
from mkb21sem.infer.certificates.certificate import Certificate, certificate
from mkb21sem.infer.certificates.check import Check
from mkb21sem.infer.localfit.modification import modification
from mkb21sem.infer.localfit.residuals import residuals
from mkb21sem.report.documents.parts import Drawn, Section, Tabled
from mkb21sem.report.inference.inference import Sampling, infer
from mkb21sem.report.publication import compared, drawn, effects, estimated, fitted, parameters, specified
from mkb21sem.report.publication.analysis import Analysis, Asked
from mkb21sem.report.study import study
from mkb21sem.report.waves.comparison import comparison
from mkb21sem.report.words import Words
from mkb21sem.specify.declaration import Declaration
from mkb21sem.specify.deviations import deviations
from mkb21sem.specify.hypothesis import for_model
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Rules, freeze
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.synthetic_waves import synthetic_waves
from tests.report.publication.analysed import (
    SMALL,
    blocks,
    document,
    met,
    numbers_of,
    paragraphs,
    reference,
    said,
    words_of,
)

CHAPTERS = (specified, estimated, fitted, compared, effects)
PATHS = "INTENS ~ OMV01 + MKT02\nTOE_M ~ INTENS"
ORDINAL = "REP =~ REP01 + REP02 + REP03 + REP04\nREP ~ INTENS"
MEASURED = "REP =~ REP01 + REP02 + REP03 + REP04\nCUL =~ CUL01 + CUL02 + CUL03"
EQUAL = "REP =~ REP01 + a*REP02 + a*REP03 + REP04\nREP ~ INTENS\nINTENS ~ CUL01"
LOOP = "INTENS ~ OMV01 + TOE_M\nTOE_M ~ INTENS + MKT02"


def analysis(text: str, estimator: str = "auto", claimed: bool = True, sampling: Sampling | None = None) -> Analysis:
    """A small model on the reference wave, with what its fit alone gives."""
    wave, model = synthetic_wave(2012), Model.parse(text, name="small")
    claims = for_model(model) if claimed else ()
    done = study(wave, model, claims, estimator)
    judged = infer(wave, model, claims, estimator=estimator, robust=False, sampling=sampling)
    return Analysis(
        Asked(estimator=estimator),
        Declaration(),
        done,
        judged,
        claimed,
        None,
        pd.DataFrame(),
        certificate(done.found, starts=2),
        modification(done.found),
        residuals(done.found, "cor"),
        None,
        (),
    )


def lost() -> Analysis:
    """The reference analysis, had its fit not converged."""
    of = reference()
    found = replace(of.found, converged=False, cause="no minimum", vcov=np.full_like(of.found.vcov, np.nan))
    judged = replace(
        of.inference, found=found, rivals=None, rivals_reason="no minimum", equivalent=None, judged=(), effects=NOTHING
    )
    done = replace(of.study, found=found)
    return replace(
        of,
        study=done,
        inference=judged,
        certificate=certificate(found),
        modification=pd.DataFrame(),
        residuals=pd.DataFrame(),
    )


NOTHING = pd.DataFrame(columns=["source", "outcome", "effect", "path"])
KINDS: dict[str, Callable[[], Analysis]] = {
    "paths": lambda: analysis(PATHS),
    "saturated": lambda: analysis("TOE_M ~ INTENS"),
    "ordinal": lambda: analysis(ORDINAL, "WLSMV"),
    "least squares": lambda: analysis(ORDINAL, "ULS"),
    "measurement": lambda: analysis(MEASURED, claimed=False),
    "equal": lambda: analysis(EQUAL),
    "loop": lambda: analysis(LOOP),
    "drawn": lambda: analysis(PATHS, sampling=Sampling("percentile", 100)),
    "lost": lost,
}


@lru_cache(maxsize=len(KINDS))
def made(name: str) -> Analysis:
    """An analysis, made once."""
    return KINDS[name]()


def chapters(of: Analysis, lang: str = "en") -> tuple[Section, ...]:
    """The chapters of an analysis."""
    return tuple(chapter.section(of, words_of(of, lang)) for chapter in CHAPTERS)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("name", KINDS)
def test_every_kind_can_be_told(name, lang) -> None:
    of = made(name)
    words, sections = words_of(of, lang), chapters(of, lang)
    doc = document(*sections, lang=lang)
    tables = [block.table.name for block in doc.blocks() if isinstance(block, Tabled)]
    for names in ([section.name for section in doc.walk()], tables):
        assert len(names) == len(set(names))
    for section in sections:
        assert said(section, words)
        for one in paragraphs(section):
            assert one.text.strip()
            assert "nan" not in str(one.text).split()
            for number in one.numbers:
                assert number.shown(lang).replace("<", "&lt;").replace(">", "&gt;") in str(one.text)
    for table in doc.tables().values():
        assert len(table.frame)
        assert all(len(row) == len(table.columns) for row in table.cells(words))


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("name", "lost_items"),
    [
        ("paths", {20, 27, 28, 31, 32, 33, 39}),
        ("saturated", {20, 25, 26, 27, 29, 30, 32, 33, 39}),
        ("ordinal", {20, 27, 28, 31, 32, 33, 34, 39}),
        ("measurement", {20, 27, 28, 31, 32, 33, 39}),
        ("lost", {19, 24, 25, 26, 27, 28, 29, 30, 31, 34, 35, 36, 37, 38, 39}),
    ],
)
def test_what_an_analysis_lacks_is_not_counted(name, lost_items) -> None:
    assert set(range(17, 40)) - met(*chapters(made(name))) == lost_items


@pytest.mark.parametrize("name", ["paths", "ordinal", "measurement", "equal", "loop", "saturated"])
def test_moments_and_parameters_add_up(name) -> None:
    found = made(name).found
    counted = parameters.table(found, Words()).frame.set_index("kind").loc["total"]
    assert counted["free"] - parameters.equations(found.layout) == found.layout.k
    numbers = parameters.counting(found, Words()).frame.set_index("moment")["number"]
    assert numbers["moments"] == found.layout.moments
    assert numbers["df"] == found.layout.df == found.test.df


def test_equal_parameters_and_scales_are_told() -> None:
    counted = parameters.table(made("equal").found, Words()).frame.set_index("kind")
    assert counted.loc["loading", "equal"] == 2
    freed = replace(made("equal"), study=study_of("REP =~ NA*REP01 + REP02 + REP03\nREP ~~ 1*REP\nREP ~ INTENS"))
    scaled = specified.scaling(freed, Words()).frame
    assert scaled.loc[0, "how"] == "variance"
    assert scaled.loc[0, "value"] == 1.0


def study_of(text: str):
    """A small model's study on the reference wave."""
    return study(synthetic_wave(2012), Model.parse(text, name="small"), (), "ML")


@pytest.mark.usefixtures("undrawn")
def test_least_squares_have_no_information_criteria() -> None:
    of = reference()
    table = of.inference.rivals.table.assign(aic=np.nan, bic=np.nan)
    of = replace(of, inference=replace(of.inference, rivals=replace(of.inference.rivals, table=table)))
    section = fitted.section(of, words_of(of))
    assert 28 not in met(section)
    assert "there is no AIC or BIC" in said(section, words_of(of))


@pytest.mark.usefixtures("undrawn")
def test_a_loop_is_not_called_recursive() -> None:
    text = said(specified.section(made("loop"), words_of(made("loop"))), words_of(made("loop")))
    assert "has a loop" in text
    assert "is recursive" not in text


@pytest.mark.usefixtures("undrawn")
def test_draws_are_counted_where_intervals_come_from_them() -> None:
    section = effects.section(made("drawn"), words_of(made("drawn")))
    assert numbers_of(section, "bootstrap draws (percentile)")[0].value == 100
    frame = document(section).tables()["effects_indirect"].frame
    own = made("drawn").inference.effects
    own = own[own["effect"] == "total indirect"].set_index(["source", "outcome"])
    assert frame.set_index(["source", "outcome"])["low"].to_dict() == own["low"].to_dict()


@pytest.mark.usefixtures("undrawn")
def test_without_hypotheses_no_correction_is_claimed() -> None:
    text = said(effects.section(made("measurement"), words_of(made("measurement"))), words_of(made("measurement")))
    assert "There are no hypotheses." in text
    assert "Holm" not in text
    assert "no indirect effects" in text


@pytest.mark.usefixtures("undrawn")
def test_released_items_and_the_step_that_fails_are_told() -> None:
    waves, model = synthetic_waves(), Model.parse(SMALL.replace("REP ~ CUL + OMV01\n", "REP ~ CUL\n"), name="small")
    done = comparison(model, waves, for_model(model))
    assert len(done.partial.freed())
    assert done.ladder.holds != done.ladder.plan.rungs[-1]
    of = replace(reference(), comparison=done)
    section = compared.section(of, words_of(of))
    assert 32 in met(section)
    stop = done.ladder.steps[done.ladder.plan.rungs.index(done.ladder.holds) + 1]
    chisq, df, p = (number.value for number in numbers_of(section, "is rejected")[-3:])
    assert (chisq, df, p) == (stop.against.chisq, stop.against.df, stop.against.pvalue)
    text = said(section, words_of(of))
    assert all(row["item"] in text for row in done.partial.freed().to_dict("records"))
    assert {"waves_freed", "waves_ladder_released"} <= set(document(section).tables())
    estimates = effects.section(of, words_of(of, "nl"))
    assert 39 in met(estimates)
    assert {"waves_trend", "waves_means"} <= set(document(estimates).tables())
    assert "means_tested" not in document(estimates).tables()
    assert said(estimates, words_of(of, "nl"))


@pytest.mark.usefixtures("undrawn")
def test_changes_from_a_frozen_plan_are_logged() -> None:
    of = reference()
    claims = of.study.hypotheses
    kept = tuple(a for a in of.model.arrows if (a.lhs, a.op, a.rhs) != ("REP", "~", "ERV"))
    smaller = replace(of.model, arrows=kept)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for model, changes in ((of.model, 0), (smaller, 1)):
        plan = freeze(model, claims, Rules(criteria="CFI above .95"), "0", now)
        moved = deviations(plan, of.model, claims, "auto", "auto")
        done = replace(of.study, plan=plan, deviations=moved)
        judged = replace(of.inference, plan=plan, deviations=moved)
        sealed = replace(of, declaration=Declaration(), study=done, inference=judged)
        section, fit = compared.section(sealed, words_of(of)), fitted.section(sealed, words_of(of))
        assert 33 in met(section)
        assert 27 in met(fit)
        assert "CFI above .95" in said(fit, words_of(of))
        assert ("respecified" in document(section).tables()) == bool(changes)
        assert len([each for each in moved if each.kind.startswith("arrow")]) == changes


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_checks_that_fail_are_told_with_their_remedy(lang) -> None:
    wrong = Check("variances", False, "the residual variance of X is -0.2 (z = -3.0)", "Fix it at 0.")
    of = replace(made("paths"), certificate=Certificate("small", (Check("convergence", True, "a minimum"), wrong)))
    section = estimated.section(of, words_of(of, lang))
    text = said(section, words_of(of, lang))
    assert "the residual variance of X is -0.2 (z = -3.0)" in text
    assert "Fix it at 0." in text
    assert 24 in met(section)


@pytest.mark.parametrize(("x", "text"), [(1e-16, "10⁻¹⁶"), (2.5e-4, "2.5 × 10⁻⁴"), (1e-3, "10⁻³"), (100.0, "10²")])
def test_powers_of_ten(x, text) -> None:
    assert estimated.scientific(x) == text


def test_bounds_of_small_numbers_are_never_too_low() -> None:
    for x in (3e-9, 1e-8, 9.99e-5):
        assert x <= estimated.above(x) <= 10.0001 * x


def test_pictures_of_a_model_without_a_minimum_have_no_numbers(monkeypatch) -> None:
    of = made("lost")
    empty = Drawn("", Markup(""), "", "<svg/>", b"", 16.0)
    monkeypatch.setattr(
        drawn,
        "of_diagram",
        lambda name, figure, caption, alt, *shows: replace(empty, name=name, caption=caption, alternative=alt),
    )
    pictures = [block for block in drawn.pictures(of, words_of(of)) if isinstance(block, Drawn)]
    assert [each.name for each in pictures] == ["model", "indicators", "groups"]
    assert "without numbers" in pictures[0].caption
    assert not any(character.isdigit() for character in pictures[0].alternative)


def test_a_picture_that_cannot_be_made_says_why(monkeypatch) -> None:
    def fails(*given: object, **options: object) -> None:
        raise OptionError("too many arrows.")

    monkeypatch.setattr(drawn, "diagram", fails)
    section = specified.section(made("paths"), words_of(made("paths")))
    assert "too many arrows" in said(section, words_of(made("paths")))
    assert 16 not in met(section)
    assert not any(isinstance(block, Drawn) for block in blocks(section, "diagrams"))


def test_a_rival_that_cannot_be_drawn_costs_the_point_of_all(monkeypatch) -> None:
    of, empty = reference(), Drawn("", Markup(""), "", "<svg/>", b"", 16.0, ("16.diagram",))

    def fails(of: Analysis, words: Words) -> None:
        raise OptionError("too many arrows.")

    for name in ("structure", "measurement", "groups"):
        monkeypatch.setattr(drawn, name, lambda of, words, name=name: replace(empty, name=name))
    monkeypatch.setattr(drawn, "rivals", lambda of, words: None)
    assert all(block.shows for block in drawn.pictures(of, words_of(of)))
    monkeypatch.setattr(drawn, "rivals", fails)
    assert not any(block.shows for block in drawn.pictures(of, words_of(of)))
