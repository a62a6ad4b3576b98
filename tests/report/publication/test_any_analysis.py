"""The first fifteen items on analyses of every kind: in both languages, with every number in its sentence."""

from __future__ import annotations

import re

import pytest

from mkb21sem.report.documents.parts import Drawn, Num, Tabled
from mkb21sem.report.dossier import sentences
from mkb21sem.report.publication.said import NUMBERS
from tests.report.publication.analysed import ANALYSES, document, front, met, paragraphs, said, words_of

KINDS = [("reference", "en"), ("reference", "nl"), ("gapped", "nl"), ("foreign", "nl"), ("lost", "en")]


@pytest.mark.parametrize(("name", "lang"), KINDS)
def test_every_number_stands_in_its_sentence_and_every_table_prints(name, lang) -> None:
    words = words_of(ANALYSES[name](), lang)
    doc = document(*(front(part, name, lang) for part in ("planned", "sampled", "diagnosed")), lang=lang)
    for section in doc.sections:
        assert said(section, words)
        for one in paragraphs(section):
            assert one.text.strip()
            assert not re.search(r"\bnan\b", str(one.text))
            for number in one.numbers:
                assert number.shown(lang).replace("<", "&lt;") in str(one.text)
    for table in doc.tables().values():
        heads = table.heads(words)
        assert all(len(row) == len(heads) for row in table.cells(words))
        assert words.plain(f"table.{table.name}", **table.facts)
    sections = [section.name for section in doc.walk()]
    assert len(sections) == len(set(sections))
    named = [b.table.name if isinstance(b, Tabled) else b.name for b in doc.blocks() if isinstance(b, Tabled | Drawn)]
    assert len(named) == len(set(named))


def test_a_fit_that_did_not_converge_tells_no_reliability() -> None:
    section = front("sampled", "lost")
    assert met(section) & {7, 8, 9} == {7}
    assert "variance extracted runs" not in said(section, words_of(ANALYSES["lost"]()))


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("name", sentences.FORMS)
def test_a_finding_keeps_the_form_in_which_it_is_said(name, lang) -> None:
    assert Num(0.03217, NUMBERS[name]).shown(lang) == sentences.FORMS[name](0.03217, lang)
