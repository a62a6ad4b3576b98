"""Which column of an export is which question: by its name, by what it asks, or because a mapping says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.exports.spelling import folded
from mkb21sem.survey.item import LANGUAGES, Item
from mkb21sem.survey.questionnaire.form import NONE, Block, blocks, lead, row, texts

NUMBERED = re.compile(r"([A-Za-z]+)(?:\[(?:SQ)?0*(\d+)\]|[_/.-](?:SQ)?0*(\d+))", re.IGNORECASE)
"""CUL[SQ001], CUL[1], CUL_SQ001, CUL_1."""
NAMED = re.compile(r"(?:.*[\[/_.\-])?([A-Za-z]{2,}\d+)\]?", re.IGNORECASE)
"""CUL01, CUL[CUL01], CUL_CUL01, page/CUL01."""
CODED = re.compile(r"(\S+?)\s*[.:)]\s.*", re.DOTALL)
"""CUL01. New ideas …; CUL[CUL01]. New ideas …"""
NOBODY = re.compile(rf"(?:.*[/.])?([A-Za-z]+)[\[_/.-]{NONE}\]?", re.IGNORECASE)
"""NIE[none], NIE/none."""
BRACKETED = re.compile(r"(.*?)\s*\[([^\[\]]*)\]\s*", re.DOTALL)
TELLING = 3
"""Words that a label needs to be told under any sentence: "Other" is not enough."""
CHOICE = re.compile(r"\s-\s(selected choice|geselecteerde keuze)\b", re.IGNORECASE)
"""What Qualtrics puts between question and box where another box has a text field."""
PARTED = re.compile(r"\s[-–—:]\s")


@dataclass(frozen=True, slots=True)
class Match:
    """A column that is a question, or several boxes in one column, or the box "none of these".

    Parameters
    ----------
    column
        The column's name in the file.
    item
        The question's id; the letters of the boxes for a column that holds several; for the box "none of these"
        the letters and ":none".
    by
        "name", "label" or "mapping".
    """

    column: str
    item: str
    by: str


class Matcher:
    """Finds the question of a column, from the codebook's ids and labels in both languages."""

    def __init__(self, codebook: Codebook) -> None:
        self.codebook = codebook
        self.ids = {id.casefold(): id for id in codebook}
        self.numbers = {(item.battery.casefold(), int(item.number)): item.id for item in codebook.items}
        self.boxed = {block.letters.casefold(): block for block in blocks(codebook) if block.kind == "boxes"}
        self.labels = _labels(codebook)

    def match(self, name: str, title: str = "") -> Match | None:
        """Find the question of a column with this name and, where the file has one, this title."""
        item = self.by_name(name)
        if item:
            return Match(name, item, "name")
        for words in (name, title):
            item = self.by_label(words) if words else ""
            if item:
                return Match(name, item, "label")
        return None

    def by_name(self, name: str) -> str:
        """Find a question by its id, however the tool writes it; empty if there is none."""
        text = name.strip()
        if text.casefold() in self.ids:
            return self.ids[text.casefold()]
        named = NAMED.fullmatch(text)
        if named and named[1].casefold() in self.ids:
            return self.ids[named[1].casefold()]
        numbered = NUMBERED.fullmatch(text)
        if numbered:
            key = (numbered[1].casefold(), int(numbered[2] or numbered[3]))
            if key in self.numbers:
                return self.numbers[key]
        nobody = NOBODY.fullmatch(text)
        if nobody and nobody[1].casefold() in self.boxed:
            return f"{self.boxed[nobody[1].casefold()].letters}:{NONE}"
        whole = re.split(r"[/.]", text)[-1].casefold()
        if whole in self.boxed:
            return self.boxed[whole].letters
        coded = CODED.fullmatch(text)
        return self.by_name(coded[1]) if coded else ""

    def by_label(self, words: str) -> str:
        """Find a question by what it asks; empty if there is none, or more than one."""
        found = {self.labels[key] for key in _keys(CHOICE.sub("", words)) if key in self.labels} - {""}
        return found.pop() if len(found) == 1 else ""


def _keys(words: str) -> Iterator[str]:
    """The forms in which a label may be known: as it is, as stem and row."""
    yield folded(words)
    bracketed = BRACKETED.fullmatch(words)
    if bracketed:
        yield _key(bracketed[1], bracketed[2])
        if len(bracketed[2].split()) >= TELLING:
            yield folded(bracketed[2])
    for mark in PARTED.finditer(words):
        yield _key(words[: mark.start()], words[mark.end() :])


def _key(stem: str, beside: str) -> str:
    return f"{folded(stem)} [{folded(beside)}]"


def _labels(codebook: Codebook) -> Mapping[str, str]:
    """Every folded label with its question; empty for labels of more than one."""
    known: dict[str, str] = {}

    def add(key: str, item: str) -> None:
        known[key] = item if known.get(key, item) == item else ""

    for block in blocks(codebook):
        for lang in LANGUAGES:
            if block.kind == "boxes":
                for stem in _stems(block, block.items[0], lang):
                    add(folded(stem), block.letters)
                    add(_key(stem, texts(lang)["none"]), f"{block.letters}:{NONE}")
            for item in block.items:
                add(folded(item.label(lang)), item.id)
                for stem in _stems(block, item, lang):
                    add(_key(stem, row(item, lang)), item.id)
                    add(_key(stem, item.label(lang)), item.id)
    return known


def _stems(block: Block, item: Item, lang: str) -> list[str]:
    """The sentences under which a question may stand: the questionnaire's, and the label's own beginning."""
    return list(dict.fromkeys(stem for stem in (block.stem(lang), lead(item, lang)) if folded(stem)))
