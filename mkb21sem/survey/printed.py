"""What the sources print, as data: the whitepaper's 25 figures and the Belgian benchmarks."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from mkb21sem.errors import one_of
from mkb21sem.survey.item import LANGUAGES

_WORDS = {
    *("part", "indicator_nl", "indicator_en", "printed", "kind", "counts"),
    *("base", "figure", "reading", "sentence"),
}
_BENCHMARK_WORDS = {"variable", "size_class", "printed", "unit", "evidence", "trap", "population", "sentence"}


@dataclass(frozen=True, slots=True)
class Interval:
    """What a printed figure allows, such as [61.5, 62.5) for a printed 62%.

    Parameters
    ----------
    text
        Two bounds between square (included) or round (excluded) brackets.
    """

    text: str

    @property
    def low(self) -> float:
        """Lower bound."""
        return float(self.text[1:-1].split(",")[0])

    @property
    def high(self) -> float:
        """Upper bound."""
        return float(self.text[1:-1].split(",")[1])

    def __contains__(self, value: float) -> bool:
        above = value >= self.low if self.text[0] == "[" else value > self.low
        below = value <= self.high if self.text[-1] == "]" else value < self.high
        return above and below

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, or one order of numbers, that the whitepaper prints about the 2012 wave.

    Parameters
    ----------
    no, part
        Its number, 1 to 25, and a letter where one sentence prints several.
    indicator_nl, indicator_en
        What it is about.
    printed
        As printed, with a decimal comma.
    kind
        What is computed: see `published.STATISTICS`.
    items, codes, against
        Questions, the codes counted, and the questions compared with.
    interval
        What the printed figure allows: percent for shares, scale points for means.
    counts
        The counts, or for means the sums, that this leaves at the published base; empty where none.
    base, base_n
        Whose answers, and how many they were.
    figure
        Where: A is the whitepaper; `A:fig1` is the location chart, not the model.
    reading
        How words were made checkable; empty where the number speaks for itself.
    sentence
        The sentence or caption, word by word.
    """

    no: int
    part: str
    indicator_nl: str
    indicator_en: str
    printed: str
    kind: str
    items: tuple[str, ...]
    codes: tuple[int, ...]
    against: tuple[str, ...]
    interval: Interval
    counts: str
    base: str
    base_n: int
    figure: str
    reading: str
    sentence: str

    def indicator(self, lang: str = "nl") -> str:
        """Return what it is about, in Dutch ("nl") or English ("en")."""
        one_of("lang", lang, LANGUAGES)
        return self.indicator_nl if lang == "nl" else self.indicator_en


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One figure of the Belgian page on social media in small and medium-sized firms.

    Parameters
    ----------
    variable
        The derived variable it stands beside: EU_ANY, EU_SNET, EU_CNTSHR, EU_BLOG, EU_WIKI, EU_ONE, EU_GE2.
    size_class, size_code
        Firm size, and its code in OMV01. One-person firms are outside the survey.
    year
        Of the survey.
    printed, value
        As printed, and as a number; None where none is given.
    interval
        What it allows; None where only a rough word is given.
    unit
        What the value is a percentage or multiple of.
    evidence
        "stated", or "implied" where the page's words have to be read another way.
    trap
        What to mind when using it; empty where nothing.
    population
        Whom it is about.
    sentence
        The sentence, word by word.
    """

    variable: str
    size_class: str
    size_code: int
    year: int
    printed: str
    value: float | None
    interval: Interval | None
    unit: str
    evidence: str
    trap: str
    population: str
    sentence: str


@lru_cache(maxsize=1)
def figures() -> tuple[Figure, ...]:
    """Return the whitepaper's 25 figures, in 46 checkable parts."""
    return tuple(
        Figure(
            no=int(row["no"]),
            items=tuple(row["items"].split()),
            codes=tuple(map(int, row["codes"].split())),
            against=tuple(row["against"].split()),
            interval=Interval(row["interval"]),
            base_n=int(row["base_n"]),
            **{name: row[name] for name in row if name in _WORDS},
        )
        for row in _rows("published.csv")
    )


@lru_cache(maxsize=1)
def belgium() -> tuple[Benchmark, ...]:
    """Return the Belgian figures of 2021 (Statbel, through FOD Economie), by type of medium and firm size."""
    return tuple(
        Benchmark(
            **{name: row[name] for name in row if name in _BENCHMARK_WORDS},
            size_code=int(row["size_code"]),
            year=int(row["year"]),
            value=float(row["value"]) if row["value"] else None,
            interval=Interval(row["interval"]) if row["interval"] else None,
        )
        for row in _rows("belgium.csv")
    )


def _rows(file: str) -> Iterator[dict[str, str]]:
    with files("mkb21sem.survey").joinpath(file).open(encoding="utf-8") as text:
        yield from csv.DictReader(text)
