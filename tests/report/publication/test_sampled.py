"""Who was asked and how it was measured: items 6 to 9."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mkb21sem.report.documents.parts import Drawn, Tabled
from mkb21sem.report.publication import sampled
from mkb21sem.report.publication.indicators import behind_table, composition, indicators, scales
from mkb21sem.report.publication.sampled import flow_table, followed
from mkb21sem.report.waves.comparison import comparison
from mkb21sem.specify.declaration import Declaration
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.waves import Waves
from mkb21sem.validate.htmt import ratios
from mkb21sem.validate.reliability import reliability
from tests.report.publication.analysed import (
    bare,
    blocks,
    foreign,
    front,
    gapped,
    lacking,
    met,
    numbers_of,
    reference,
    said,
    words_of,
)


def tables(section, name):
    return {b.table.name: b for b in blocks(section, name) if isinstance(b, Tabled)}


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_the_reference_analysis_meets_items_6_to_9(lang) -> None:
    assert met(front("sampled", lang=lang)) & set(range(1, 16)) == {6, 7, 8, 9}


def test_what_is_not_declared_is_missed_and_asked_for() -> None:
    of = replace(reference(), declaration=Declaration(design="A survey."))
    section = sampled.section(of, words_of(of))
    assert lacking(section)[6] == ("6.design", "6.weights")
    assert lacking(section)[7] == ("7.sources",)
    text = said(section, words_of(of))
    assert all(f"{key} = &#34;…&#34;" in text for key in ("dates", "weights", "measures", "exclusions"))


def test_the_flow_adds_up() -> None:
    of = gapped()
    listwise = bare(of.wave, of.model, missing="listwise")
    for each, used, lost in ((of, 256, 0), (listwise, 225, 31)):
        at = followed(each)
        assert (at.n, at.asked, at.used, sum(n for _, n in at.lost)) == (314, 256, used, lost)
        assert at.partial == (31 if each is of else 0)
        frame = flow_table(at, words_of(of)).frame.set_index("step")["n"]
        assert frame["wave"] - frame["not_asked"] == frame["asked"]
        assert frame["asked"] - frame.get("listwise", 0) == frame["used"]
        section = sampled.section(each, words_of(of))
        assert [n.value for n in numbers_of(section, "respondents. 256 of them")][:3] == [314, 256, used]
        picture = next(b for b in blocks(section, "design") if isinstance(b, Drawn))
        assert picture.svg.startswith("<?xml")
        assert picture.png.startswith(b"\x89PNG")
        assert f"{used}" in picture.alternative
        assert "314" in picture.alternative


def test_groups_are_counted() -> None:
    of = reference()
    table = tables(front("sampled"), "design")["group_sizes"].table
    alone = of.wave.frame(["ZZP", *of.model.observed])["ZZP"]
    assert dict(zip(table.frame["group"], table.frame["n"], strict=True)) == {
        f"ZZP = {value:g}": n for value, n in alone.value_counts().items()
    }


def test_waves_are_counted_with_all_their_respondents() -> None:
    of = gapped()
    waves = Waves.of([replace(synthetic_wave(seed), name=name) for seed, name in ((1, "2012"), (2, "2014"))])
    compared = replace(of, comparison=comparison(of.model, waves, of.study.hypotheses))
    section = sampled.section(compared, words_of(of))
    sizes = tables(section, "design")["group_sizes"].table.frame
    assert sizes["group"].tolist() == ["2012", "2014"]
    assert sizes["respondents"].tolist() == [wave.n for wave in waves.waves]
    assert sizes["n"].tolist() == [int(wave.asked(["CUL01", "REP01"]).sum()) for wave in waves.waves]
    assert "Waves compared: 2" in said(section, words_of(of))
    grouped = tables(section, "validity")["reliability_groups"].table.frame
    assert set(zip(grouped["construct"], grouped["group"], strict=True)) == {
        (construct, name) for construct in ("CUL", "REP") for name in ("2012", "2014")
    }


def test_weights_that_are_used_elsewhere_are_named() -> None:
    of = replace(reference(), asked=replace(reference().asked, weights="W"))
    assert "the column W weights respondents" in said(sampled.section(of, words_of(of)), words_of(of))


def test_every_variable_has_its_wording_answers_and_evidence() -> None:
    of = reference()
    words = words_of(of)
    frame = indicators(of, words).frame.set_index("item")
    assert tuple(frame.index) == of.model.observed
    book = of.wave.codebook
    assert frame.loc["REP01", "label"] == book["REP01"].label("en")
    called = {letter: answers for answers, letter in scales(of, words).items()}
    agree = "1 = strongly disagree; 2 = disagree; 3 = neutral; 4 = agree; 5 = strongly agree"
    assert called[frame.loc["REP01", "answers"]] == called[frame.loc["MOT_PR", "answers"]] == agree
    assert called[frame.loc["MKT02", "answers"]] == "0 = not ticked; 1 = ticked"
    assert [f"{letter}: {answers}" in said(front("sampled"), words) for letter, answers in called.items()] == [True] * 5
    assert frame.loc["CUL01", ["construct", "evidence", "asked"]].tolist() == ["Culture", "reconstruction", "all"]
    assert frame.loc["MOT_PR", ["kind", "k", "questions", "asked"]].tolist() == [
        "composed",
        3,
        "MOT01 MOT02 MOT03",
        "users",
    ]
    more = behind_table(of, words).frame
    assert list(more.loc[more["variable"] == "MOT_PR", "item"]) == ["MOT01", "MOT02", "MOT03"]
    assert len(more) == sum(frame.loc[frame["kind"] == "composed", "k"])
    derived = of.wave.frame(["MOT_PR", *composition(of.wave)["MOT_PR"]])
    assert np.allclose(derived["MOT_PR"], derived.drop(columns="MOT_PR").mean(axis=1))


def test_questions_worded_the_other_way_round_are_named() -> None:
    of = reference()
    items = of.inquiry.screening.items.copy()
    items.loc[items["item"] == "REP03", "flags"] = "reversed"
    items.loc[items["item"] == "WIJ01", "flags"] = "reversed"
    turned = replace(of, inquiry=replace(of.inquiry, screening=replace(of.inquiry.screening, items=items)))
    assert "of their scale: REP03. They are probably" in said(sampled.section(turned, words_of(of)), words_of(of))


def test_reliability_is_that_of_the_analysis() -> None:
    of = reference()
    found = tables(front("sampled"), "validity")
    columns = ["construct", "alpha", "low", "high", "omega", "ave"]
    own = found["reliability"].table.frame
    pd.testing.assert_frame_equal(own[columns], of.study.reliability[columns])
    grouped = found["reliability_groups"].table.frame
    again = reliability(next(step.fit for step in of.comparison.ladder.steps))
    pd.testing.assert_frame_equal(grouped[[*columns, "group"]], again[[*columns, "group"]])
    assert set(grouped["group"]) == {"ZZP = 0", "ZZP = 1"}
    assert found["d_ratios"].table.frame["htmt"].tolist() == of.inquiry.validity.htmt.table["htmt"].tolist()


def test_without_the_waves_own_measurement_the_fit_tells() -> None:
    of, section = gapped(), front("sampled", "gapped")
    assert lacking(section)[9] == ("9.method",)
    assert 8 in met(section)
    table = tables(section, "validity")["apart"].table.frame
    rows = pd.DataFrame(of.found.moments.rows[0], columns=list(of.found.moments.names))
    expected = ratios(rows, {"CUL": of.model.indicators["CUL"], "REP": of.model.indicators["REP"]}, draws=0)
    assert table["htmt"].tolist() == pytest.approx(expected.table["htmt"].tolist())
    ave = of.study.reliability["ave"]
    assert [n.value for n in numbers_of(section, "variance extracted runs")] == [ave.min(), ave.max()]


def test_without_constructs_reliability_can_not_be_told() -> None:
    section = front("sampled", "foreign")
    assert lacking(section)[8] == ("8.reliability", "8.convergent", "8.discriminant")
    assert "free of measurement error" in said(section, words_of(foreign()))


def test_method_variance_is_that_of_the_analysis_and_harman_is_criticised() -> None:
    of, section = reference(), front("sampled")
    found = tables(section, "common_method")
    assert found["d_moved"].table.frame["std_with"].tolist() == of.inquiry.method.factor.paths["std_with"].tolist()
    share = of.inquiry.method.harman.share
    assert share in [n.value for n in numbers_of(section, "(Harman)")]
    text = said(section, words_of(of))
    assert "it hardly ever finds one" in text
    assert "stands in for it" in text
