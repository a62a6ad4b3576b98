"""What a document consists of, before anyone decides whether it becomes a page, a Word file or a PDF.

Every number in a sentence is kept beside it, unrounded, so that what is printed can be held against what was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from markupsafe import Markup

from mkb21sem.report import numbers
from mkb21sem.report.table import Table, formatted
from mkb21sem.report.words import Words, texts

REFERENCE = re.compile(r"\[\[(table|figure)\.([\w-]+)\]\]")
"""How a sentence refers to a table or figure by name: ``[[table.verdicts]]`` becomes Table 7."""


@dataclass(frozen=True, slots=True)
class Num:
    """A number in a sentence.

    Attributes
    ----------
    value
        Unrounded.
    form
        How it is shown: a form of `mkb21sem.report.table.formatted` (number2, bounded3, p, count, percent …), or
        "equals_p" (= .032, < .001).
    upper
        The other end of an ``interval …`` form.
    """

    value: float
    form: str = "number2"
    upper: float = float("nan")

    def shown(self, lang: str) -> str:
        """Rounded, in the language's notation."""
        if self.form == "equals_p":
            return numbers.equals_p(self.value, lang)
        return formatted(self.form, [float(self.value), float(self.upper)], lang)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or several.

    Attributes
    ----------
    text
        Escaped HTML whose only marks are ``<i>``, ``<b>`` and links to a DOI; references as ``[[table.name]]``,
        ``[[figure.name]]``.
    numbers
        Every number that was filled in, in the order in which the text was given them.
    look
        "" or banner, warning, note, quotation.
    shows
        Points of the checklist that it meets: see `mkb21sem.report.publication.checklist`.
    """

    text: Markup
    numbers: tuple[Num, ...] = ()
    look: str = ""
    shows: tuple[str, ...] = ()

    def __html__(self) -> str:
        """The text, for templates."""
        return str(self.text)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of short paragraphs; ``look`` is "references" for one with hanging indents and without marks."""

    entries: tuple[Paragraph, ...]
    ordered: bool = False
    shows: tuple[str, ...] = ()
    look: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Tabled:
    """A table, numbered where it stands; ``note`` is the key of a note other than ``note.<name>``."""

    table: Table
    note: str = ""
    shows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A picture, numbered where it stands.

    Attributes
    ----------
    name
        Of its files and of references to it.
    caption
        Escaped HTML.
    alternative
        The picture in words, for those who can't see it.
    svg, png
        The same picture as text and as bytes.
    width
        In cm, at which its letters have their size.
    """

    name: str
    caption: Markup
    alternative: str
    svg: str
    png: bytes
    width: float = 16.0
    shows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Lines that are shown as they are: a model's spec."""

    text: str
    shows: tuple[str, ...] = ()


Block: TypeAlias = Paragraph | Listing | Tabled | Drawn | Verbatim


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A heading and what stands below it.

    Attributes
    ----------
    name
        Of its anchor; the same in every language.
    heading
        Escaped HTML.
    blocks, sections
        What stands below it, and the smaller headings after that.
    """

    name: str
    heading: Markup
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...] = ()

    def walk(self) -> Iterator[Section]:
        """The section itself and all below it, in order."""
        yield self
        for inner in self.sections:
            yield from inner.walk()

    @property
    def filled(self) -> bool:
        """Whether anything stands below the heading."""
        return bool(self.blocks) or any(inner.filled for inner in self.sections)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A whole document.

    Attributes
    ----------
    title, subtitle
        Plain text.
    lang
        "en" or "nl".
    sections
        In order.
    banner
        What every page says on top (synthetic data); empty for none.
    foot
        What every page says below: program, version, wave.
    """

    title: str
    subtitle: str
    lang: str
    sections: tuple[Section, ...]
    banner: str = ""
    foot: str = ""

    def walk(self) -> Iterator[Section]:
        """Every section, in order."""
        for section in self.sections:
            yield from section.walk()

    def blocks(self) -> Iterator[Block]:
        """Every block, in order."""
        for section in self.walk():
            yield from section.blocks

    def tables(self) -> dict[str, Table]:
        """Every table by name, in the order of their numbers."""
        return {block.table.name: block.table for block in self.blocks() if isinstance(block, Tabled)}


@dataclass(frozen=True, slots=True)
class Numbering:
    """Which number each table and figure has."""

    table: Mapping[str, int] = field(default_factory=dict)
    figure: Mapping[str, int] = field(default_factory=dict)


def numbering(document: Document) -> Numbering:
    """Number tables and figures, each kind by itself, in the order in which they stand."""
    tables = [block.table.name for block in document.blocks() if isinstance(block, Tabled)]
    figures = [block.name for block in document.blocks() if isinstance(block, Drawn)]
    return Numbering(
        {name: at for at, name in enumerate(tables, start=1)}, {name: at for at, name in enumerate(figures, start=1)}
    )


def referred(text: Markup, at: Numbering, words: Words) -> Markup:
    """A text with its references filled in: Table 3, Figure 1.

    Raises
    ------
    KeyError
        A reference to what is not in the document.
    """

    def called(found: re.Match[str]) -> str:
        kind, name = found.groups()
        return f"{words(f'kind.{kind}')} {getattr(at, kind)[name]}"

    return Markup(REFERENCE.sub(called, str(text)))


def say(
    words: Words,
    key: str,
    facts: Mapping[str, object] | None = None,
    *,
    look: str = "",
    shows: tuple[str, ...] = (),
    **values: object,
) -> Paragraph:
    """A text of the language, filled in; numbers are given as `Num` and kept if the text has a place for them.

    Parameters
    ----------
    words
        Language and labels.
    key
        Of the text.
    look, shows
        Of the paragraph.
    facts, values
        What is filled in; all but `Num` and Markup is escaped.
    """
    values = {**(facts or {}), **values}
    text = texts()[key][words.lang]
    kept = tuple(value for name, value in values.items() if isinstance(value, Num) and f"{{{name}}}" in text)
    shown = {name: value.shown(words.lang) if isinstance(value, Num) else value for name, value in values.items()}
    return Paragraph(words(key, **shown), kept, look, shows)


def joined(*parts: Paragraph | None, look: str = "") -> Paragraph:
    """Several paragraphs as one; None and empty ones are left out."""
    there = [part for part in parts if part is not None and part.text.strip()]
    text = Markup(" ").join(part.text for part in there)
    kept = tuple(number for part in there for number in part.numbers)
    return Paragraph(text, kept, look, tuple(dict.fromkeys(point for part in there for point in part.shows)))


def without(document: Document, *names: str) -> Document:
    """The document less some sections, by name."""

    def kept(sections: tuple[Section, ...]) -> tuple[Section, ...]:
        return tuple(replace(one, sections=kept(one.sections)) for one in sections if one.name not in names)

    return replace(document, sections=kept(document.sections))
