"""Text in pieces of one look: what Word, typst, LaTeX and Markdown need where a page has mark-up."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

from markupsafe import escape

from mkb21sem.report.documents.parts import REFERENCE, Numbering
from mkb21sem.report.words import Words

LOOKS = {"i": "italic", "em": "italic", "b": "bold", "strong": "bold", "sub": "sub", "sup": "sup"}
"""What a mark in a text means."""
LINKED = "https://doi.org/"
"""How the address of a link begins: nothing else is linked to."""


@dataclass(frozen=True, slots=True)
class Run:
    """Letters that look the same.

    Attributes
    ----------
    text
        Without mark-up.
    italic, bold
        How they look.
    script
        "sub", "sup" or "".
    target
        What they refer to, as ``table.verdicts``; "" for nothing.
    link
        Address that they lead to; "" for none.
    """

    text: str
    italic: bool = False
    bold: bool = False
    script: str = ""
    target: str = ""
    link: str = ""


class _Reader(HTMLParser):
    """Collects text and the marks that are open around it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.link = ""
        self.found: list[Run] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href") or ""
        if tag == "a" and address.startswith(LINKED):
            self.link = address
            return
        if tag not in LOOKS:
            raise ValueError(f"a text has the mark <{tag}>; known are {', '.join(LOOKS)}")
        self.open.append(LOOKS[tag])

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.link = ""
        else:
            self.open.remove(LOOKS[tag])

    def handle_data(self, data: str) -> None:
        script = next((look for look in self.open if look in ("sub", "sup")), "")
        self.found.append(Run(data, "italic" in self.open, "bold" in self.open, script, link=self.link))


def runs(text: object, at: Numbering | None = None, words: Words | None = None) -> tuple[Run, ...]:
    """A text in pieces of one look.

    Parameters
    ----------
    text
        Markup with the marks of `LOOKS` and links to a DOI, or plain text, which has none.
    at, words
        Numbers of tables and figures, and the language, for references such as ``[[table.verdicts]]``; without them,
        and in plain text, these stay as they are. So do references to what isn't there.

    Raises
    ------
    ValueError
        Another mark.
    """
    if not hasattr(text, "__html__"):
        return (Run(clean(str(text))),) if str(text) else ()
    reader = _Reader()
    reader.feed(clean(str(escape(text))))
    reader.close()
    if at is None or words is None:
        return tuple(reader.found)
    return tuple(piece for run in reader.found for piece in _referring(run, at, words))


def plain(text: object, at: Numbering | None = None, words: Words | None = None) -> str:
    """A text without marks."""
    return "".join(run.text for run in runs(text, at, words))


def clean(text: str) -> str:
    """Text without the control characters that no document format can hold; they become spaces."""
    return "".join(letter if _printable(letter) else " " for letter in text)


def _printable(letter: str) -> bool:
    code = ord(letter)
    return (
        code >= 32 and not 0x7F <= code <= 0x9F and not 0xD800 <= code <= 0xDFFF and code not in (0xFFFE, 0xFFFF)
    ) or (letter in "\n\t")


def _referring(run: Run, at: Numbering, words: Words) -> list[Run]:
    made, seen = [], 0
    for found in REFERENCE.finditer(run.text):
        kind, name = found.groups()
        number = getattr(at, kind).get(name)
        if number is None:
            continue
        called = f"{words.plain(f'kind.{kind}')} {number}"
        made += [_of(run, run.text[seen : found.start()]), _of(run, called, f"{kind}.{name}")]
        seen = found.end()
    made.append(_of(run, run.text[seen:]))
    return [piece for piece in made if piece.text]


def _of(run: Run, text: str, target: str = "") -> Run:
    return Run(text, run.italic, run.bold, run.script, target, run.link)
