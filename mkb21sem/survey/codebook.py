"""The questionnaire as data: every question with its labels, codes, base and what is known of its wording."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path

from mkb21sem.errors import closest, one_of
from mkb21sem.survey.item import LANGUAGES, Item
from mkb21sem.survey.questions import questions
from mkb21sem.survey.readers import read_cells

__all__ = ["Codebook", "Item"]


@dataclass(frozen=True, slots=True)
class Codebook:
    """All questions of a wave, in the order they are asked.

    Parameters
    ----------
    items
        The questions.
    source
        File it was read from; empty for the MKB21 questionnaire.
    """

    items: tuple[Item, ...]
    source: str = ""
    _at: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_at", {item.id: at for at, item in enumerate(self.items)})

    @classmethod
    def read(cls, path: str | Path | None = None) -> Codebook:
        """Read a codebook; without a path, the MKB21 questionnaire of 2012 with its 89 questions.

        Parameters
        ----------
        path
            A .csv or .xlsx file with at least the columns item, label_nl, codes_nl, measure and asked
            (the others of the MKB21 codebook are optional; English falls back on Dutch).
            Codes are written `1=never | 2=monthly | 3=weekly`.

        Raises
        ------
        WaveError
            The file can't be read, or isn't a codebook: all problems at once, each with row and column.
        """
        return _shipped() if path is None else cls(questions(read_cells(path)), source=str(path))

    @property
    def ids(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(item.id for item in self.items)

    @property
    def constructs(self) -> tuple[str, ...]:
        """The groups of questions, by their Dutch names, in order."""
        return tuple(dict.fromkeys(item.construct for item in self.items))

    def battery(self, letters: str) -> tuple[Item, ...]:
        """Return the questions whose id is these letters and a number."""
        return tuple(item for item in self.items if item.battery == letters)

    def label(self, name: str, lang: str = "nl") -> str:
        """Return the label of a question, derived variable, latent construct or group of questions.

        A name that the codebook doesn't know is returned as it is: a model may have its own latents.

        Raises
        ------
        OptionError
            The language is not "nl" or "en".
        """
        one_of("lang", lang, LANGUAGES)
        if name in self:
            return self[name].label(lang)
        known = _labels()
        if name in known:
            return known[name][LANGUAGES.index(lang)]
        prefix, _, rest = name.partition("_")
        template = known.get(f"{prefix}_*")
        item = self._topic_item(prefix, rest)
        return template[LANGUAGES.index(lang)].format(topic=item.topic(lang)) if template and item else name

    def _topic_item(self, prefix: str, rest: str) -> Item | None:
        """Find the question that a patterned name such as ACT_GEB01 or GAP_03 is about."""
        id = f"MOT{rest}" if prefix == "GAP" else rest
        return self.items[self._at[id]] if id in self._at else None

    def __getitem__(self, id: str) -> Item:
        if id not in self._at:
            raise KeyError(f"the codebook has no question `{id}`.{closest(str(id), self._at)}")
        return self.items[self._at[id]]

    def __contains__(self, id: object) -> bool:
        return id in self._at

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self.items)


@lru_cache(maxsize=1)
def _shipped() -> Codebook:
    with as_file(files("mkb21sem.survey").joinpath("codebook.csv")) as path:
        return Codebook(questions(read_cells(path)))


@lru_cache(maxsize=1)
def _labels() -> dict[str, tuple[str, str]]:
    """Dutch and English labels of everything that isn't a question."""
    with files("mkb21sem.survey").joinpath("labels.csv").open(encoding="utf-8") as text:
        return {row["name"]: (row["label_nl"], row["label_en"]) for row in csv.DictReader(text)}
