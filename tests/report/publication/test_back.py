"""The model, its estimation, fit, comparison and estimates on the reference analysis: items 16 to 39."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from mkb21sem.infer.effects.effects import effects as every_effect
from mkb21sem.infer.effects.effects import standardized
from mkb21sem.infer.rivals.family import DRAWN
from mkb21sem.report.documents.parts import Drawn, Listing, Section, Tabled, Verbatim
from mkb21sem.report.numbers import bounded
from mkb21sem.report.publication import compared, effects, estimated, fitted, parameters, specified
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.words import Words
from mkb21sem.specify.declaration import Declaration
from mkb21sem.specify.model import Model
from tests.report.publication.analysed import (
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
ITEMS = set(range(16, 40))


@lru_cache(maxsize=1)
def drawn_once() -> tuple[Section, ...]:
    """The chapters of the reference analysis in English, with every picture."""
    of = reference()
    return tuple(chapter.section(of, words_of(of)) for chapter in CHAPTERS)


def chapters(of: Analysis, lang: str = "en") -> tuple[Section, ...]:
    """The chapters of any analysis."""
    return tuple(chapter.section(of, words_of(of, lang)) for chapter in CHAPTERS)


def lost_by(of: Analysis) -> set[int]:
    """Items from 16 to 39 that an analysis doesn't meet."""
    return ITEMS - met(*chapters(of))


def table(name: str, *sections: Section) -> pd.DataFrame:
    """The frame behind a table."""
    return document(*sections).tables()[name].frame


def test_the_reference_analysis_meets_every_item() -> None:
    assert met(*drawn_once()) & ITEMS == ITEMS


CHANGES = {
    "declaration": (lambda of: replace(of, declaration=Declaration()), {20, 27, 33}),
    "covariances": (lambda of: replace(of, declaration=replace(of.declaration, covariances="")), {20}),
    "criteria": (lambda of: replace(of, declaration=replace(of.declaration, criteria="")), {27}),
    "comparison": (lambda of: replace(of, comparison=None), {32, 39}),
    "rivals": (lambda of: replace(of, inference=replace(of.inference, rivals=None)), {28, 31}),
    "equivalent": (lambda of: replace(of, inference=replace(of.inference, equivalent=None)), {34}),
    "certificate": (lambda of: replace(of, certificate=None), {19, 24}),
    "modification": (lambda of: replace(of, modification=of.modification.iloc[:0]), {30}),
    "residuals": (lambda of: replace(of, residuals=of.residuals.iloc[:0]), {29}),
}


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("what", CHANGES)
def test_what_is_taken_away_takes_its_items_along(what) -> None:
    change, items = CHANGES[what]
    # Pictures of the model (16) are left out here for speed.
    assert lost_by(change(reference())) - {16} == items


@pytest.mark.usefixtures("undrawn")
def test_without_pictures_of_the_model_item_16_is_lost() -> None:
    assert lost_by(reference()) == {16}


def test_pictures_are_whole_and_described() -> None:
    of = reference()
    pictures = {b.name: b for b in document(*drawn_once()).blocks() if isinstance(b, Drawn)}
    assert {"model", "indicators", "rivals", "groups", "residuals", "ladder", "effects", "trend"} <= set(pictures)
    for each in pictures.values():
        assert ElementTree.fromstring(each.svg).tag.endswith("svg")
        assert each.png.startswith(b"\x89PNG")
        assert each.caption.strip()
        assert each.alternative.strip()
        assert 5 < each.width < 40
    path = of.found.table().set_index(["lhs", "op", "rhs"])["std"]["INTENS", "~", "MOT"]
    assert f"Motives → Use {bounded(path, 2)};" in pictures["model"].alternative
    # The rivals other than the saturated structure, which has no arrow.
    assert pictures["rivals"].alternative.count("Culture → Motives") == 4
    assert all("Synthetic data" in pictures[name].alternative for name in ("model", "indicators", "rivals", "groups"))


def test_the_spec_can_be_read_again() -> None:
    spec = next(b for b in blocks(drawn_once()[0], "parameters") if isinstance(b, Verbatim))
    again = Model.parse(spec.text, name="again")
    assert {a.cell for a in again.arrows} == {a.cell for a in reference().model.arrows}


def test_parameters_and_moments_add_up() -> None:
    found, words = reference().found, words_of(reference())
    counted = parameters.table(found, words).frame.set_index("kind")
    assert counted.loc["total", "free"] == found.layout.k == 71
    assert counted.loc["loading", "fixed"] == 5
    assert counted.loc["residual covariance", "free"] == 5
    assert "CUL → CUL01" in counted.loc["loading", "values"]
    sum_ = parameters.counting(found, Words()).frame.set_index("moment")["number"]
    assert sum_["moments"] == sum_["variances"] + sum_["covariances"] == 25 * 26 // 2 == found.layout.moments
    assert sum_["df"] == sum_["moments"] - sum_["parameters"] == found.layout.df
    assert [n.value for n in numbers_of(drawn_once()[0], "degrees of freedom.")] == [325, 71, 254]


