"""Items 16 to 40 where a test stops, a group is small, an index is lacking, or nothing is left to tell."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from markupsafe import Markup

from mkb21sem.infer.certificates.certificate import Certificate
from mkb21sem.infer.certificates.check import Check
from mkb21sem.infer.judging.zeros import Zeros
from mkb21sem.infer.rivals.family import rivals
from mkb21sem.report.documents.parts import Document, Listing, Paragraph, Section, Tabled
from mkb21sem.report.inference.inference import infer
from mkb21sem.report.publication import (
    checklist,
    closing,
    compared,
    drawn,
    effects,
    estimated,
    fitted,
    judging,
    parameters,
    specified,
)
from mkb21sem.report.publication import document as whole
from mkb21sem.report.publication.checklist import Score, items, scores
from mkb21sem.report.waves import tables as wave_tables
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import Hypothesis, for_model
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave
from tests.report.publication.analysed import document, said
from tests.report.publication.test_back_cases import ORDINAL, PATHS, analysis, made
from tests.report.waves.compared import grouped, measured, stopped, unlike

EN, NL = Words("en"), Words("nl")


def texts(blocks):
    """Paragraphs and entries of lists, without mark-up."""
    found = []
    for block in blocks:
        found += [block] if isinstance(block, Paragraph) else list(getattr(block, "entries", ()))
    return [one.text.striptags() for one in found]


def tables(blocks):
    """Names of the tables among blocks."""
    return [block.table.name for block in blocks if isinstance(block, Tabled)]


def beside(comparison, of="paths"):
    """An analysis with another comparison."""
    return replace(made(of), comparison=comparison)


def found(**changed):
    """The analysis of paths, had its fit been otherwise."""
    of = made("paths")
    return replace(of, study=replace(of.study, found=replace(of.found, **changed)))


def inferred(**changed):
    """The analysis of paths, had its inference been otherwise."""
    of = made("paths")
    return replace(of, inference=replace(of.inference, **changed))


@pytest.mark.usefixtures("undrawn")
def test_a_ladder_that_is_stopped_and_items_that_differ_too_much_are_told():
    told = " ".join(texts(compared._invariance(beside(stopped(measured(), "no minimum was found.")), EN)))
    assert "the next one has no estimates: no minimum was found." in told
    assert "so that means stay withheld" in " ".join(texts(compared._invariance(beside(unlike()), EN)))
    assert "so that means stay withheld" not in " ".join(texts(compared._invariance(beside(measured()), EN)))


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("lang", "none", "withheld"),
    [
        ("en", "The hypotheses can’t be compared over waves or groups: the model has no", "Latent means are withheld"),
        (
            "nl",
            "De hypothesen zijn niet te vergelijken over metingen of groepen: ",
            "Latente gemiddelden blijven achterwege",
        ),
    ],
)
def test_what_cannot_be_compared_is_told_instead(lang, none, withheld):
    blocks = list(effects._differences(beside(unlike()), Words(lang)))
    lines = texts(blocks)
    assert lines[0].startswith(none)
    assert lines[1].startswith(withheld)
    assert tables(blocks) == []
    assert not any("39.differences" in block.shows for block in blocks if isinstance(block, Tabled))


def test_sizes_of_few_are_hidden_beside_the_effects():
    table = wave_tables.every(grouped(), EN)["waves_effects"]
    n = table.frame["n"].tolist()
    assert effects._sized(table, 0) is table
    assert effects._sized(table, 10).frame["n"].tolist() == n
    few = effects._sized(table, int(min(n)) + 1).frame
    assert few["n"].isna().all()
    assert few["hidden"].all()


def test_tests_of_equality_that_do_not_exist_are_not_counted():
    again = grouped().replication
    plain = texts(effects._replicated(again, grouped(), EN))
    assert any(line.startswith("For no path are equal effects rejected") for line in plain)
    assert any("adjusted for their number by Holm" in line for line in plain)
    none = replace(again, summary=again.summary.assign(equal_p=np.nan))
    lines = texts(effects._replicated(none, grouped(), EN))
    assert len(lines) == len(plain) - 2
    assert not [line for line in lines if "Holm" in line or "equal effects are rejected" in line]


def test_levels_of_their_own_are_told():
    claims = made("paths").inference.hypotheses
    plain = texts(effects._rule(inferred(hypotheses=claims), EN))
    assert not [line for line in plain if "level of their own" in line]
    of = inferred(hypotheses=(*claims[:-1], replace(claims[-1], alpha=0.1)))
    assert "Some have a level of their own, up to .10." in texts(effects._rule(of, EN))
    assert "Sommige hebben een eigen niveau, tot ,10." in texts(effects._rule(of, NL))


def test_without_anything_explained_there_is_no_table_of_it():
    of = made("paths")
    assert tables(effects._explained(of, EN))
    assert list(effects._explained(replace(of, study=replace(of.study, r2=of.study.r2.head(0))), EN)) == []


def test_a_minimum_that_is_not_sure_is_told_with_its_cause():
    of = found(cause="the information is nearly singular")
    plain = texts(estimated._convergence(made("paths"), EN))
    lines = texts(estimated._convergence(of, EN))
    assert "the information is nearly singular" in lines
    assert set(plain) <= set(lines)


def test_a_certificate_without_checks_of_the_estimates_meets_no_point_of_theirs():
    of = replace(made("paths"), certificate=Certificate("small", (Check("convergence", True, "a minimum"),)))
    blocks = list(estimated._convergence(of, EN))
    assert ("24.admissibility",) not in [block.shows for block in blocks]
    both = list(estimated._convergence(made("paths"), EN))
    assert ("24.admissibility",) in [block.shows for block in both if isinstance(block, Listing)]


@pytest.mark.parametrize(
    ("arrow", "shown"),
    [
        (("X", "~1", ""), "X"),
        (("X", "~~", "Y"), "X ↔ Y"),
        (("F", "=~", "X"), "F → X"),
        (("Y", "~", "X"), "X → Y"),
    ],
)
def test_arrows_are_written_from_tail_to_head(arrow, shown):
    assert fitted._arrow(*arrow) == shown


@pytest.mark.parametrize(
    ("lost", "points"),
    [
        ("rmsea", {"26.incremental", "26.srmr"}),
        ("tli", {"26.rmsea", "26.srmr"}),
        ("srmr", {"26.rmsea", "26.incremental"}),
    ],
)
def test_an_index_that_does_not_exist_is_not_told(lost, points):
    of = made("paths")
    values = of.study.indices.copy()
    values[[name for name in values.index if name.split(".")[0] == lost]] = np.nan
    blocks = fitted._indices(replace(of, study=replace(of.study, indices=values)), EN)
    assert {point for block in blocks for point in block.shows} == points


@pytest.mark.usefixtures("undrawn")
def test_one_residual_is_a_line_and_no_picture():
    of = analysis("TOE_M ~ 0*INTENS")
    blocks = list(fitted._residuals(of, EN))
    (row,) = fitted.correlations(of).to_dict("records")
    assert [type(block) for block in blocks] == [Paragraph, Tabled]
    assert row["residual"] in [number.value for number in blocks[0].numbers]


@pytest.mark.parametrize(
    ("words", "text"), [(EN, "No hypotheses were given: "), (NL, "Er zijn geen hypothesen opgegeven: ")]
)
def test_without_hypotheses_nothing_is_judged(words, text):
    (only,) = judging._verdicts(inferred(judged=()), words)
    assert only.text.startswith(text)
    assert not only.shows


def untestable():
    """A hypothesis on an arrow that the model lacks."""
    wave, model = synthetic_wave(2012), Model.parse(PATHS, name="small")
    claims = (*for_model(model), Hypothesis("H9", "OMV01", "TOE_M"))
    return infer(wave, model, claims, robust=False)


def test_a_hypothesis_that_cannot_be_tested_is_named_with_its_reason():
    done = untestable()
    of = replace(made("paths"), inference=done)
    blocks = list(judging._verdicts(of, EN))
    listed = [block for block in blocks if isinstance(block, Listing)]
    assert texts(listed[:1])[-1].startswith("H9, OMV01 → TOE_M: not testable")
    assert not listed[0].entries[-1].numbers
    assert len(listed) == 2
    assert tables(blocks) == ["verdicts", "sizes"]
    alone = replace(done, judged=done.judged[-1:])
    assert tables(judging._verdicts(replace(of, inference=alone), EN)) == ["verdicts"]


def test_where_every_hypothesis_is_supported_nothing_is_left_open():
    of = made("paths")
    table = of.found.table().set_index(["lhs", "op", "rhs"])["est"]
    claims = [
        replace(claim, family="primary", sign="+" if table[claim.outcome, "~", claim.source] > 0 else "-")
        for claim in of.inference.hypotheses
    ]
    done = infer(of.wave, of.model, claims, robust=False)
    assert {verdict.verdict for verdict in done.judged} == {"supported"}
    blocks = judging._verdicts(replace(of, inference=done), EN)
    assert len([block for block in blocks if isinstance(block, Listing)]) == 1


@lru_cache(maxsize=1)
def chosen():
    """One path, judged under every choice that the wave allows."""
    wave, model = synthetic_wave(2012), Model.parse("INTENS ~ OMV01", name="small")
    return infer(wave, model, for_model(model), robust=True)


def test_other_choices_are_told_as_far_as_they_were_made():
    of = replace(made("paths"), inference=chosen())
    blocks = list(judging._choices(of, EN))
    again = chosen().robust
    assert [number.value for number in blocks[0].numbers][:3] == [
        len(again.specifications),
        again.survival["survives"].sum(),
        1,
    ]
    assert tables(blocks) == ["survival", "specifications", "unavailable"]
    weak = replace(
        again,
        survival=again.survival.assign(survives=False),
        specifications=again.specifications.assign(improper="TOE_M"),
        unavailable=again.unavailable.head(0),
    )
    blocks = list(judging._choices(replace(of, inference=replace(chosen(), robust=weak)), EN))
    assert tables(blocks) == ["survival", "specifications"]
    assert "H1" in texts(blocks[:1])[0]
    assert blocks[0].numbers[-1].value == len(again.specifications)


def test_zeros_are_told_with_what_there_is_of_them():
    assert list(judging._zeros(inferred(zeros=None, zeros_reason=""), EN)) == []
    wave, model = synthetic_wave(2012), Model.parse(PATHS, name="small")
    done = infer(wave, model, for_model(model), (Hypothesis("Z1", "OMV01", "TOE_M"),), robust=False)
    assert isinstance(done.zeros, Zeros)
    of = replace(made("paths"), inference=done)
    assert tables(judging._zeros(of, EN)) == ["zeros", "joint"]
    none = replace(done.zeros, joint=done.zeros.joint.assign(chisq=np.nan))
    assert tables(judging._zeros(replace(of, inference=replace(done, zeros=none)), EN)) == ["zeros"]


def test_thresholds_are_written_with_their_item():
    rows = made("ordinal").found.layout.rows
    row = next(row for row in rows if row.arrow.op == "|")
    assert parameters.written(row, EN) == f"{row.arrow.lhs} | {row.arrow.rhs}"


def test_points_that_are_on_no_list_are_an_error():
    section = Section("all", Markup("All"), (Paragraph(Markup("Said."), shows=("41.more", "1.model")),))
    with pytest.raises(KeyError, match=r"points that are not on the checklist: 41\.more"):
        checklist.scores(document(section))


def test_a_report_that_lacks_nothing_lists_nothing():
    given = tuple(Score(item, ("all",), ()) for item in items())
    empty = document(Section("all", Markup("All"), (Paragraph(Markup("Said.")),)))
    blocks = closing.score(given, empty, EN).blocks
    assert [type(block) for block in blocks] == [Paragraph, Paragraph, Tabled]
    assert [number.value for number in blocks[0].numbers] == [len(given), len(given)]
    missed = closing.score((replace(given[0], lacking=("1.model",)), *given[1:]), empty, EN).blocks
    assert len(missed) == 5


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (EN, "Thresholds of ordinal questions are hidden too"),
        (NL, "Drempels van ordinale vragen worden ook niet getoond"),
    ],
)
def test_hidden_thresholds_are_among_the_limits(words, text):
    of = made("ordinal")
    assert text not in said(closing.limits(of, words), words)
    assert text in said(closing.limits(replace(of, asked=replace(of.asked, suppress=10)), words), words)


@lru_cache(maxsize=1)
def rivalled():
    """Paths beside their rivals."""
    beside_it = rivals(Model.parse(PATHS, name="small"), synthetic_wave(2012))
    return inferred(rivals=beside_it)


def test_rivals_without_bic_differ_in_no_bic():
    of = rivalled()
    plain = compared.differences(of, EN)
    table = of.inference.rivals.table.assign(bic=np.nan)
    without = compared.differences(inferred(rivals=replace(of.inference.rivals, table=table)), EN)
    assert len(without.columns) == len(plain.columns) - 1
    assert plain.heads(EN)[-1] != without.heads(EN)[-1]
    assert without.frame["d_bic"].isna().all()


def test_what_has_no_arrows_is_not_drawn():
    assert drawn.structure(made("measurement"), EN) is None
    of = rivalled()
    alone = replace(of.inference.rivals, fits=of.inference.rivals.fits[:1])
    assert drawn.rivals(inferred(rivals=alone), EN) is None


@pytest.mark.parametrize(
    ("words", "text"), [(EN, "That is not enough: two parameters move together."), (NL, "Dat is niet genoeg.")]
)
def test_a_rank_that_is_too_low_warns_with_its_remedy(words, text):
    figures = {"rank": 5.0, "k": 6.0, "smallest": 0.0, "largest": 2.0}
    told = specified._ranked(
        Check("identification", False, "two parameters move together.", "Fix one.", figures), words
    )
    assert text in told.text
    assert told.text.endswith("Fix one.")
    assert told.look == "warning"
    assert [number.value for number in told.numbers] == [5.0, 6.0, 0.0, 2.0]


def test_a_scale_may_come_from_an_equation():
    tied = (
        f"{ORDINAL.replace('REP01 + REP02', 'NA*REP01 + b*REP02').replace('REP03', 'c*REP03')}\nCONSTRAINT(b = 2 - c)"
    )
    frame = specified.scaling(analysis(tied), EN).frame.set_index("construct")
    assert frame.loc["REP", "how"] == "equation"
    assert frame.loc["REP", "named"] == "an equation"


def test_the_score_alone_is_that_of_the_report(monkeypatch):
    section = Section("all", Markup("All"), (Paragraph(Markup("Said."), shows=("1.model",)),))
    doc = Document("Test", "", "en", (section,))
    monkeypatch.setattr(whole, "document", lambda of, words: doc)
    assert whole.score_of(made("paths"), EN) == scores(doc)
    assert sum(score.where == ("all",) for score in scores(doc)) == 1
