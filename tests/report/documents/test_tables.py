"""Single tables as files, and where tables stand on paper."""

from __future__ import annotations

import docx
import lxml.html
import pandas as pd
import pytest

from mkb21sem.errors import OptionError
from mkb21sem.report.document import every_table
from mkb21sem.report.documents import files, markdown, tables, typst
from mkb21sem.report.documents.grid import SMALLEST, TURNED, UPRIGHT, ems, grid
from mkb21sem.report.documents.printed import printed
from mkb21sem.report.pages import numbered
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from tests.report.documents import expected, sample

ALL = ("csv", "docx", "html", "tex", "md", "typ")


@pytest.fixture(scope="module", params=["en", "nl"])
def saved(request, tmp_path_factory):
    """A table in every format, by format, and what it was made of."""
    folder = tmp_path_factory.mktemp(request.param)
    words = sample.worded(request.param)
    table = every_table(sample.analysed(), words)["verdicts"]
    made = tables.save(table, words, 3, folder, ALL)
    assert sorted(made) == sorted(folder.iterdir())
    return table, words, {path.suffix[1:]: path for path in made}


def test_files_are_called_by_number_and_name(saved):
    assert {path.name for path in saved[2].values()} == {f"table03_verdicts.{form}" for form in ALL}


def test_every_format_has_every_number(saved):
    table, words, made = saved
    wanted = [cell for row in expected.rows(table, words) for cell in row]
    for form in ("html", "md", "typ"):
        text = made[form].read_text(encoding="utf-8").replace("\\", "").replace("&lt;", "<").replace("&gt;", ">")
        assert all(cell in text for cell in wanted), form
    text = made["tex"].read_text(encoding="utf-8").replace("$-$", "−").replace("{[}", "[").replace("{]}", "]")
    assert all(cell in text for cell in wanted if cell and cell[-1].isdigit() and cell[0] not in "<>")
    assert all(f"\\textit{{{symbol}}}" in text for symbol in ("B", "$\\beta$", "p"))


def test_word_table_alone(saved):
    table, words, made = saved
    file = docx.Document(str(made["docx"]))
    rows = [[cell.text for cell in row.cells] for row in file.tables[0].rows]
    assert rows == [expected.heads(table, words), *expected.rows(table, words)]
    assert file.paragraphs[0].text.startswith("Table 3\n" if words.lang == "en" else "Tabel 3\n")


def test_csv_is_unrounded_and_whole(saved):
    table, words, made = saved
    sep, decimal = (";", ",") if words.lang == "nl" else (",", ".")
    read = pd.read_csv(made["csv"], sep=sep, decimal=decimal)
    assert len(read) == len(table.frame)
    assert read["est"].tolist() == pytest.approx(table.frame["est"].tolist(), rel=1e-15)


def test_page_of_a_table_alone(saved):
    """By pandas, which knows nothing of us: as many rows and columns, the same words."""
    table, words, made = saved
    page = lxml.html.parse(str(made["html"])).getroot()
    rows = [[cell.text_content() for cell in row] for row in page.iterfind(".//tbody/tr")]
    assert rows == expected.rows(table, words)
    assert page.get("lang") == words.lang
    assert all(head.get("scope") == "col" for head in page.xpath("//thead//th"))
    assert expected.KINDS[words.lang][0] + " 3" in page.text_content()


def test_latex_is_of_one_piece(saved):
    text = saved[2]["tex"].read_text(encoding="utf-8")
    assert text.count(r"\begin{") == text.count(r"\end{") == 4
    assert [line for line in (r"\toprule", r"\midrule", r"\bottomrule") if text.count(line) != 1] == []
    rows = text.split("\\midrule\n")[1].split("\n\\bottomrule")[0].splitlines()
    assert len(rows) == 17
    assert {row.count(" & ") for row in rows} == {10}
    assert all(row.endswith((r" \\", r" \\ \addlinespace[2pt]")) for row in rows)
    assert r"\raggedright" + "\n" + r"\textit{" in text


