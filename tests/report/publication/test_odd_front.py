"""The first fifteen items where something is hidden, lost, constant or left out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from mkb21sem.report.documents.parts import Paragraph, Tabled
from mkb21sem.report.dossier.inquiry import Depth, inquire
from mkb21sem.report.publication import anomalies, apart, distributions, measured, planned, registration, sampled
from mkb21sem.report.publication import unanswered as missing
from mkb21sem.report.publication.analysis import _compared
from mkb21sem.report.publication.indicators import answers
from mkb21sem.report.waves.comparison import Comparison
from mkb21sem.report.words import Words
from mkb21sem.specify.declaration import Declaration
from mkb21sem.specify.hypothesis import Hypothesis, for_model
from mkb21sem.specify.model import Model
from mkb21sem.specify.plan import Rules, freeze
from mkb21sem.survey.codebook import Codebook, Item
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.synthetic_waves import synthetic_waves
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.htmt import ratios
from tests.report.publication.analysed import SMALL, bare, document, gapped, numbers_of, said, words_of
from tests.report.waves.compared import grouped
from tests.report.waves.compared import measured as over_waves

EN, NL = Words("en"), Words("nl")
ONE = "REP =~ REP01 + REP02 + REP03 + REP04\nREP ~ OMV01"
QUICK = Depth(draws=0, random=20, polychoric=False, thorough=False)


@lru_cache(maxsize=1)
def small():
    """A model of two constructs, all answers there."""
    return bare(synthetic_wave(2012), Model.parse(SMALL, name="small"))


@lru_cache(maxsize=1)
def single():
    """A model of one construct."""
    return bare(synthetic_wave(2012), Model.parse(ONE, name="one"))


@lru_cache(maxsize=1)
def inquired():
    """The small model with what a measurement model of its two constructs says."""
    answers = synthetic_wave(2012).answers
    own = answers[[name for name in answers if str(name).startswith(("GEB", "CUL", "REP"))]]
    return replace(small(), inquiry=inquire(Wave.of(own, name="two"), depth=QUICK))


def with_moments(of, **changed):
    """The analysis, had its fit had other moments."""
    found = replace(of.found, moments=replace(of.found.moments, **changed))
    return replace(of, study=replace(of.study, found=found))


def hidden(of, threshold=10):
    """The analysis with counts of few hidden."""
    return replace(of, asked=replace(of.asked, suppress=threshold))


def text(block):
    """One paragraph without mark-up."""
    return block.text.striptags()


def almost_empty(of, whole=2):
    """Rows of which all but a few lack an answer."""
    rows = of.found.moments.rows[0].copy()
    rows[whole:, 0] = np.nan
    return (rows,)


def test_where_a_variable_follows_from_another_there_are_no_distances_and_no_test_of_normality():
    rows = small().found.moments.rows[0].copy()
    rows[:, 1] = rows[:, 0]
    of = with_moments(small(), rows=(rows,))
    (outliers,) = anomalies._outliers(of, EN)
    assert text(outliers).startswith(
        "Mahalanobis distances could not be computed: a variable is determined by the others"
    )
    normality = distributions._normality(of, EN)
    assert text(normality).startswith("Mardia’s tests of multivariate normality could not be computed: ")
    assert not normality.shows
    assert not outliers.shows


def test_a_variable_that_others_determine_is_told():
    cov = small().found.moments.cov.copy()
    cov[0, 1], cov[0, :, 1] = cov[0, 0], cov[0, :, 0]
    of = with_moments(small(), cov=cov)
    vif, values = anomalies.inflation(of)
    assert vif == {}
    assert values[0] == pytest.approx(0, abs=1e-10)
    told = anomalies._collinear(of, EN)
    assert text(told) == "A variable is determined by the others: the smallest eigenvalue of the correlations is 0.000."
    assert "ligt vast door de andere" in text(anomalies._collinear(of, NL))


def test_one_construct_cannot_be_confused_with_another():
    *_, told = apart.apart(single(), ["REP"], EN)
    assert text(told) == "There is one construct, so there is none that it could be confused with."
    assert told.shows == ("8.discriminant",)


def test_too_few_complete_rows_leave_discriminant_validity_open():
    of = with_moments(small(), rows=almost_empty(small()))
    *_, told = apart.apart(of, ["CUL", "REP"], EN)
    assert text(told).startswith("Discriminant validity could not be examined: 2 usable rows for 9 variables")
    assert not told.shows


def test_without_answers_the_correlations_stand_alone():
    of = with_moments(small(), rows=())
    said_first, table = list(apart.apart(of, ["CUL", "REP"], EN))[-2:]
    assert isinstance(said_first, Paragraph)
    assert table.shows == ("8.discriminant",)
    assert table.table.frame["htmt"].isna().all()
    assert table.table.frame["est"].notna().all()


@pytest.mark.parametrize(("words", "shown"), [(EN, "11 categories"), (NL, "11 categorieën")])
def test_of_a_list_of_categories_only_their_number_is_told(words, shown):
    assert answers(Codebook.read()["SEC01"], words) == shown


@lru_cache(maxsize=1)
def long():
    """Two questions with thirteen answers each."""
    codes = tuple(range(13))
    labels = tuple(map(str, codes))
    items = tuple(
        Item(n, "Blok", f"Vraag {n}", f"Question {n}", codes, labels, labels, "ordinal") for n in ("AGE01", "YRS01")
    )
    x = np.random.default_rng(3).standard_normal((200, 2)) @ np.array([[1.0, 0.5], [0.0, 0.8]])
    table = pd.DataFrame(np.clip(np.round(6 + 2 * x), 0, 12).astype(int), columns=["AGE01", "YRS01"])
    return bare(Wave.of(table, Codebook(items), name="long"), Model.parse("YRS01 ~ AGE01", name="long"))


def test_questions_with_many_answers_are_described_and_not_counted_out():
    of = long()
    assert distributions.answered(of).empty
    (told,) = distributions._categories(of, EN)
    assert str(told.text).startswith("No variable of the model has answer categories;")
    assert told.shows == ("12.categories",)
    section = distributions.section(of, EN)
    assert "descriptives" in document(section).tables()
    assert "categories" not in document(section).tables()


def test_where_every_shape_is_hidden_none_is_called_extreme():
    known = pd.DataFrame({"variable": ["A"], "skew": [1.0], "kurtosis": [2.0]})
    assert "[[table.descriptives]] gives mean and standard deviation" in str(
        distributions._extreme(known.head(0), EN).text
    )
    assert "1.00" in text(distributions._extreme(known, EN))


def test_a_measured_comparison_has_its_reliability_group_by_group_without_groups_of_few():
    of = replace(small(), comparison=grouped())
    (_, table) = measured._grouped(of, EN)
    n = table.table.frame.set_index("group")["n"]
    assert n.to_dict() == dict(zip(grouped().waves, grouped().configural.moments.n, strict=True))
    (_, shown) = measured._grouped(hidden(of), EN)
    assert shown.table.frame["n"].tolist() == n.tolist()
    assert not shown.table.frame["hidden"].any()
    (_, few) = measured._grouped(hidden(of, int(n.min()) + 1), EN)
    assert few.table.frame["n"].isna().all()
    assert few.table.frame["hidden"].all()


def test_groups_of_few_are_hidden_among_the_sizes():
    of = replace(small(), comparison=grouped())
    sizes = list(grouped().configural.moments.n)
    for threshold, gone in ((10, [False, False]), (min(sizes) + 1, [True, True])):
        *_, table = sampled._several(hidden(of, threshold), EN)
        assert table.table.frame["hidden"].tolist() == gone
        assert table.table.frame["n"].isna().tolist() == gone


def test_a_step_of_few_is_hidden_in_the_flow():
    frame = sampled.flow_table(sampled.Flow(300, 250, 240, 0, (("listwise", float("nan")), ("constant", 10))), EN).frame
    assert frame["hidden"].tolist() == frame["n"].isna().tolist()
    assert frame["hidden"].sum() == 1
    whole = sampled.flow_table(sampled.Flow(300, 250, 240, 0, (("listwise", 10),)), EN).frame
    assert "hidden" not in whole


def test_a_weighted_fit_says_so():
    of = with_moments(small(), weights=(np.ones(256),))
    assert text(list(sampled._weights(of, EN))[-1]) == "The fit is weighted."
    assert text(list(sampled._weights(of, NL))[-1]) == "De schatting is gewogen."


def test_a_reliability_that_is_not_known_is_no_range():
    own = small().study.reliability.assign(alpha=np.nan, low=np.nan, high=np.nan)
    of = replace(small(), study=replace(small().study, reliability=own))
    (table,) = measured._reliable(of, EN)
    assert isinstance(table, Tabled)
    assert not table.shows
    first, known = measured._reliable(small(), EN)
    assert [number.value for number in first.numbers][:2] == [own_of(small()).min(), own_of(small()).max()]
    assert known.shows == ("8.reliability",)


def own_of(of):
    """Alpha of every construct."""
    return of.study.reliability["alpha"]


def test_validity_meets_its_point_by_what_there_is_of_ratios_and_correlations():
    of = inquired()
    one = of.inquiry

    def points(inquiry):
        """Table → the points that it meets."""
        blocks = measured._valid(replace(of, inquiry=inquiry), words_of(of))
        return {block.table.name: block.shows for block in blocks if isinstance(block, Tabled)}

    whole = points(one)
    assert len([name for name, shows in whole.items() if shows == ("8.discriminant",)]) == 1
    without = points(replace(one, validity=replace(one.validity, htmt=None)))
    assert set(without) < set(whole)
    assert len([name for name, shows in without.items() if shows == ("8.discriminant",)]) == 1


def test_what_one_source_does_is_told_as_far_as_it_was_found():
    of = inquired()
    one = of.inquiry

    def tables(inquiry):
        """Names of the tables."""
        return {b.table.name for b in measured._shared(of, inquiry, words_of(of)) if isinstance(b, Tabled)}

    whole = tables(one)
    lost = replace(one.method, factor=replace(one.method.factor, found=None))
    assert whole - tables(replace(one, method=lost)) == {"d_moved"}


def claims(*sizes):
    """Hypotheses with a smallest effect of interest each, for one reason."""
    arrows = (("CUL", "REP"), ("OMV01", "REP"), ("CUL", "INTENS"))
    return tuple(
        Hypothesis(f"H{at}", *arrow, sesoi=size, rationale="Smaller ones change nothing.")
        for at, (arrow, size) in enumerate(zip(arrows, sizes, strict=False), start=1)
    )


def test_effects_of_interest_of_several_sizes_are_a_range():
    told, quotation = planned._interest(claims(0.1, 0.2, 0.15), EN)
    assert text(told) == "The smallest effects of interest lie between .10 and .20 (standardised). The authors’ reason:"
    assert [number.value for number in told.numbers] == [0.1, 0.2]
    assert text(quotation) == "Smaller ones change nothing."
    same, _ = planned._interest(claims(0.1, 0.1), EN)
    assert [number.value for number in same.numbers] == [0.1]


def detected(**changed):
    """Two rows of a sensitivity analysis."""
    row = {"path": "CUL → REP", "sign": "+", "alpha": 0.05, "n": 256, "std": 0.2, "power": 0.8, "smallest": 0.16}
    rows = [
        {"id": "H1", **row, "sesoi": 0.1, "at_sesoi": 0.45, "reason": ""},
        {"id": "H2", **row, "sesoi": 0.2, "at_sesoi": 0.9, "reason": ""},
    ]
    return pd.DataFrame(rows).assign(**changed)


def test_what_cannot_be_detected_has_a_column_of_reasons():
    plain, reasoned = (planned.detectable(detected(reason=reason), EN) for reason in ("", ["", "no arrow"]))
    assert len(reasoned.columns) == len(plain.columns) + 1
    assert [row[-1].text for row in reasoned.cells(EN)] == ["", "no arrow"]


def test_without_a_power_at_the_smallest_effect_only_the_smallest_that_is_found_is_told():
    assert len(list(planned._detectable(detected(), EN))) == 2
    (only,) = planned._detectable(detected(at_sesoi=np.nan), EN)
    assert [number.value for number in only.numbers] == [256, 0.8, 0.16, 0.16]


def test_without_registered_zeros_only_the_hypotheses_are_told():
    of = replace(small(), claimed=True, study=replace(small().study, hypotheses=claims(0.1, 0.2, 0.15)))
    assert of.inference.zeros is None
    section = planned._hypotheses(of, EN)
    assert "leaves out on purpose" not in said(section, EN)
    assert numbers_of(section, "There are 3 hypotheses")[0].value == 3


def test_a_registration_that_is_declared_stands_after_the_plan():
    of = small()
    plan = freeze(of.model, for_model(of.model), Rules(criteria="CFI above .95"), "0", datetime(2026, 1, 1, tzinfo=UTC))
    sealed = replace(of, study=replace(of.study, plan=plan))
    quoted = replace(sealed, declaration=Declaration(registration="At OSF, before the wave."))
    without, last = (list(registration._frozen(each, EN)) for each in (sealed, quoted))
    assert [text(block) for block in last[: len(without)]] == [text(block) for block in without]
    assert text(last[-1]) == "At OSF, before the wave."


def test_waves_that_cannot_be_compared_leave_their_reason():
    absent = {}
    paths, waves = Model.parse("INTENS ~ MKT02", name="paths"), synthetic_waves()
    assert _compared(synthetic_wave(2012), waves, "", paths, for_model(paths), absent) is None
    assert absent == {
        "comparison": "the model paths has no construct, so that there is nothing to compare over groups."
    }
    made = _compared(waves.waves[0], waves, "", over_waves().model, (), absent)
    assert isinstance(made, Comparison)
    assert made.waves == waves.names


def test_rows_that_tell_of_few_missing_answers_are_hidden():
    of = hidden(gapped())
    found = missing.unanswered(of)
    asked = len(found.cases)
    assert missing.rows_shown(of, asked) == asked
    listwise = hidden(bare(gapped().wave, gapped().model, missing="listwise"))
    assert listwise.found.moments.total == asked - int((found.cases > 0).sum())
    assert missing.rows_shown(listwise, asked) == asked
    assert np.isnan(missing.rows_shown(of, asked - 6))


def test_where_nothing_is_missing_a_number_of_rows_is_hidden_only_if_it_is_of_few():
    of = hidden(small())
    assert missing.unanswered(of).gaps.whole
    used = of.found.moments.total
    assert np.isnan(missing.rows_shown(of, used - 3))
    assert missing.rows_shown(of, used - 30) == used - 30


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_patterns_of_few_have_no_picture(lang):
    of = hidden(gapped(), 40)
    found = missing.unanswered(of)
    blocks = list(missing._some(of, found, Words(lang)))
    fragment = "so there is no picture of them" if lang == "en" else "dus er is geen afbeelding van"
    assert any(fragment in text(block) for block in blocks if isinstance(block, Paragraph))
    assert not [block for block in blocks if not isinstance(block, Paragraph | Tabled)]
    assert not [one for one in blocks if isinstance(one, Paragraph) and re.search(r"\bnan\b", text(one))]


def test_ratios_of_the_small_model_are_those_of_its_rows():
    table = apart.pairs(apart.validity(small().found, draws=0), EN).frame
    rows = pd.DataFrame(small().found.moments.rows[0], columns=list(small().found.moments.names))
    own = {name: list(small().model.indicators[name]) for name in ("CUL", "REP")}
    assert table["htmt"].tolist() == ratios(rows, own, draws=0).table["htmt"].tolist()
