"""What the answers look like before they are modelled: items 10 to 15."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mkb21sem.estimate.fit import fit
from mkb21sem.estimate.moments import Moments
from mkb21sem.report import sample
from mkb21sem.report.documents.parts import Drawn, Tabled
from mkb21sem.report.publication import anomalies, distributions
from mkb21sem.report.publication.moments import ACROSS, availability, cut, moments_files
from mkb21sem.report.publication.unanswered import mechanism, unanswered
from mkb21sem.specify.declaration import Declaration
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.missing import mcar
from mkb21sem.validate.shape import mardia
from tests.report.publication.analysed import (
    SMALL,
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
    return {b.table.name: b.table for b in blocks(section, name) if isinstance(b, Tabled)}


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_the_reference_analysis_meets_items_10_to_15(lang) -> None:
    assert met(front("diagnosed", lang=lang)) & set(range(1, 16)) == set(range(10, 16))


def test_that_nothing_is_missing_is_said_with_zeros() -> None:
    assert [n.value for n in numbers_of(front("diagnosed"), "None of their answers is missing: ")] == [0, 0, 1]
    assert "Whom routing left out is a matter of the population" in said(front("diagnosed"), words_of(reference()))


def test_missing_answers_are_counted_among_those_who_were_asked() -> None:
    of, found = gapped(), unanswered(gapped())
    lost = dict(zip(found.items["item"], found.items["missing"], strict=True))
    assert {item: n for item, n in lost.items() if n} == {"CUL01": 9, "REP02": 14, "REP05": 6, "GEB03": 2}
    assert set(found.items["n"]) == {256}
    assert found.total == 31
    assert found.patterns["n"].sum() == 256
    section = front("diagnosed", "gapped")
    assert {10, 11} <= met(section)
    k = len(found.items)
    assert [n.value for n in numbers_of(section, "of these answers are missing")] == [31 / (256 * k), 4, k, 14 / 256]
    assert numbers_of(section, "left at least one question open")[0].value == (found.cases > 0).sum()
    shown = tables(section, "missing")
    assert [row[0].text for row in shown["missing_items"].cells(words_of(of))] == ["CUL01", "REP02", "REP05", "GEB03"]
    picture = next(b for b in blocks(section, "missing") if isinstance(b, Drawn))
    assert "REP02: 14" in picture.alternative


def test_the_mechanism_is_tested_on_the_variables_of_the_model() -> None:
    of = gapped()
    section = front("diagnosed", "gapped")
    test = mcar(of.wave.frame(of.model.observed))
    found = numbers_of(section, "Little’s test of the model’s variables")
    assert [n.value for n in found] == [test.df, test.chisq, test.pvalue, test.patterns]
    text = said(section, words_of(of))
    assert "full information maximum likelihood" in text
    assert "No auxiliary variables" in text


def test_a_mechanism_that_can_not_be_tested_earns_nothing() -> None:
    answers = reference().wave.answers.copy()
    asked = np.flatnonzero(reference().wave.asked("REP01").to_numpy())
    for name in Model.parse(SMALL).observed:
        for question in [name] if name != "INTENS" else [q for q in answers if q.startswith("GEB")]:
            answers.iloc[asked[:3], answers.columns.get_loc(question)] = -9
    of = bare(Wave.of(answers, name="empty rows"), Model.parse(SMALL, name="small"))
    section = mechanism(of, words_of(of))
    assert lacking(section)[11] == ("11.mechanism",)
    assert "Little’s test could not be computed" in said(section, words_of(of))


def test_categories_are_those_of_the_answers() -> None:
    of = reference()
    found = distributions.answered(of)
    asked = of.wave.asked(of.model.observed)
    for name in ("CUL01", "GEB04", "MKT02"):
        own = found[found["item"] == name].set_index("code")["n"]
        counted = of.wave.answers.loc[asked, name].value_counts()
        assert own.to_dict() == {code: counted.get(code, 0) for code in of.wave.codebook[name].codes}
    frame = distributions.categories_table(found, words_of(of)).frame.set_index("item")
    assert frame.loc["GEB04", "empty"] == "4 5"
    smallest = found.groupby("item")["n"].min()
    expected = [len(smallest), (smallest == 0).sum(), ((smallest > 0) & (smallest < 5)).sum(), 5]
    assert [n.value for n in numbers_of(front("diagnosed"), "an answer that nobody gave")] == expected


def test_the_answers_are_drawn() -> None:
    drawn = [b for b in blocks(front("diagnosed", lang="nl"), "distributions") if isinstance(b, Drawn)]
    assert [b.name for b in drawn] == ["answers_1"]
    assert "Cultuur, Omgeving en Reputatie-effect" in drawn[0].caption


def test_normality_is_tested_on_the_rows_of_the_fit() -> None:
    of = gapped()
    rows = of.found.moments.rows[0]
    own = mardia(rows[np.isfinite(rows).all(axis=1)])
    found = [n.value for n in numbers_of(front("diagnosed", "gapped"), "Mardia’s tests")]
    figures = [own.skewness, own.skewness_df, own.skewness_chisq, own.skewness_pvalue]
    assert found == [own.n, own.p, *figures, own.kurtosis, own.kurtosis_z, own.kurtosis_pvalue]


def test_respondents_are_counted_and_never_named() -> None:
    of = reference()
    answers = of.wave.answers.copy()
    answers.index = [f"firm{i:05d}" for i in range(len(answers))]
    asked = np.flatnonzero(of.wave.asked(of.model.observed).to_numpy())
    straight = [name for name in answers if name[:3] in ("CUL", "OMG", "MOT", "ERV", "REP", "TOE")]
    answers.iloc[asked[:2], [answers.columns.get_loc(name) for name in straight]] = 3
    named = replace(of, study=replace(of.study, wave=replace(of.wave, answers=answers)))
    counted, n, k = anomalies.signs(named)
    at = counted.set_index("sign")["n"]
    assert (n, k) == (256, 58)
    assert at["longstring"] >= 2
    assert at["several"] >= 1
    section = anomalies.section(named, words_of(of))
    assert numbers_of(section, "sign of careless answering")[2].value == at["any"]
    printed = said(section, words_of(of)) + "".join(
        b.table.frame.to_csv() for s in section.walk() for b in s.blocks if isinstance(b, Tabled)
    )
    assert "firm0" not in printed


def test_collinearity_is_that_of_regressions_on_all_others() -> None:
    of = reference()
    vif, values = anomalies.inflation(of)
    rows = pd.DataFrame(of.found.moments.rows[0], columns=list(of.found.moments.names))
    for name in ("REP02", "MKT02"):
        others = np.column_stack([np.ones(len(rows)), rows.drop(columns=name)])
        residual = rows[name] - others @ np.linalg.lstsq(others, rows[name], rcond=None)[0]
        assert vif[name] == pytest.approx(rows[name].var() / residual.var(), rel=1e-9)
    worst = numbers_of(front("diagnosed"), "variance inflation factor")
    assert worst[0].value == max(vif.values())
    assert worst[2].value == values[0]


def test_few_questions_tell_nothing_of_care() -> None:
    section = front("diagnosed", "foreign")
    assert lacking(section)[13] == ("13.careless",)


def test_a_large_matrix_is_cut_so_that_every_correlation_is_printed_once() -> None:
    of = reference()
    whole = sample.correlations(of.found, words_of(of))
    parts = cut(whole)
    assert [part.name for part in parts] == ["correlations", "correlations_2", "correlations_3"]
    shown = [
        (row, int(column.id[1:]) - 1)
        for part in parts
        for row in part.rows or range(len(part.frame))
        for column in part.columns
        if column.id[1:].isdigit() and column.form[row] == "bounded2"
    ]
    p = len(of.found.moments.names)
    assert sorted(shown) == [(i, j) for i in range(p) for j in range(i)]
    assert all(sum(c.id[1:].isdigit() for c in part.columns) <= ACROSS for part in parts)
    small = sample.correlations(gapped().found, words_of(of))
    assert [part.rows for part in cut(small)] == [None]


def test_the_model_is_fitted_again_from_the_files_alone(tmp_path) -> None:
    of = reference()
    written = moments_files(of, tmp_path)
    assert {path.name for path in written} == {"README.txt", "cov.csv", "mean.csv", "model.sem", "sample.csv"}
    where = tmp_path / "moments"
    cov = pd.read_csv(where / "cov.csv", index_col=0)
    mean = pd.read_csv(where / "mean.csv", index_col=0)["mean"]
    n = int(pd.read_csv(where / "sample.csv")["n"].sum())
    again = fit(Model.read(where / "model.sem"), Moments(cov=cov, mean=mean, n=n), "ML")
    assert again.converged
    assert np.abs(again.theta - of.found.theta).max() < 1e-8
    assert np.abs(again.table()["est"] - of.found.table()["est"]).max() < 1e-8
    note = (where / "README.txt").read_text(encoding="utf-8")
    assert "Synthetic data" in note
    assert f"n={n}" in note
    assert not {str(code) for code in of.wave.answers.index} & set(note.split())


def test_ordinal_statistics_are_written_too(tmp_path) -> None:
    written = {path.name for path in moments_files(foreign(), tmp_path, "nl")}
    assert {"thresholds.csv", "acov.csv", "cov.csv"} <= written
    sample_of = foreign().found.moments.ordinal[0]
    acov = pd.read_csv(tmp_path / "moments" / "acov.csv", index_col=0)
    assert acov.shape == sample_of.gamma.shape
    assert np.allclose(acov.to_numpy() * foreign().found.moments.total, sample_of.gamma, rtol=1e-12)
    assert "Synthetische" not in (tmp_path / "moments" / "README.txt").read_text(encoding="utf-8")


def test_availability_is_the_authors_own() -> None:
    words = words_of(reference())
    assert lacking(availability(reference(), words)).get(15) is None
    section = availability(replace(reference(), declaration=Declaration()), words)
    assert lacking(section)[15] == ("15.availability",)
    assert "availability = &#34;…&#34;" in said(section, words)
