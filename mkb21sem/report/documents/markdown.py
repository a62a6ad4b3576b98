"""A document, or one table of it, as Markdown with GitHub's tables."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mkb21sem.report.documents.flow import Heading, Piece, flow, headings
from mkb21sem.report.documents.parts import Document, Drawn, Listing, Numbering, Paragraph, Tabled, Verbatim, numbering
from mkb21sem.report.documents.printed import Printed, printed
from mkb21sem.report.documents.runs import Run, clean, plain, runs
from mkb21sem.report.words import Words

SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~$&@]|(?<=\d)\.(?= )|(?<=\d)\)(?= )|^[-+=](?=\s|$)|^[=-]+$|://|(?<=www)\.")
"""Signs that Markdown, or what GitHub makes of it, would read as something else than themselves."""


def source(document: Document, words: Words, pictures: str = "pictures") -> str:
    """The document as Markdown; its pictures are files of a folder beside it.

    Parameters
    ----------
    document
        What it consists of.
    words
        Language and labels.
    pictures
        Name of that folder.
    """
    at = numbering(document)
    parts = [f"# {text(runs(clean(document.title)))}"]
    parts += [text(runs(clean(document.subtitle)))] if document.subtitle else []
    parts += [f"> **{text(runs(clean(document.banner)))}**"] if document.banner else []
    parts.append(
        "\n".join(
            f"{'  ' * (one.level - 1)}- {text(runs(plain(one.section.heading, at, words)))}"
            for one in headings(document)
        )
    )
    parts += [_piece(piece, at, words, pictures) for piece in flow(document)]
    parts += ["---", text(runs(clean(document.foot)))] if document.foot else []
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def table(each: Printed, words: Words) -> str:
    """One table: number, title, the table itself, note."""
    number = text(runs(words.plain("table", number=each.number)))
    rows = [
        _row(text(runs(head.text)) for head in each.heads),
        _row("---:" if head.number else ":---" for head in each.heads),
        *(_row(text(runs(cell.text)) for cell in row) for row in each.rows),
    ]
    above = f"**{number}**\\\n*{_unitalic(each.caption)}*"
    note = " ".join([f"*{text(runs(words('note')))}*", *(text(runs(note)) for note in each.notes)])
    return "\n\n".join([above, "\n".join(rows), *([note] if each.notes else [])])


def text(pieces: Iterable[Run]) -> str:
    """Runs as Markdown, everything escaped."""
    return "".join(map(_run, pieces))


def escaped(plain_text: str) -> str:
    """Plain text as Markdown prints it, on one line."""
    flat = re.sub(r"\s", " ", plain_text)
    return SPECIAL.sub(lambda found: f"\\{found.group()}" if found.group() != "://" else ":\\/\\/", flat)


def _run(piece: Run) -> str:
    if piece.link and piece.link == piece.text:
        return f"<{piece.link}>"
    made = escaped(piece.text)
    lead, trail = made[: len(made) - len(made.lstrip())], made[len(made.rstrip()) :]
    made = made.strip()
    if not made:
        return lead
    for mark, there in (("*", piece.italic), ("**", piece.bold)):
        made = f"{mark}{made}{mark}" if there else made
    made = f"[{made}](<{piece.link}>)" if piece.link else made
    return lead + (f"<{piece.script}>{made}</{piece.script}>" if piece.script else made) + trail


def _unitalic(title: object) -> str:
    """A title, all in italics: marks inside would end them."""
    return text(runs(plain(title))).strip()


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _piece(piece: Piece, at: Numbering, words: Words, pictures: str) -> str:
    match piece:
        case Heading():
            return f"{'#' * min(piece.level + 1, 6)} {text(runs(piece.section.heading, at, words))}"
        case Paragraph():
            said = text(runs(piece.text, at, words))
            return f"> {said}" if piece.look in ("banner", "warning", "quotation") else said
        case Listing():
            marks = [f"{n}." if piece.ordered else "-" for n in range(1, len(piece.entries) + 1)]
            said_all = [text(runs(entry.text, at, words)) for entry in piece.entries]
            return "\n".join(f"{mark} {said}" for mark, said in zip(marks, said_all, strict=True))
        case Tabled():
            return table(printed(piece.table, at.table[piece.table.name], words, piece.note), words)
        case Drawn():
            number = text(runs(words.plain("figure", number=at.figure[piece.name])))
            file = f"{pictures}/{piece.name}.{'svg' if piece.svg else 'png'}"
            image = f"![{text(runs(clean(piece.alternative)))}](<{file}>)"
            return f"**{number}**\\\n*{_unitalic_of(piece, at, words)}*\n\n{image}"
        case Verbatim():
            fence = "`" * max(3, *(len(found) + 1 for found in re.findall(r"`+", piece.text)), 3)
            return f"{fence}\n{piece.text.rstrip()}\n{fence}"
        case _:
            raise TypeError(f"nothing is known of a {type(piece).__name__} in a document")


def _unitalic_of(piece: Drawn, at: Numbering, words: Words) -> str:
    return text(runs(plain(piece.caption, at, words))).strip()