def test_identification_says_the_rank_of_the_certificate() -> None:
    of = reference()
    figures = of.certificate["identification"].figures
    rank, k, smallest, largest = numbers_of(drawn_once()[0], "locally identified")
    assert (rank.value, k.value) == (71, 71)
    assert (smallest.value, largest.value) == (figures["smallest"], figures["largest"])
    assert list(table("scaling", *drawn_once())["indicator"]) == ["CUL01", "OMG01", "MOT_PR", "ERV_PR", "REP01"]


def test_residual_covariances_are_named() -> None:
    text = said(drawn_once()[0], words_of(reference()))
    assert "Motive: sales ↔ Experience: sales" in text
    assert "by default, because nothing in the model comes after them (1): Reputation effect ↔ Expected future" in text


def test_settings_are_those_of_the_minimiser() -> None:
    values = table("settings", *drawn_once()).set_index("setting")
    assert values.loc["tolerance", "value"] == "10⁻¹⁶"
    assert values.loc["most", "value"] == "500"
    assert values.loc["iterations", "value"] == str(reference().found.iterations)
    assert set(values["default"]) == {"yes"}


def test_the_test_and_the_indices_are_those_of_the_fit() -> None:
    values, fit = reference().study.indices, drawn_once()[2]
    numbers = [n.value for n in numbers_of(fit, "Test of exact fit")]
    assert numbers[:2] == pytest.approx([values["chisq"], values["df"]])
    for name in ("pvalue", "chisq.scaled", "df.scaled", "pvalue.scaled", "chisq.scaling.factor"):
        assert values[name] in numbers
    shown = {(n.value, n.upper) if n.form.startswith("interval") else n.value for n in numbers_of(fit, "close fit")}
    assert (values["rmsea.ci.lower.robust"], values["rmsea.ci.upper.robust"]) in shown
    for name in ("rmsea.robust", "rmsea.pvalue.robust", "cfi.robust", "tli.robust", "srmr"):
        assert values[name] in shown


def test_conventions_are_held_against_the_same_versions() -> None:
    values, frame = reference().study.indices, table("criteria", *drawn_once()).set_index("name")
    assert frame.loc["cfi", "value"] == values["cfi.robust"]
    assert frame.loc["pvalue", "value"] == values["pvalue.scaled"]
    assert frame.loc["srmr", "value"] == values["srmr"]
    assert set(frame["met"]) == {"yes"}
    bad = replace(reference(), study=replace(reference().study, indices=values * 0 + 0.07))
    judged = fitted.criteria(bad, words_of(reference())).frame.set_index("name")["met"]
    assert judged.to_dict() == {"pvalue": "yes", "cfi": "no", "tli": "no", "rmsea": "no", "srmr": "yes"}


def test_information_criteria_name_the_best() -> None:
    rivals = reference().inference.rivals.table
    frame = table("information", *drawn_once())
    assert frame["d_bic"].min() == 0
    assert frame["d_bic"].tolist() == pytest.approx((rivals["bic"] - rivals["bic"].min()).tolist())
    assert numbers_of(drawn_once()[2], "By BIC")[0].value == rivals["bic"].min()


def test_residuals_and_modification_indices_are_the_largest() -> None:
    of, fit = reference(), drawn_once()[2]
    pairs = of.residuals[of.residuals["lhs"] != of.residuals["rhs"]]
    shown = document(fit).tables()["residuals"]
    assert len(shown.rows) == 10
    assert shown.frame["residual"].abs().is_monotonic_decreasing
    numbers = [n.value for n in numbers_of(fit, "residual correlations, ")]
    largest = pairs["residual"].abs().idxmax()
    assert numbers[:4] == [len(pairs), 0.10, int((pairs["residual"].abs() > 0.10).sum()), pairs["residual"][largest]]
    listed = document(fit).tables()["modification"]
    assert listed.frame["mi"].tolist() == of.modification["mi"].tolist()
    assert {"epc", "=SEPC"} <= {column.id for column in listed.columns}


def test_rivals_are_held_against_the_model() -> None:
    of = reference()
    frame = table("rival_differences", *drawn_once()).set_index("model")
    models = of.inference.rivals.table.set_index("model")
    assert frame.loc["stated", "relation"] == "rival nested"
    assert frame.loc["with A10", "relation"] == "model nested"
    assert frame.loc["reputation before experience", "relation"] == "not nested"
    assert frame.loc["stated", "d_cfi"] == models.loc["stated", "cfi"] - models.loc[DRAWN, "cfi"]
    assert compared.preferred(of) == []
    assert numbers_of(drawn_once()[3], "structural part alone")[0].value == 15


def test_a_rival_is_preferred_by_test_and_bic_together() -> None:
    of = reference()
    known = of.inference.rivals

    def preferred(p: float, bic: float) -> list[str]:
        pairs = known.comparison.pairs.copy()
        at = (pairs["smaller"] == DRAWN) & (pairs["larger"] == "with A10")
        pairs.loc[at, "pvalue"] = p
        models = known.table.copy()
        models.loc[models["model"] == "with A10", "bic"] = bic
        changed = replace(known, table=models, comparison=replace(known.comparison, pairs=pairs))
        return compared.preferred(replace(of, inference=replace(of.inference, rivals=changed)))

    own = float(known.table.set_index("model").loc[DRAWN, "bic"])
    assert preferred(0.01, own - 3) == ["with A10"]
    assert preferred(0.01, own + 3) == []
    assert preferred(0.20, own - 3) == []
    assert preferred(0.01, np.nan) == ["with A10"]


