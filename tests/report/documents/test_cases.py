"""Pictures of one format, blank pieces and broken lines: what seldom stands in a document, in every form of it."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pypdfium2
import pytest
import typst as compiler
from markupsafe import Markup
from PIL import Image

from mkb21sem.report.documents import files, markdown, pictures, runs, typst
from mkb21sem.report.documents.parts import Document, Drawn, Paragraph, Section, numbering
from mkb21sem.report.documents.runs import Run
from mkb21sem.report.words import Words

WORDS = Words("en")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 20"><rect width="80" height="20"/></svg>'


def png():
    """A picture of 80 by 20 dots."""
    file = BytesIO()
    Image.new("RGB", (80, 20), "white").save(file, format="png")
    return file.getvalue()


def picture(svg="", dots=b""):
    """A picture in one format or two."""
    return Drawn("p", Markup("A picture"), "A rectangle", svg, dots, 10.0)


def document(*blocks):
    """A document of one section."""
    return Document("Test", "", "en", (Section("all", Markup("All"), blocks),))


@pytest.mark.parametrize(
    ("one", "names"),
    [
        (picture(SVG, png()), ["p.svg", "p.png"]),
        (picture(SVG), ["p.svg"]),
        (picture(dots=png()), ["p.png"]),
    ],
)
def test_only_the_formats_that_a_picture_has_are_written(tmp_path, one, names):
    made = files.save_pictures(document(one), tmp_path / "pictures")
    assert [path.name for path in made] == names
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == sorted(names)


@pytest.mark.parametrize(
    ("one", "high"),
    [(picture(dots=png()), 2.5), (picture(SVG), 2.5), (picture("<svg/>"), 7.5)],
    ids=["as dots", "as lines", "of no size, which is then four to three"],
)
def test_a_picture_has_the_height_of_its_file(one, high):
    assert pictures.height(one) == high


def test_a_pdf_can_hold_a_picture_that_has_only_dots(tmp_path):
    typst.pdf(document(picture(dots=png())), WORDS, tmp_path / "report.pdf")
    page = pypdfium2.PdfDocument(tmp_path / "report.pdf")[0]
    (image,) = page.get_objects(filter=(pypdfium2.raw.FPDF_PAGEOBJ_IMAGE,))
    assert image.get_px_size() == (80, 20)


def test_a_picture_that_is_broken_stops_the_pdf_and_leaves_none(tmp_path):
    with pytest.raises(compiler.TypstError, match="failed to parse SVG"):
        typst.pdf(document(picture("<svg")), WORDS, tmp_path / "report.pdf")
    assert not (tmp_path / "report.pdf").exists()


def test_an_end_of_line_is_a_blank():
    assert typst.escaped("one\ntwo\tthree\r") == "one two three "
    assert markdown.escaped("one\ntwo\tthree\r") == "one two three "


def test_a_blank_has_no_look():
    bold = Run("bold", bold=True)
    assert markdown.text((bold, Run(" ", italic=True), Run("italic", italic=True))) == "**bold** *italic*"


def test_a_mark_that_no_form_knows_is_named():
    with pytest.raises(ValueError, match=r"^a text has the mark <u>; known are i, em, b, strong, sub, sup$"):
        runs.runs(Markup("<u>underlined</u>"))


@pytest.mark.parametrize(
    "form", [lambda x, at: markdown._piece(x, at, WORDS, ""), lambda x, at: typst._piece(x, at, WORDS)]
)
def test_a_block_that_a_form_does_not_know_is_named(form):
    with pytest.raises(TypeError, match="nothing is known of a Section in a document"):
        form(Section("all", Markup("All"), ()), numbering(document()))


def test_word_takes_the_dots_of_a_picture(tmp_path):
    made = files.write(document(Paragraph(Markup("Said.")), picture(SVG, png())), WORDS, tmp_path, ("docx",))
    with zipfile.ZipFile(made[0]) as parts:
        assert [parts.read(name) for name in parts.namelist() if name.endswith(".png")] == [png()]
