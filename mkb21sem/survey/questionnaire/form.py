"""The codebook as blocks of questions: what stands together, under which sentence, for whom."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import groupby

from mkb21sem.errors import WaveError
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.item import LANGUAGES, Item

NONE = "none"
"""Name of the box that says that none of the others is ticked."""

CATCH_ALL = ("anders", "overig", "niemand", "geen van", "other", "nobody", "none of")


@dataclass(frozen=True, slots=True)
class Block:
    """Questions that are put together.

    Parameters
    ----------
    letters
        The letters their ids share; the id itself for a question on its own.
    kind
        "choice": one question, one answer. "grid": several questions with the same answers.
        "boxes": several boxes of which any number may be ticked.
    items
        The questions.
    """

    letters: str
    kind: str
    items: tuple[Item, ...]

    @property
    def asked(self) -> str:
        """Who is asked: "all", "users" or "nonusers"."""
        return self.items[0].asked

    @property
    def construct(self) -> str:
        """Dutch name of the group of questions."""
        return self.items[0].construct

    def stem(self, lang: str) -> str:
        """Return the sentence above the questions."""
        if self.kind == "choice":
            return self.items[0].label(lang)
        own = texts(lang).get(f"stem_{self.letters}")
        return own or lead(self.items[0], lang) or self.construct

    def rows(self, lang: str) -> tuple[str, ...]:
        """Return what stands beside each question or box."""
        return tuple(row(item, lang) for item in self.items)


def row(item: Item, lang: str) -> str:
    """What tells a question from the others of its block, beginning with a capital."""
    text = item.topic(lang).strip()
    return text[:1].upper() + text[1:]


def lead(item: Item, lang: str) -> str:
    """The part of a question that it shares with the others of its block; empty if there is none."""
    label, topic = item.label(lang), item.topic(lang)
    return label[: len(label) - len(topic)].strip() if label != topic else ""


def blocks(codebook: Codebook) -> tuple[Block, ...]:
    """Put neighbouring questions together that share letters, answers and respondents."""
    found: list[Block] = []
    for _, group in groupby(codebook.items, key=_alike):
        items = tuple(group)
        letters, measure = items[0].battery, items[0].measure
        if len(items) == 1 or measure == "nominal":
            found += [Block(item.id, "choice", (item,)) for item in items]
            continue
        taken = any(block.letters == letters for block in found)
        name = f"{letters}x{items[0].number}" if taken else letters
        found.append(Block(name, "boxes" if measure == "binary" else "grid", items))
    return tuple(found)


def _alike(item: Item) -> tuple[object, ...]:
    return item.battery, item.asked, item.measure, item.codes, item.code_labels_nl, item.construct


def use_questions(codebook: Codebook) -> tuple[Item, ...]:
    """The questions by which users are told from non-users.

    Raises
    ------
    WaveError
        Some questions are only for users or non-users, and none asks for use.
    """
    only = next((item for item in codebook.items if item.asked != "all"), None)
    found = codebook.battery("GEB")
    if only is not None and not found:
        raise WaveError(
            f"{only.id} is asked of {only.asked} only, but the codebook has no question GEB (how often a medium is "
            "used) that tells who they are. Add GEB questions, or ask it of all."
        )
    return found


def needs_none(block: Block) -> bool:
    """Whether boxes need one more for who ticks none of them: not if one already catches all others.

    Every firm serves a market, so that the markets need none.
    """
    if block.kind != "boxes" or block.letters == "MKT":
        return False
    return not any(item.topic(lang).casefold().startswith(CATCH_ALL) for item in block.items for lang in LANGUAGES)


def boxed(codebook: Codebook) -> Mapping[str, Block]:
    """The blocks of boxes, by their letters."""
    return {block.letters: block for block in blocks(codebook) if block.kind == "boxes"}


@lru_cache(maxsize=len(LANGUAGES))
def texts(lang: str) -> Mapping[str, str]:
    """Every sentence of the questionnaire that isn't in the codebook, in one language."""
    with files("mkb21sem.survey.questionnaire").joinpath("texts.csv").open(encoding="utf-8") as lines:
        return {line["key"]: line[lang] for line in csv.DictReader(lines)}
