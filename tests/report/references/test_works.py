"""The table of works against the texts that cite them, the paper's bibliography and the list in the documentation."""

from __future__ import annotations

import ast
import csv
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import pytest

import mkb21sem
from mkb21sem.report.references.citations import citations, found
from mkb21sem.report.references.works import works
from mkb21sem.report.words import texts

PACKAGE = Path(mkb21sem.__file__).parent
ROOT = Path(__file__).parents[3]
DATES = {"In", "MKB21"}
"""What stands before a year in a text and is no author."""


def without_work(said):
    """Citations, by where they stand, that are of no work of the table."""
    return [
        (where, str(one))
        for where, text in said
        for one in citations(text.replace("*", ""))
        if found(one) is None and one.names[-1] not in DATES
    ]


def shipped_texts():
    yield from (((key, lang), text) for key, both in texts().items() for lang, text in both.items())
    with (PACKAGE / "report" / "publication" / "checklist.csv").open(encoding="utf-8") as lines:
        yield from (((row["item"], lang), row[lang]) for row in csv.DictReader(lines) for lang in ("en", "nl"))


def program_strings():
    """What modules of steps that a report shows say themselves; docstrings are left out."""
    for path in (path for step in ("validate", "infer", "report") for path in sorted((PACKAGE / step).rglob("*.py"))):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
                yield (path.name, node.lineno), node.value


def test_every_citation_of_the_texts_has_its_work():
    said = list(shipped_texts())
    assert without_work(said) == []
    assert len({found(one).key for _, text in said for one in citations(text) if found(one)}) > 70


def test_every_citation_in_the_program_has_its_work():
    said = [each for each in program_strings() if re.search(r"[a-z.],? \(?(?:19|20)\d\d", each[1])]
    assert any(found(one) for _, text in said for one in citations(text))
    assert without_work(said) == []


def test_a_citation_without_a_work_is_noticed():
    assert without_work([("here", "people are alike (Rogers, 2003), *as* Holm (1979) says")]) == [
        ("here", "Rogers (2003)")
    ]


@pytest.mark.parametrize("key", [key for key, both in texts().items() if re.search(r"(?:19|20)\d\d", both["en"])])
def test_both_languages_cite_the_same(key):
    by_language = [
        {found(one).key for one in citations(text.replace("*", "")) if found(one)} for text in texts()[key].values()
    ]
    assert by_language[0] == by_language[1]


@pytest.mark.parametrize("work", works(), ids=lambda work: work.key)
def test_an_entry_has_the_form_of_the_apa(work):
    assert work.surnames
    initials = r"(?:[^\W\d_]\.(?: |-|, |$))+"
    assert re.fullmatch(rf"(?:[^,]+, {initials}(?:& )?)+", work.authors), work.authors
    assert ", & " in work.authors or len(work.surnames) == 1
    for lang in ("en", "nl"):
        entry = work.printed(lang)
        assert entry.startswith(f"{work.authors.replace('&', '&amp;')} ({work.year}). ")
        assert str(entry).count("<i>") == str(entry).count("</i>") >= 1
        assert "*" not in entry
        assert re.sub(r"</?[ia][^>]*>", "", str(entry)).count("  ") == 0
    assert re.fullmatch(r"(10\.\d{4,5}/[\w.()/-]+)?", work.doi)
    assert work.key == re.sub(r"[^a-z]", "", plain(work.surnames[0])) + work.year


def test_the_table_is_in_order_and_dutch_where_it_must_be():
    with (PACKAGE / "report" / "references" / "works.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert sorted(row["key"] for row in rows) == sorted(work.key for work in works())
    assert [work.order for work in works()] == sorted(work.order for work in works())
    surnames = [plain(work.surnames[0]) for work in works()]
    assert surnames == sorted(surnames)
    for work in works():
        assert not re.search(r"\(Eds?\.\)|\((?:2nd|3rd|\dth) ed\.\)|’s thesis", work.printed("nl")), work.key


def plain(text):
    bare = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def letters(text):
    """Text without marks, quotation marks or accents, for comparing titles."""
    return re.sub(r"[^a-z0-9 ]", "", plain(re.sub(r"</?[ia][^>]*>", "", text)))


# --- the bibliography of the paper, and the list of the documentation ------------------------------------------------


@lru_cache(maxsize=1)
def bibliography():
    """Key → field → text of the paper's works that have a year."""
    source = (ROOT / "paper" / "references.bib").read_text(encoding="utf-8")
    made = {}
    for key, body in re.findall(r"^@\w+\{(\w+),\n(.*?)\n\}$", source, re.MULTILINE | re.DOTALL):
        fields = re.findall(r"(\w+) = \{((?:[^{}]|\{[^{}]*\})*)\}", body)
        made[key] = {name: re.sub(r"[{}]", "", value) for name, value in fields}
    return {key: fields for key, fields in made.items() if "year" in fields}


@pytest.mark.parametrize("key", bibliography())
def test_the_paper_cites_the_same_work(key):
    work = {work.key: work for work in works()}[key]
    fields, entry = bibliography()[key], str(work.printed("en"))
    assert work.year == fields["year"]
    people = [name.split(", ") for name in fields["author"].split(" and ")]
    assert [plain(last) for last, _ in people] == [plain(name) for name in work.surnames]
    for (last, first), (_, initials) in zip(
        people, re.findall(r"([^,&]+), ((?:\w\.[ -]?)+)", work.authors), strict=True
    ):
        assert plain(first)[0] == plain(initials)[0], last
    assert letters(fields["title"]) in letters(entry)
    for name in ("journal", "booktitle", "publisher"):
        assert fields.get(name, "") in entry.replace("&amp;", "&")
    if "volume" in fields:
        number = f"({fields['number']})" if "number" in fields else ""
        assert f", {fields['volume']}</i>{number}, {fields['pages'].replace('--', '–')}." in entry


@lru_cache(maxsize=1)
def listed_in_documentation():
    said = (ROOT / "docs" / "why" / "choices.md").read_text(encoding="utf-8")
    return re.findall(r"^- (.+?) \((\d{4})\)\. (.+)$", said, re.MULTILINE)


def test_the_documentation_lists_the_same_works():
    assert len(listed_in_documentation()) > 30
    by_authors = {(work.authors, work.year): work for work in works()}
    for authors, year, rest in listed_in_documentation():
        work = by_authors[authors, year]
        ours = letters(dict(work.titles)["en"])
        title, where = re.split(r"(?<=[.?]) ", rest, maxsplit=1)
        assert ours.startswith(letters(title)), work.key
        found_in = re.search(r"\*([^*]+), (\d+)\*(?:\(\d+\))?, ([\w–]+)\.", where)
        if found_in:
            journal, volume, pages = found_in.groups()
            assert re.search(rf"\*{re.escape(journal)}, {volume}\*(?:\(\d+\))?, {pages}\.", dict(work.titles)["en"]), (
                work.key
            )