def test_a_long_latex_table_goes_over_pages(tmp_path):
    words = sample.worded("en")
    table = every_table(sample.analysed(), words)["covariances"]
    (path,) = tables.save(table, words, 12, tmp_path, ["tex"])
    text = path.read_text(encoding="utf-8")
    assert path.name == "table12_covariances.tex"
    assert r"\begin{longtable}" in text
    assert text.count(r"\toprule") == 2
    assert r"\endhead" in text


def test_an_unknown_format_is_told(tmp_path):
    document, words = sample.short(), sample.worded("en")
    with pytest.raises(OptionError, match="tables must be csv, docx, html, tex, md, typ; got 'doc'"):
        files.save_tables(document, words, tmp_path / "tables", ["doc"])
    with pytest.raises(OptionError, match="formats must be html, docx, pdf, md; got 'rtf'"):
        files.write(document, words, tmp_path, ["rtf"])


def test_all_tables_of_a_document_are_numbered_as_in_it(tmp_path):
    made = files.save_tables(sample.short(), sample.worded("en"), tmp_path / "tables", ["md"])
    assert [path.name for path in made] == [
        "table01_paths.md",
        "table02_indices.md",
        "table03_explained.md",
        "table04_correlations.md",
    ]


def test_markdown_of_a_document(tmp_path):
    document, words = sample.document("en"), sample.worded("en")
    files.write(document, words, tmp_path, ["md"])
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert text.count("\n| :---") == 19
    assert "**Table 8**\\\n*Structural paths*" in text
    assert "**Synthetic data: nothing about real firms follows from this.**" in text
    for name in ("diagram", "forest"):
        assert f"(<pictures/{name}.svg>)" in text
        assert (tmp_path / "pictures" / f"{name}.svg").stat().st_size > 1000


# --- on paper ---


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_every_table_fits_its_page(lang):
    words = sample.worded(lang)
    for name, table in every_table(sample.analysed(), words).items():
        each = printed(table, 1, words)
        on = grid(each)
        assert sum(on.widths) <= (TURNED if on.turned else UPRIGHT) + 0.02, name
        assert on.size >= 7.5, name
        for at, width in enumerate(on.widths):
            for row in each.rows:
                if row[at].look == "number":
                    assert ems(row[at].text) * on.size / 28.346 <= width, (name, row[at].text)
        assert on.turned == (name == "correlations")


def square(k):
    frame = pd.DataFrame({"name": [f"construct {at}" for at in range(k)], "x": [-0.123] * k})
    columns = (Column("=name", of=("name",)), *(Column(f"={at}", "bounded2", of=("x",)) for at in range(k)))
    return printed(Table("software", frame, columns), 1, Words())


def test_type_shrinks_before_the_page_is_turned_and_the_widest_still_fits():
    sizes = [grid(square(k)) for k in (4, 12, 16, 24, 40, 60)]
    assert [on.turned for on in sizes] == sorted(on.turned for on in sizes)
    for on in sizes:
        assert sum(on.widths) <= (TURNED if on.turned else UPRIGHT) + 0.05
        assert on.size >= SMALLEST
    assert sizes[0].size == 9.0
    assert sizes[-1].size < 6.0


def test_pages_and_documents_print_the_same_table():
    """One step makes heads, cells, caption and notes for all."""
    words = sample.worded("en")
    table = every_table(sample.analysed(), words)["paths"]
    page, each = numbered(table, 3, words, "note.estimates"), printed(table, 3, words, "note.estimates")
    assert set(page) == set(each.__slots__)
    assert page["rows"] == each.rows
    assert page["notes"] == each.notes


def test_a_table_without_a_note_has_none():
    each = square(2)
    assert each.notes == ()
    assert "Note." not in markdown.table(each, Words())
    assert "Note." not in typst.table(each, Words())
