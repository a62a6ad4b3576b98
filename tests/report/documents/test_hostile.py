"""Whatever a label holds, it is printed sign by sign and changes nothing else."""

from __future__ import annotations

import re
import shutil
import string
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import typst as compiler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markupsafe import escape

from mkb21sem.report.documents import files, html, latex, markdown, typst
from mkb21sem.report.documents.parts import Document, Listing, Num, Paragraph, Section, Tabled, Verbatim
from mkb21sem.report.documents.printed import printed
from mkb21sem.report.documents.runs import Run
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from tests.report.documents import readback
from tests.report.documents.expected import squeezed

WORDS = Words("en")
LETTERS = string.ascii_letters + string.digits + string.punctuation + " éï’–−→χ²"
NASTY = (
    "#panic()",
    "$x$",
    "*bold* _em_ `raw`",
    "<label>",
    "@ref",
    "[[table.verdicts]]",
    "[[table.nothing]]",
    "[x](http://a.b)",
    "https://a.b/c",
    "//comment",
    "/* x */",
    "\\end{tabular}",
    "a & b % c ~ d ^ e",
    "--- -- ...",
    "'quoted' \"twice\"",
    "= heading",
    "1. one",
    "- dash",
    "+ plus",
    "/ term: x",
    "<script>alert(1)</script>",
    "</td></table>",
    "&amp; &lt;",
    "|a|b|",
    "{{ 7*7 }} {% x %}",
    "#let x = 1; #x",
    "~\\u{41}",
    "\\#",
    "w" * 120,
)
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(LETTERS, min_size=1, max_size=40)).filter(str.strip)
QUICK = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def table(texts, number=0.5):
    """A table whose heads, cells and remark are all given from outside."""
    frame = pd.DataFrame({"a": texts, "x": [number] * len(texts)})
    columns = (Column(f"={texts[0]}", of=("a",)), Column("=x", "number2", of=("x",)))
    return Table("software", frame, columns, remarks=(texts[-1],))


def document(texts):
    said = [Paragraph(escape(f"{text} ends"), (Num(1.0),)) for text in texts]
    blocks = (*(replace(one, numbers=()) for one in said), Listing(tuple(replace(one, numbers=()) for one in said)))
    section = Section("all", escape(texts[0]), (*blocks, Tabled(table(texts)), Verbatim(texts[-1])))
    return Document(texts[0].strip(), texts[-1].strip(), "en", (section,), texts[0], texts[-1])


@QUICK
@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_every_form_prints_what_it_was_given(texts):
    made = document(texts)
    with tempfile.TemporaryDirectory() as folder:
        files.write(made, WORDS, Path(folder), ("html", "docx", "pdf"))
        page = readback.of_html((Path(folder) / "report.html").read_text(encoding="utf-8"))
        assert readback.differences(made, WORDS, page) == []
        assert readback.differences(made, WORDS, readback.of_docx(Path(folder) / "report.docx")) == []
        assert readback.differences(made, WORDS, readback.of_pdf(Path(folder) / "report.pdf")) == []


@pytest.mark.parametrize("text", NASTY)
def test_each_nasty_text_by_itself(text):
    made = document([text])
    with tempfile.TemporaryDirectory() as folder:
        files.write(made, WORDS, Path(folder), ("pdf",))
        assert readback.differences(made, WORDS, readback.of_pdf(Path(folder) / "report.pdf")) == []


def test_letters_that_no_font_has_do_not_stop_a_pdf(tmp_path):
    made = document(["smile 😀 漢字", "\u202e\u200f\u0007 odd"])
    files.write(made, WORDS, tmp_path, ("pdf",))
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_table_alone_is_typst_that_compiles(tmp_path):
    each = printed(table(list(NASTY)), 3, WORDS)
    (tmp_path / "main.typ").write_text(f'= Theirs\n#include "table.typ"\n{typst.alone(each, WORDS)}', encoding="utf-8")
    (tmp_path / "table.typ").write_text(typst.alone(replace(each, name="other"), WORDS), encoding="utf-8")
    compiler.compile(str(tmp_path / "main.typ"), str(tmp_path / "main.pdf"))


@QUICK
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_markdown_means_what_it_was_given(texts):
    each = printed(table(texts), 1, WORDS)
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown.table(each, WORDS))
    inline = [one for one in tokens if one.type == "inline"]
    kinds = {child.type for one in inline for child in one.children}
    assert kinds <= {
        "text",
        "text_special",
        "softbreak",
        "hardbreak",
        "em_open",
        "em_close",
        "strong_open",
        "strong_close",
    }
    said = ["".join(child.content for child in one.children) for one in inline]
    start = said.index("x") - 1
    cells = [text.strip() for text in (texts[0], *[part for text in texts for part in (text, "0.50")])]
    found = [said[start], *said[start + 2 : start + 2 + 2 * len(texts)]]
    assert [squeezed(one) for one in found] == [squeezed(one) for one in cells]


@QUICK
@given(TEXTS)
def test_markdown_begins_no_block(text):
    """A sentence stays a sentence: no list, heading, rule or quotation."""
    tokens = MarkdownIt("commonmark").parse(markdown.text((Run(text.strip()),)))
    assert [one.type for one in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert squeezed("".join(child.content for child in tokens[1].children)) == squeezed(text)


NAMES = "backslash|asciicircum|asciitilde|less|greater|bar|quotesingle|asciigrave|endash"
COMMANDS = rf"\\(?:[{{}}$&#%_]|text(?:{NAMES})\{{\}}|symbol\{{34\}})"


@settings(QUICK, max_examples=150)
@given(TEXTS)
def test_latex_has_no_sign_that_means_something(text):
    made = latex.escaped(text)
    bare = re.sub(r"\$(?:-|\^\{2\}|\\[a-zA-Z]+)\$", "", re.sub(COMMANDS, "", made))
    bare = re.sub(r"\{[*\[\]']\}|(?<=-)\{\}", "", bare)
    assert not re.search(r"[\\{}$&#%_^~<>|\"'`*\[\]]", bare), made
    assert "--" not in bare.replace("{}", "") or "-{}-" in made


@pytest.mark.skipif(shutil.which("pandoc") is None, reason="pandoc is not here")
def test_latex_is_read_by_pandoc_as_it_was_given():
    """All but four signs, whose commands pandoc doesn't know; columns of fixed width are beyond it."""
    texts = [text for text in NASTY if len(text) < 30]
    each = printed(table(texts), 1, WORDS)
    done = subprocess.run(
        ["pandoc", "--from", "latex", "--to", "html"], input=latex.table(each, WORDS), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    page = readback.lxml.html.document_fromstring(done.stdout)
    found = [[cell.text_content() for cell in row] for row in page.iterfind(".//tbody/tr")]
    assert [squeezed(row[0]) for row in found] == [re.sub(r"""[`"'|]""", "", squeezed(text)) for text in texts]
    assert {row[1] for row in found} == {"0.50"}


def test_the_page_runs_nothing(tmp_path):
    text = html.page(document(list(NASTY)), WORDS)
    page = readback.lxml.html.document_fromstring(text)
    assert not page.findall(".//script")
    assert "default-src 'none'" in text
