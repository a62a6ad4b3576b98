"""Answers in words → codes, question by question; boxes ticked in one cell → a code for each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.survey.columns import BLANK, NUMBER
from mkb21sem.survey.exports.spelling import folded, spelled
from mkb21sem.survey.item import LANGUAGES, Item
from mkb21sem.survey.questionnaire.form import NONE, Block, row, texts

MISSING = {
    -8: ("weet niet", "weet ik niet", "don't know", "do not know", "dont know"),
    -9: ("geen antwoord", "no answer", "wil ik niet zeggen", "prefer not to say"),
}
TICKED = ("ja", "yes", "y", "j", "x", "waar", "true", "checked", "selected", "ticked", "aangekruist", "geselecteerd")
UNTICKED = (
    *("nee", "no", "n", "onwaar", "false", "unchecked", "not selected", "not ticked", "niet aangekruist"),
    "niet geselecteerd",
)
WITH_CODE = re.compile(r"(-?\d+)\s*[=:.)\-]\s*(.+)|\((-?\d+)\)\s*(.+)|(.+?)\s*\((-?\d+)\)", re.DOTALL)
PARTING = re.compile(r"[.!?…]*\s*[,;|]\s*|\s+|$")

Answers = Mapping[str, int]
Log = list[tuple[str, int, int, str]]
"""Answer, code, in how many cells, and by what it was known: "label" or "mapping"."""


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A column whose answers in words are codes now.

    Parameters
    ----------
    column : (n,)
        Codes where the answer was known; the rest as it was.
    log
        Everything that was changed.
    """

    column: NDArray[Any]
    log: Log


def known_answers(item: Item) -> Answers:
    """Codes by folded answer, in both languages; answers that stand for different codes are left out."""
    codes: dict[str, int] = {}
    twice: set[str] = set()

    def add(words: str, code: int) -> None:
        key = folded(words)
        if codes.setdefault(key, code) != code:
            twice.add(key)

    for lang in LANGUAGES:
        for code in item.codes:
            add(item.code_label(code, lang), code)
        if item.measure == "binary":
            for words in (item.label(lang), item.topic(lang)):
                add(words, 1)
    for words_of, code in ((TICKED, 1), (UNTICKED, 0)):
        for words in words_of if item.measure == "binary" else ():
            add(words, code)
    for code, missing in MISSING.items():
        for words in missing:
            codes.setdefault(folded(words), code)
    return {words: code for words, code in codes.items() if words not in twice and words}


def coded(column: NDArray[Any], item: Item, given: Answers) -> Coded:
    """Answers in words as codes; numbers stay what they are, unless the mapping names them.

    Parameters
    ----------
    column : (n,)
        Cells.
    item
        The question.
    given
        Codes by folded answer that the user gave.
    """
    if column.dtype.kind in "fiub" and not given:
        return Coded(column, [])
    which, different = pd.factorize(column)
    known, log, changed = known_answers(item), [], []
    counts = np.bincount(which[which >= 0], minlength=len(different))
    for at, cell in enumerate(different):
        words = spelled(cell)
        code = _code(words, item, known, given)
        changed.append(cell if code is None else code)
        if code is not None:
            log.append((words, code, int(counts[at]), "mapping" if folded(words) in given else "label"))
    if not log:
        return Coded(column, [])
    values = np.empty(len(changed) + 1, dtype=object)
    values[:-1] = changed
    return Coded(values[which], log)


def _code(words: str, item: Item, known: Answers, given: Answers) -> int | None:
    """Code of an answer; None if it is a number, blank or unknown."""
    key = folded(words)
    if key in given:
        return given[key]
    if words in BLANK or NUMBER.fullmatch(words.replace("−", "-")):
        return None
    if key in known:
        return known[key]
    both = WITH_CODE.fullmatch(words.strip())
    if both:
        first, label = next((a, b) for a, b in ((both[1], both[2]), (both[3], both[4]), (both[6], both[5])) if a)
        if known.get(folded(label)) == int(first):
            return int(first)
    return None


def options(block: Block) -> Mapping[str, str]:
    """Every folded way to name a box, with its question; "none of these" is empty."""
    found: dict[str, str] = {NONE: ""}
    for lang in LANGUAGES:
        found[folded(texts(lang)["none"])] = ""
        for item in block.items:
            for words in (row(item, lang), item.label(lang), item.id, item.number, str(int(item.number))):
                found[folded(words)] = item.id
    return found


def ticked(words: str, known: Mapping[str, str]) -> tuple[frozenset[str], str]:
    """The boxes that a cell names, and the part of it that names none.

    Labels may hold commas: the longest name that fits and leaves names behind it is taken.
    """
    text = folded(words.replace("\n", ", "))
    found = _parts(text, sorted(known, key=len, reverse=True))
    if found is None:
        unknown = [part for part in re.split(r"\s*[,;|]\s*", text) if folded(part) not in known]
        return frozenset(), ", ".join(unknown) or text
    return frozenset(known[part] for part in found) - {""}, ""


def _parts(text: str, names: list[str]) -> list[str] | None:
    if not text:
        return []
    for name in names:
        if text.startswith(name):
            parting = PARTING.match(text, len(name))
            if parting and (parting.end() > len(name) or len(name) == len(text)):
                rest = _parts(text[parting.end() :].strip(), names)
                if rest is not None:
                    return [name, *rest]
    return None
