"""The Word file has real headings, captions and tables, and is the same every time."""

from __future__ import annotations

import io
import re
import zipfile

import docx
import lxml.etree
import pytest
from docx.oxml.ns import qn

from mkb21sem.report.documents import word
from tests.report.documents import sample


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    made = tmp_path_factory.mktemp("word") / "report.docx"
    word.write(sample.document("nl"), sample.worded("nl"), made)
    return made


@pytest.fixture(scope="module")
def file(path):
    return docx.Document(str(path))


def test_the_same_document_gives_the_same_bytes(path, tmp_path):
    word.write(sample.document("nl"), sample.worded("nl"), tmp_path / "again.docx")
    assert path.read_bytes() == (tmp_path / "again.docx").read_bytes()
    with zipfile.ZipFile(path) as parts:
        assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"dcterms" not in re.sub(rb"xmlns:\w+=\"[^\"]*\"", b"", parts.read("docProps/core.xml"))


def test_language_title_and_no_author_of_a_template(path, file):
    assert file.core_properties.title == sample.document("nl").title
    assert file.core_properties.language == "nl-NL"
    assert file.core_properties.author == "mkb21sem"
    styles = zipfile.ZipFile(path).read("word/styles.xml").decode()
    assert re.search(r'<w:rPrDefault>.*<w:lang w:val="nl-NL"', styles, re.DOTALL)


ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl numPr pBdr shd tabs spacing ind contextualSpacing "
    "jc outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs caps color spacing kern sz szCs u vertAlign lang",
    "tblPr": "tblStyle tblW jc tblInd tblBorders tblLayout tblCellMar tblLook tblCaption",
    "tcPr": "tcW gridSpan tcBorders shd vAlign",
}


@pytest.mark.parametrize("kind", ORDER)
def test_properties_stand_in_the_order_that_word_wants(path, kind):
    """ECMA-376, part 1, §17: these are sequences, and Word calls a file damaged that has another."""
    order = ORDER[kind].split()
    with zipfile.ZipFile(path) as parts:
        names = [name for name in parts.namelist() if re.fullmatch(r"word/(document|header\d+|footer\d+)\.xml", name)]
        found = [one for name in names for one in lxml.etree.fromstring(parts.read(name)).iter(qn(f"w:{kind}"))]
        styles = lxml.etree.fromstring(parts.read("word/styles.xml"))
    named = [style.find(qn(f"w:{kind}")) for style in styles.iter(qn("w:style")) if style.get(qn("w:customStyle"))]
    assert len(found) > 10
    for one in [*found, *(each for each in named if each is not None)]:
        tags = [part.tag.split("}")[1] for part in one]
        assert tags == sorted(tags, key=order.index), tags


def test_headings_are_headings(file):
    said = [(one.style.name, one.text) for one in file.paragraphs if one.style.name.startswith("Heading")]
    assert [style for style, _ in said].count("Heading 1") == 6
    assert [style for style, _ in said].count("Heading 2") == 2
    assert all(text for _, text in said)


def test_contents_are_readable_before_word_has_updated_them(file):
    listed = [one for one in file.paragraphs if one.style.name.lower().startswith("toc ")]
    named = {one.text for one in file.paragraphs if one.style.name.startswith("Heading")}
    assert {one.text for one in listed} == named
    places = {one.get(qn("w:name")) for one in file.element.iter(qn("w:bookmarkStart"))}
    anchors = [one.get(qn("w:anchor")) for one in file.element.iter(qn("w:hyperlink"))]
    assert len(anchors) == 8
    assert set(anchors) <= places


def test_fields_begin_and_end_and_refer_to_what_is_there(file):
    kinds = [one.get(qn("w:fldCharType")) for one in file.element.body.iter(qn("w:fldChar"))]
    assert kinds.count("begin") == kinds.count("separate") == kinds.count("end") > 20
    codes = [one.text.split() for one in file.element.body.iter(qn("w:instrText"))]
    assert sum(code[:2] == ["SEQ", "Table"] for code in codes) == 19
    assert sum(code[:2] == ["SEQ", "Figure"] for code in codes) == 2
    marks = list(file.element.body.iter(qn("w:bookmarkStart")))
    assert len({one.get(qn("w:id")) for one in marks}) == len(marks)
    assert len({one.get(qn("w:name")) for one in marks}) == len(marks)
    assert {code[1] for code in codes if code[0] == "REF"} <= {one.get(qn("w:name")) for one in marks}
    assert sum(code[0] == "REF" for code in codes) == 3


