"""A wave whose labels, names and open answers hold scripts, formulas and paths, and what is made of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from mkb21sem.report.references.works import DOI, works
from mkb21sem.survey.synthetic import synthetic_wave
from tests.hostile.questions import at, book
from tests.hostile.tables import Rows, text

MARK = "GEKAAPT"
"""The title of a page in which a script was executed."""
SCRIPT = f"<script>document.title='{MARK}'</script>"
IMAGE = f"<img src=x onerror=\"document.title='{MARK}'\">"
SVG = f"<svg onload=\"document.title='{MARK}'\">"
LINK = f"<a href=\"javascript:document.title='{MARK}'\">x</a>"
BREAK = f"\"'></title></style></textarea>--><script>document.title='{MARK}'</script>"
TEMPLATE = "{{ 7*7 }}{% for x in y %}"
FORMULA = '=HYPERLINK("file:///etc/passwd","x")'
FORMULAS = (FORMULA, "=1+1", "@SUM(1+1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1+1")
PATH = "../../../../etc/passwd"
HOSTILE = (SCRIPT, IMAGE, SVG, LINK, BREAK, TEMPLATE, *FORMULAS, PATH)
FILE = "=1+1 <img src=x onerror=document.title='GEKAAPT'>.csv"
MODEL = "<svg onload=document.title='GEKAAPT'>.sem"


def hostile_book() -> Rows:
    """The questionnaire with something hostile in every label, construct, answer and note."""
    of = book()
    labels = [at(name) for name in ("label_nl", "label_en", "construct", "published", "note")]
    for i, row in enumerate(of[1:]):
        words = HOSTILE[i % len(HOSTILE)]
        for j in labels:
            row[j] = f"{words} {row[at('item')]}"
        for name in ("codes_nl", "codes_en"):
            parts = row[at(name)].split("|")
            safe = words.replace("|", "").replace("=", "≡")
            row[at(name)] = " | ".join(f"{part.strip()} {safe}" for part in parts)
    return of


def hostile_wave() -> Rows:
    """A synthetic wave with open answers that are hostile, one of them a column's name."""
    frame = synthetic_wave(5).answers.reset_index()
    cells = [list(map(str, frame.columns)), *frame.astype(str).to_numpy().tolist()]
    words = [SCRIPT + FORMULA, *(HOSTILE[i % len(HOSTILE)] for i in range(len(cells) - 1))]
    return [[*row, word] for row, word in zip(cells, words, strict=True)]


SPEC = f"# title: {SCRIPT} {FORMULA}\n# source: {IMAGE}\nREP =~ REP01 + REP02 + REP03\nREP ~ INTENS  # A1 stated\n"
CLAIM = f"""[[hypothesis]]
id = '''{SVG}'''
path = "INTENS -> REP"
sign = "+"
quotation = '''{SCRIPT}'''
theory = '''{LINK}'''
rationale = '''{FORMULA}'''
"""


def laid(folder: Path) -> dict[str, str]:
    """The files of a hostile user in a folder: what → name."""
    (folder / FILE).write_bytes(text(hostile_wave()))
    (folder / "boek.csv").write_bytes(text(hostile_book()))
    (folder / MODEL).write_text(SPEC, encoding="utf-8")
    (folder / "h.toml").write_text(CLAIM, encoding="utf-8")
    os.environ.setdefault("COLUMNS", "200")
    return {"wave": FILE, "book": "boek.csv", "model": MODEL, "claims": "h.toml"}


CITED = {DOI + work.doi for work in works() if work.doi}


class Elements(HTMLParser):
    """Every element of a page with its attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data


def live(html: str) -> Iterator[str]:
    """Everything in a page that could be executed or fetched; links to the works that are cited are our own."""
    for tag, attributes in Elements(html).found:
        if tag in ("script", "iframe", "object", "embed", "base", "form", "applet"):
            yield f"<{tag} {attributes}>"
        for name, value in attributes.items():
            if name.startswith("on"):
                yield f"<{tag} {name}={value!r}>"
            if (tag, name) == ("a", "href") and value in CITED:
                continue
            url = value.strip().lower()
            if name in ("href", "src", "action", "xlink:href", "data", "formaction") and url.split(":")[0] in (
                *("javascript", "vbscript", "file", "http", "https", "ftp"),
            ):
                yield f"<{tag} {name}={value[:80]!r}>"
