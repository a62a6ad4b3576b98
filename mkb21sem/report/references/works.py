"""The works that may be cited, one line each in `works.csv`, as APA 7 prints them.

Author, year, title, journal, volume and pages of each were compared with a public record of the work (the publisher's
page, or reference lists that don't depend on each other), but for Hoyle and Isherwood (2013) and Raykov (2007), of
which none was at hand. What is not known for sure is left out: a DOI, a report's publisher.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from markupsafe import Markup, escape

from mkb21sem.report.numbers import LANGUAGES

DOI = "https://doi.org/"
_ITALIC = re.compile(r"\*([^*]+)\*")
_AUTHOR = re.compile(r"([^,&]+), ((?:[^\W\d_]\.[ -]?)+)")


@dataclass(frozen=True, slots=True)
class Work:
    """A work, as a list of references prints it.

    Attributes
    ----------
    key
        Its name in the table.
    authors
        As APA prints them: Hu, L., & Bentler, P. M.
    year
        Of publication.
    titles
        Language → title and where it appeared; ``*x*`` is italic.
    doi
        Without the address before it; empty where none is known for sure.
    """

    key: str
    authors: str
    year: str
    titles: tuple[tuple[str, str], ...]
    doi: str = ""

    @property
    def surnames(self) -> tuple[str, ...]:
        """Of its authors, in order: what a citation names."""
        return tuple(found.group(1).strip() for found in _AUTHOR.finditer(self.authors))

    @property
    def order(self) -> tuple[str, str]:
        """Where it stands in the list: by authors, letter by letter, then by year."""
        plain = unicodedata.normalize("NFD", self.authors.casefold())
        letters = "".join(letter for letter in plain if letter.isalpha() or letter == " ")
        return " ".join(letters.split()), self.year

    def printed(self, lang: str) -> Markup:
        """The entry, with italics and the DOI as a link."""
        marked = _ITALIC.sub(r"<i>\1</i>", str(escape(dict(self.titles)[lang])))
        entry = Markup("{} ({}). {}").format(self.authors, self.year, Markup(marked))
        return entry + (Markup(' <a href="{0}">{0}</a>').format(DOI + self.doi) if self.doi else "")


@lru_cache(maxsize=1)
def works() -> tuple[Work, ...]:
    """Every work of the table, in the order of a list of references."""
    with files("mkb21sem.report.references").joinpath("works.csv").open(encoding="utf-8") as lines:
        return tuple(sorted(map(_work, csv.DictReader(lines)), key=lambda work: work.order))


def _work(row: dict[str, str]) -> Work:
    """A line of the table; ``work_nl`` is empty where a Dutch list prints the same."""
    titles = tuple((lang, row.get(f"work_{lang}") or row["work"]) for lang in LANGUAGES)
    return Work(row["key"], row["authors"], row["year"], titles, row["doi"])
