"""Citations in running text, English or Dutch: Holm’s (1979) method, (Hu & Bentler, 1999; Snoke e.a. 2018)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mkb21sem.report.references.works import Work, works

_PARTICLE = r"(?:[Vv]an(?: de[nr]?)?|[Vv]on|[Dd]e[nr]?|[Tt]e[nr])"
_NAME = rf"(?:{_PARTICLE} )?[A-ZÀ-ÖØ-Þ][\w-]{{1,40}}(?:[’'](?!s\b)\w{{1,40}}){{0,2}}"
_YEAR = r"(?:18|19|20)\d\d[a-z]?"
CITATION = re.compile(
    rf"\b(?P<names>{_NAME}(?:(?:,| &|,? and| en|, &) {_NAME}){{0,20}})"
    r"(?P<more>,? (?:et al\.|e\.a\.))?(?:[’']s(?: \w+)?)?"
    rf"(?P<before>,? \(?)(?P<years>{_YEAR}(?:, {_YEAR}){{0,9}})(?!\w)"
)
"""Who and when; a word may stand between an author’s name and the year: Bartlett’s test (1950).

Repetitions are bounded, so that a long text without a citation is read in time proportional to its length.
"""


@dataclass(frozen=True, slots=True)
class Citation:
    """Whom a text names, and of which year.

    Attributes
    ----------
    names
        Surnames as they stand there; those of an enumeration before a citation may be among them.
    more
        Whether it says "et al." or "e.a." after them.
    year
        As it stands there, 2001 or 2001a.
    sure
        Whether it can't be anything else, such as the month and year in "October 2012".
    """

    names: tuple[str, ...]
    more: bool
    year: str
    sure: bool

    def __str__(self) -> str:
        """As APA writes it in a sentence."""
        *most, last = self.names
        said = f"{', '.join(most)} & {last}" if most else last
        return f"{said}{' et al.' if self.more else ''} ({self.year})"


def citations(text: str) -> Iterator[Citation]:
    """Every citation in a text without mark-up, and whatever looks like one."""
    flat = re.sub(r"\s+", " ", text)
    for found in CITATION.finditer(flat):
        names = tuple(re.split(r",? (?:&|and|en) |, ", found["names"]))
        inside = flat.rfind("(", 0, found.start()) > flat.rfind(")", 0, found.start())
        comma, opened = found["before"].startswith(","), found["before"].endswith("(")
        sure = opened or (inside and (comma or len(names) > 1 or bool(found["more"])))
        for year in found["years"].split(", "):
            yield Citation(names, bool(found["more"]), year, sure)


def found(citation: Citation) -> Work | None:
    """The work that a citation names, if it is in the table; words before the names are passed over."""
    for start in range(len(citation.names)):
        named = tuple(_bare(name) for name in citation.names[start:])
        work = _index().get((named, citation.more, citation.year))
        if work:
            return work
    return None


def cited(texts: Iterable[str]) -> tuple[tuple[Work, ...], tuple[Citation, ...]]:
    """The works that texts cite, in the order of a list, and citations that are of no work of the table.

    Parameters
    ----------
    texts
        Without mark-up.
    """
    named: dict[str, Work] = {}
    unknown: dict[str, Citation] = {}
    for citation in (one for text in texts for one in citations(text)):
        work = found(citation)
        if work:
            named[work.key] = work
        elif citation.sure:
            unknown[str(citation)] = citation
    return tuple(sorted(named.values(), key=lambda work: work.order)), tuple(unknown[name] for name in sorted(unknown))


def index(table: Sequence[Work]) -> Mapping[tuple[tuple[str, ...], bool, str], Work]:
    """Citation → work: all surnames, or the first and "et al." where there are three or more.

    Raises
    ------
    ValueError
        Two works are cited alike.
    """
    made: dict[tuple[tuple[str, ...], bool, str], Work] = {}
    for work in table:
        surnames = tuple(map(_bare, work.surnames))
        keys = [(surnames, False, work.year)] + [(surnames[:1], True, work.year)] * (len(surnames) > 2)
        for key in keys:
            if key in made:
                raise ValueError(f"{work.key} and {made[key].key} are cited alike")
            made[key] = work
    return made


@lru_cache(maxsize=1)
def _index() -> Mapping[tuple[tuple[str, ...], bool, str], Work]:
    return index(works())


def _bare(name: str) -> str:
    """A surname without what may stand before it: in Dutch "van Vuong" means "of Vuong"."""
    return re.sub(rf"^{_PARTICLE} ", "", name).replace("'", "’").casefold()