def test_number_in_bold_and_title_in_italics_above_every_table(file):
    captions = [one for one in file.paragraphs if one.style.name == "Caption"]
    tables = [one for one in captions if one.text.startswith("Tabel")]
    assert [one.text.split("\n")[0] for one in tables] == [f"Tabel {n}" for n in range(1, 20)]
    for one in captions:
        number, title = one.runs[0], [run for run in one.runs if run.italic]
        assert number.bold
        assert title
        assert one.style.paragraph_format.keep_with_next


def test_rules_above_and_below_heads_and_at_the_end_and_none_upright(file):
    for table in file.tables:
        borders = {one.tag.split("}")[1] for one in table._tbl.tblPr.find(qn("w:tblBorders"))}
        assert borders == {"top", "bottom"}
        rows = table._tbl.findall(qn("w:tr"))
        own = [one for row in rows for one in row.iter(qn("w:tcBorders"))]
        assert len(own) == len(rows[0].findall(qn("w:tc")))
        assert all([side.tag.split("}")[1] for side in one] == ["bottom"] for one in own)


def test_heads_are_repeated_and_rows_not_broken(file):
    for table in file.tables:
        first, *rest = table._tbl.findall(qn("w:tr"))
        assert first.trPr.find(qn("w:tblHeader")) is not None
        assert all(row.trPr.find(qn("w:tblHeader")) is None for row in rest)
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in (first, *rest))


def test_no_table_is_wider_than_its_page(file):
    """In the order of the file: the section that a table stands in ends after it."""
    widths, turned = [], []
    for part in file.element.body:
        if part.tag == qn("w:tbl"):
            columns = [int(one.get(qn("w:w"))) for one in part.find(qn("w:tblGrid"))]
            cells = [int(one.get(qn("w:w"))) for one in part.find(qn("w:tr")).iter(qn("w:tcW"))]
            assert columns == cells
            widths.append(sum(columns))
        for ends in part.iter(qn("w:sectPr")):
            size, margin = ends.find(qn("w:pgSz")), ends.find(qn("w:pgMar"))
            room = sum(int(margin.get(qn(side))) for side in ("w:left", "w:right"))
            across = int(size.get(qn("w:w"))) - room
            assert all(width <= across + 2 for width in widths)
            turned += [across > 12000] * len(widths)
            widths = []
    assert len(turned) == 19
    assert turned.count(True) == 1


def test_pictures_are_described_and_fit(file):
    shapes = file.inline_shapes
    assert len(shapes) == 2
    for shape in shapes:
        assert len(shape._inline.docPr.get("descr")) > 20
        assert shape.width.cm <= 17.01
        assert shape.height.cm <= 23.01


def test_banner_and_page_numbers_on_every_page(file):
    for section in file.sections:
        assert section.header.paragraphs[0].text == "Synthetische data: hieruit volgt niets over echte bedrijven."
        codes = [one.text.strip() for one in section.footer._element.iter(qn("w:instrText"))]
        assert codes == ["PAGE", "NUMPAGES"]


def test_notes_begin_in_italics(file):
    notes = [one for one in file.paragraphs if one.style.name == "Table Note" and one.text]
    assert len(notes) > 8
    for one in notes:
        assert one.runs[0].text == "Noot. "
        assert one.runs[0].italic


def test_letters_that_no_xml_can_hold_do_no_harm(tmp_path):
    from dataclasses import replace

    hostile = replace(sample.short(), title="a\x00b\x0b<&>\ud800", foot="\x1f", banner="x\x07y")
    word.write(hostile, sample.worded("en"), tmp_path / "hostile.docx")
    read = docx.Document(io.BytesIO((tmp_path / "hostile.docx").read_bytes()))
    assert read.paragraphs[0].text == "a b <&> "
    assert read.sections[0].header.paragraphs[0].text == "x y"
