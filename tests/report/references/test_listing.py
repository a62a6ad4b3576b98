"""A document lists what it cites, wherever it says it, and the same in every format."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from markupsafe import Markup

from mkb21sem.report.documents import files
from mkb21sem.report.documents.parts import Document, Drawn, Listing, Paragraph, Section, Tabled, Verbatim
from mkb21sem.report.pages import rendered
from mkb21sem.report.references.listing import on_page, said, with_references
from mkb21sem.report.references.works import works
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from tests.report.documents import readback
from tests.report.documents.expected import squeezed

TABLE = Table("rival_pairs", pd.DataFrame({"source": ["Chen 2007", ""]}), (Column("=Source", of=("source",)),))
DRAWN = Drawn("drawn", Markup("After Horn (1965)"), "", '<svg viewBox="0 0 4 3"/>', b"", 4.0)
BLOCKS = {
    "paragraph": (Paragraph(Markup("Holm’s <i>method</i>, as (Hu &amp; Bentler, 1999) say.")), {"hu1999"}),
    "list": (Listing((Paragraph(Markup("<i>r</i> (Funder &amp; Ozer 2019)")),)), {"funder2019"}),
    "table": (Tabled(TABLE), {"chen2007", "satorra2000", "vuong1989", "merkle2016"}),
    "caption": (DRAWN, {"horn1965"}),
    "verbatim": (Verbatim("# source: Katz et al. (1974)\nA ~ B"), {"katz1974"}),
}


def made(lang="en", **blocks):
    chosen = blocks or {name: block for name, (block, _) in BLOCKS.items()}
    section = Section("one", Markup("As Little (1988) asks"), tuple(chosen.values()))
    return Document("Made", "", lang, (section,))


def keys(document, lang="en"):
    """Keys of the works that a document lists; none without a list."""
    last = document.sections[-1]
    by_entry = {work.printed(lang): work.key for work in works()}
    entries = last.blocks[0].entries if last.name == "references" else ()
    return [by_entry[one.text] for one in entries]


def test_everything_that_a_document_says_is_read():
    listed = keys(with_references(made(), Words()))
    expected = {"little1988"}.union(*(cited for _, cited in BLOCKS.values()))
    assert set(listed) == expected
    assert listed == [work.key for work in works() if work.key in expected]


@pytest.mark.parametrize("gone", BLOCKS)
def test_what_is_no_longer_cited_is_no_longer_listed(gone):
    left = {name: block for name, (block, _) in BLOCKS.items() if name != gone}
    whole = keys(with_references(made(), Words()))
    assert set(whole) - set(keys(with_references(made(**left), Words()))) == BLOCKS[gone][1]


def test_a_document_that_cites_nothing_has_no_list():
    bare = Document("Bare", "", "en", (Section("one", Markup("One"), (Paragraph(Markup("In 2012.")),)),))
    assert with_references(bare, Words()) is bare


def test_a_citation_of_the_authors_own_is_left_to_them():
    own = made(own=Paragraph(Markup("after Rogers (2003) and <i>Holm</i> (1979)"), look="quotation"))
    listed = with_references(own, Words("nl"))
    assert keys(listed, "nl") == ["holm1979", "little1988"]
    assert listed.sections[-1].blocks[1].text.endswith("door de auteurs toe te voegen: Rogers (2003).")


def after_heading(read, heading):
    at = read.said.index(heading)
    return [squeezed(one) for one in read.said[at + 1 :]]


@pytest.mark.parametrize(("lang", "heading"), [("en", "References"), ("nl", "Literatuur")])
def test_every_format_holds_the_same_list(lang, heading, tmp_path):
    words = Words(lang)
    chosen = {name: block for name, (block, _) in BLOCKS.items() if name in ("paragraph", "list", "table", "verbatim")}
    whole = with_references(made(lang, **chosen), words)
    files.write(whole, words, tmp_path)
    entries = [one.text for one in whole.sections[-1].blocks[0].entries]
    expected = [squeezed(Markup(one).striptags()) for one in entries]
    assert len(expected) == 8
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert after_heading(readback.of_html(html), heading) == expected
    assert after_heading(readback.of_docx(tmp_path / "report.docx"), heading) == expected
    assert after_heading(readback.of_pdf(tmp_path / "report.pdf"), heading) == expected
    source = (tmp_path / "report.md").read_text(encoding="utf-8").partition(f"## {heading}\n\n")[2]
    lines = [re.sub(r"[\\<>*]", "", line.removeprefix("- ")) for line in source.splitlines()]
    assert [squeezed(line) for line in lines] == expected
    assert html.count('href="https://doi.org/') == len([one for one in entries if "<a " in one]) > 3


def test_entries_hang_in_word_and_lead_to_their_doi(tmp_path):
    import docx

    words = Words()
    files.write(with_references(made(list=BLOCKS["list"][0]), words), words, tmp_path, ["docx"])
    file = docx.Document(str(tmp_path / "report.docx"))
    entries = [one for one in file.paragraphs if one.style.name == "Bibliography"]
    assert len(entries) == 2
    form = entries[0].style.paragraph_format
    assert form.left_indent == -form.first_line_indent
    assert form.left_indent.cm == pytest.approx(1.27, abs=0.01)
    assert any(run.italic and "Psychological Science, 2" in run.text for run in entries[0].runs)
    assert 'HYPERLINK "https://doi.org/10.1177/2515245919847202"' in entries[0]._p.xml


def test_a_page_lists_what_it_says_and_links_to_the_list():
    main = "<p>(<i>Hu</i> &amp; Bentler, 1999)</p><td>Chen 2007</td><td>derived</td><p>Horn</p><p>1965</p>"
    entries, elsewhere = on_page(main, Words())
    assert [one.partition(" (")[0] for one in entries] == ["Chen, F. F.", "Hu, L., &amp; Bentler, P. M."]
    assert not elsewhere
    assert "Rogers (2003)" in on_page("<p>Rogers (2003)</p>", Words())[1]
    assert on_page("<p>2012</p>", Words()) == ((), "")


@pytest.mark.parametrize("text", ["(Efron, 1987)", "no one"])
def test_a_rendered_page_ends_with_its_references(text, monkeypatch):
    monkeypatch.setattr("mkb21sem.report.pages.text", lambda name, read=text: templates(name, read))
    html = rendered("tiny.html", {"title": "t", "wave": "w", "synthetic": False}, Words())
    assert ('<h2 id="references">References</h2>' in html) == ("Efron" in text)
    assert html.count('href="#references"') == html.count("<li>Efron") == int("Efron" in text)


def templates(name, read):
    if name == "tiny.html":
        return '{% extends "base.html" %}{% block main %}<p>' + read + "</p>{% endblock %}"
    from importlib.resources import files as resources

    return resources("mkb21sem.report.pages").joinpath(name).read_text(encoding="utf-8")


def test_only_dois_are_linked_to():
    with pytest.raises(ValueError, match="a text has the mark <a>"):
        list(said(made(own=Paragraph(Markup('<a href="https://example.org">x</a>'))), Words()))


def test_a_document_that_cites_only_what_the_program_does_not_know_says_so():
    own = Document("Own", "", "en", (Section("one", Markup("One"), (Paragraph(Markup("after Rogers (2003)")),)),))
    last = with_references(own, Words()).sections[-1]
    assert [type(block) for block in last.blocks] == [Paragraph]
    assert last.blocks[0].text.endswith("Rogers (2003).")