def test_the_ladder_lists_what_is_equal_and_how_it_was_tested() -> None:
    frame = table("equated", *drawn_once()).set_index("rung")
    ladder = reference().comparison.ladder
    assert frame.loc["scalar", "same"] == "loadings, intercepts"
    assert frame.loc["metric", "diff_p"] == ladder.steps[1].against.pvalue
    assert {"rmsea_shown", "d_cfi_shown"} <= set(table("waves_ladder", *drawn_once()))


def test_equivalent_models_that_make_a_fact_an_outcome_are_discussed() -> None:
    text = said(drawn_once()[3], words_of(reference()))
    assert "an outcome of Firm size and Active on the consumer market" in text
    turned = numbers_of(drawn_once()[3], "Turned round")
    assert turned[-1].value + turned[-2].value == len(reference().inference.equivalent)


def test_every_free_parameter_stands_in_one_table_with_both_scales() -> None:
    tables = document(drawn_once()[4]).tables()
    shown = pd.concat([tables[name].frame for name in ("paths", "loadings", "covariances")], ignore_index=True)
    found = reference().found
    expected = found.table().merge(
        standardized(found)[["lhs", "op", "rhs", "group", "std", "se", "low", "high"]],
        on=["lhs", "op", "rhs", "group"],
        suffixes=("", "_std"),
    )
    both = shown.merge(expected, on=["lhs", "op", "rhs"], suffixes=("", "_own"))
    assert len(both) == len(shown) == len(found.table())
    assert int(both["se"].notna().sum()) == found.layout.k
    for mine, theirs in (("est", "est_own"), ("se", "se_own"), ("p", "p_own"), ("std_se", "se_std")):
        assert np.allclose(both[mine], both[theirs], equal_nan=True, rtol=0, atol=0)
    assert np.allclose(both["std_low"], both["low_std"], equal_nan=True, rtol=0, atol=0)


def test_level_and_families_are_those_of_the_hypotheses() -> None:
    alpha, n, primary, secondary = (n.value for n in numbers_of(drawn_once()[4], "Holm’s (1979) method, which"))
    claims = reference().inference.hypotheses
    assert (alpha, n) == (0.05, len(claims))
    assert primary == sum(claim.family == "primary" for claim in claims)
    assert primary + secondary == n


def test_effects_are_those_of_the_fit() -> None:
    tables = document(drawn_once()[4]).tables()
    own = every_effect(reference().found)
    for name, kind in (("effects_indirect", "total indirect"), ("effects_total", "total")):
        frame = tables[name].frame.merge(own[own["effect"] == kind], on=["source", "outcome"], suffixes=("", "_own"))
        assert len(frame) == len(tables[name].frame) == (own["effect"] == "total indirect").sum()
        assert np.allclose(frame["std_low"], frame["std_low_own"], rtol=0, atol=0)
    specific = tables["effects_specific"]
    assert [specific.frame["id"].iloc[at] for at in specific.rows] == ["H14", "H15", "H16"]


def test_differences_are_tested_as_differences() -> None:
    summary = reference().comparison.replication.summary
    text = said(drawn_once()[4], words_of(reference()))
    differ = summary.loc[summary["equal_p"] < 0.05, "hypothesis"].tolist()
    assert ("equal effects are rejected at the 5% level for" in text) == bool(differ)
    assert ("For no path are equal effects rejected" in text) != bool(differ)
    holm = numbers_of(drawn_once()[4], "Holm’s (1979) method, the smallest")[-1].value
    assert summary["equal_p"].min() <= holm <= min(1.0, len(summary) * summary["equal_p"].min())
    assert "no interaction or quadratic term" in text
    assert set(table("means_tested", *drawn_once())["construct"]) == set(reference().model.latents)


def test_explained_variance_is_of_every_variable_with_an_arrow() -> None:
    shown = document(drawn_once()[4]).tables()["explained"]
    assert shown.rows is None
    assert len(shown.frame) == len(reference().study.r2) == 26


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("lang", ["en", "nl"])
def test_every_number_of_a_sentence_stands_in_it(lang) -> None:
    words = words_of(reference(), lang)
    sections = drawn_once() if lang == "en" else chapters(reference(), lang)
    for section in sections:
        for one in paragraphs(section):
            assert one.text.strip()
            for number in one.numbers:
                assert number.shown(lang).replace("<", "&lt;").replace(">", "&gt;") in str(one.text)
    doc = document(*sections, lang=lang)
    for block in doc.blocks():
        if isinstance(block, Tabled):
            assert block.table.cells(words)
            assert words.plain(block.note or f"table.{block.table.name}", **block.table.facts)
        if isinstance(block, Listing):
            assert block.entries
