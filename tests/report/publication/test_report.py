"""The whole report: its score, what takes points away, and every number read back from what is printed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import ClassVar

import pypdfium2
import pytest
from typer.testing import CliRunner

from mkb21sem.cli import app
from mkb21sem.errors import OptionError
from mkb21sem.report.documents import files
from mkb21sem.report.documents.parts import without
from mkb21sem.report.publication import publish
from mkb21sem.report.publication.checklist import items, scores
from mkb21sem.report.publication.document import document, scored
from mkb21sem.report.references.citations import cited
from mkb21sem.report.references.listing import said
from tests.report.documents import expected, readback
from tests.report.publication.analysed import lost, reference, words_of

READERS = {
    "html": lambda path: readback.of_html(path.read_text(encoding="utf-8")),
    "docx": readback.of_docx,
    "pdf": readback.of_pdf,
}


def unmet(made):
    return {score.item.number for score in scores(made) if not score.met}


@pytest.fixture(scope="module")
def whole():
    """The report on the reference wave, pictures and all."""
    return document(reference(), words_of(reference()))


def test_there_are_forty_items_each_with_something_to_show():
    assert [item.number for item in items()] == list(range(1, 41))
    assert all(item.needs and item.wording["en"] and item.wording["nl"] for item in items())


def test_the_report_on_the_reference_wave_meets_all_but_the_frozen_plan(whole):
    assert unmet(whole) == {5}


@pytest.mark.usefixtures("undrawn")
def test_the_dutch_report_scores_the_same_but_for_pictures_left_out():
    of = reference()
    assert unmet(document(of, words_of(of, "nl"))) - {16} == {5}


@pytest.mark.usefixtures("undrawn")
class TestWhatIsTakenAwayTakesItsPoints:
    """Against the report without pictures, which this class does without."""

    before: ClassVar[set[int]] = set()

    def lost_points(self, of):
        if not self.before:
            self.before.update(unmet(document(reference(), words_of(of))))
        return unmet(document(of, words_of(of))) - self.before

    def test_no_hypotheses_file(self):
        assert {2, 40} <= self.lost_points(replace(reference(), claimed=False))

    def test_no_reason_for_the_number_of_respondents(self):
        bare = replace(reference().declaration, sample_size="")
        assert self.lost_points(replace(reference(), declaration=bare)) == {4}

    def test_no_declaration_at_all(self):
        nothing = type(reference().declaration)()
        assert {1, 3, 4, 6, 7, 15, 20, 27} <= self.lost_points(replace(reference(), declaration=nothing))

    def test_no_comparison_of_groups(self):
        assert self.lost_points(replace(reference(), comparison=None)) == {32, 39}


@pytest.mark.parametrize(("section", "items_lost"), [("missing", {10}), ("mechanism", {11}), ("limits", {40})])
def test_a_chapter_that_is_taken_out_takes_its_items(whole, section, items_lost):
    assert unmet(without(whole, section)) - unmet(whole) == items_lost


def test_the_score_stands_in_the_report_and_counts_itself_for_nothing(whole, monkeypatch):
    monkeypatch.setattr("mkb21sem.report.publication.document.document", lambda of, words: whole)
    of = reference()
    made, given = scored(of, words_of(of))
    assert [score.met for score in given] == [score.met for score in scores(whole)]
    table = made.tables()["checklist"].frame
    assert list(table["met"]) == ["yes" if score.met else "no" for score in given]
    assert unmet(without(made, *(section.name for section in whole.sections), "references")) == set(range(1, 41))


def test_the_report_ends_with_what_it_cites_and_nothing_else(whole, monkeypatch):
    monkeypatch.setattr("mkb21sem.report.publication.document.document", lambda of, words: whole)
    of = reference()
    words = words_of(of)
    made, _ = scored(of, words)
    listed, unknown = cited(said(whole, words))
    assert unknown == ()
    assert {"appelbaum2018", "hoyle2013"}.isdisjoint(work.key for work in listed)
    assert {"holm1979", "katz1974", "chen2007", "hu1999", "cohen1988"} <= {work.key for work in listed}
    entries = [entry.text for entry in made.sections[-1].blocks[0].entries]
    assert made.sections[-1].name == "references"
    assert {work.printed("en") for work in listed} < set(entries)
    assert len(entries) == len(listed) + 2


@pytest.mark.parametrize("form", READERS)
def test_every_number_of_the_report_is_read_back(whole, form, tmp_path):
    words, path = words_of(reference()), tmp_path / f"report.{form}"
    files.write(whole, words, tmp_path, [form])
    wrong = readback.differences(whole, words, READERS[form](path))
    if form == "pdf":
        # The tags don't tell whether a paragraph at the top of a page goes on from the page before.
        wrong = [line for line in wrong if not line.startswith("sentence:")]
        printed = text_of_pages(path, whole)
        assert [said for said, _ in expected.sentences(whole) if unhyphened(said) not in printed] == []
    assert wrong == []


def unhyphened(text):
    """Without spaces and hyphens: the reader of PDFs takes a hyphen at the end of a line for its own."""
    return re.sub("[-\x02\ufffe]", "", expected.squeezed(text))


def text_of_pages(path, made):
    """The text of a PDF without spaces, and without what is repeated on every page."""
    file = pypdfium2.PdfDocument(path)
    try:
        pages = [unhyphened(page.get_textpage().get_text_range()) for page in file]
    finally:
        file.close()
    foot = unhyphened(made.foot)
    return "".join(
        page.replace(unhyphened(made.banner), "", 1).replace(f"{foot}{at}/{len(pages)}", "", 1)
        for at, page in enumerate(pages, start=1)
    )


@pytest.mark.usefixtures("undrawn")
def test_a_report_without_convergence_claims_nothing():
    of = lost()
    made = document(of, words_of(of))
    assert {24, 25, 35, 37, 38, 40} & unmet(made) >= {35, 38}
    assert "verdicts" not in made.tables()


def test_the_command_writes_everything_and_tells_the_score(whole, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mkb21sem.report.publication.document.document", lambda of, words: whole)
    monkeypatch.setattr("mkb21sem.report.publication.analysis.analyse", lambda *given, **options: reference())
    done = CliRunner().invoke(app, ["report", "--out", "pub", "--formats", "html,md", "--tables", "csv,md"])
    assert done.exit_code == 0, done.output
    there = {path.relative_to(tmp_path / "pub").parts[0] for path in (tmp_path / "pub").rglob("*")}
    assert there == {"report.html", "report.md", "pictures", "tables", "moments", "results.json"}
    content = json.loads((tmp_path / "pub" / "results.json").read_text(encoding="utf-8"))
    assert content["run"]["command"] == "report"
    assert content["score"]["of"] == 40
    met = content["score"]["met"]
    assert f"{met} of the 40" in " ".join(done.output.split())
    assert f"The report covers {met} of the 40" in (tmp_path / "pub" / "report.html").read_text(encoding="utf-8")


def test_formats_that_are_none_are_refused():
    with pytest.raises(OptionError, match=r"formats must be .*; got 'odt'"):
        publish.Printing(("odt",))
    with pytest.raises(OptionError, match=r"tables must be .*; got 'xls'"):
        publish.Printing(("html",), ("xls",))
    with pytest.raises(OptionError, match="formats must name one"):
        publish.Printing(())
