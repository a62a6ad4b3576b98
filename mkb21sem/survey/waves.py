"""Several waves as one: items matched, scales checked, platforms carried by class, and what can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd

from mkb21sem.errors import WaveError, closest
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.derived import derivations
from mkb21sem.survey.drift import drift, recodings
from mkb21sem.survey.mapping import Mapped, read_mapping, renamed
from mkb21sem.survey.platforms import CARRIED, by_class, class_media
from mkb21sem.survey.wave import Source, Wave

WAVE = "wave"
"""Column that tells the waves in a frame of several."""

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """Waves under the item ids of the first one. Made by `Waves.read` or `Waves.of`.

    Attributes
    ----------
    waves
        In order of time, with items renamed and recoded to those of the first.
    drift
        Every item in every later wave: item wave here status comparable kind what.
    remarks
        Sentences on what was renamed, recoded or carried by platform class.
    """

    waves: tuple[Wave, ...]
    drift: pd.DataFrame
    remarks: tuple[str, ...] = ()

    @classmethod
    def read(
        cls,
        paths: Sequence[str | Path],
        codebooks: Source | Sequence[Source] = None,
        mapping: str | Path | pd.DataFrame | None = None,
        missing_codes: Iterable[float] = (),
        names: Sequence[str] | None = None,
    ) -> Waves:
        """Read wave files in order of time, and match their items with those of the first.

        Parameters
        ----------
        paths
            Two or more wave files.
        codebooks
            One for all, or one a wave; default the MKB21 questionnaire.
        mapping
            A .csv or .xlsx file with columns wave, item, here: what the item of the first wave is called in that wave.
        missing_codes
            As for `Wave.read`.
        names
            What to call the waves; default: the files' names without ending.

        Raises
        ------
        WaveError
            A file, codebook or mapping that can't be used, or waves that can't be told apart.
        """
        files = list(paths)
        one = codebooks is None or isinstance(codebooks, Codebook | str | Path)
        books: list[Source] = [codebooks] * len(files) if one else list(codebooks)  # type: ignore[arg-type, list-item]
        called = list(names) if names is not None else [Path(path).stem for path in files]
        for what, given in (("codebooks", books), ("names", called)):
            if len(given) != len(files):
                raise WaveError(f"{what}: {len(given)} given for {len(files)} wave files. Give one a wave.")
        codes = tuple(missing_codes)
        read = [Wave.read(path, book, codes, name) for path, book, name in zip(files, books, called, strict=True)]
        return cls.of(read, mapping)

    @classmethod
    def of(cls, waves: Sequence[Wave], mapping: str | Path | pd.DataFrame | None = None) -> Waves:
        """Match waves that are already read; arguments as for `read`.

        Raises
        ------
        WaveError
            Fewer than two waves, two of one name, or a mapping that doesn't fit them.
        """
        given = list(waves)
        if len(given) < 2:
            raise WaveError(f"{len(given)} wave(s) given; at least two are needed to compare.")
        names = [wave.name for wave in given]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise WaveError(f"two waves are called {', '.join(twice)}; give names= to tell them apart.")
        mapped = read_mapping(mapping, given)
        matched = [renamed(wave, mapped) for wave in given]
        report = drift(matched, mapped)
        recoded, sentences = recodings(matched, report)
        return cls(tuple(recoded), report, (*_renamings(mapped), *sentences, *_carried(recoded)))

    @property
    def names(self) -> tuple[str, ...]:
        """What the waves are called, in order of time."""
        return tuple(wave.name for wave in self.waves)

    @property
    def times(self) -> tuple[float, ...]:
        """The years in the waves' names where all have one and they grow; else 0, 1, 2 and so on."""
        years = [_YEAR.findall(name) for name in self.names]
        found = [float(each[-1]) for each in years if each]
        growing = len(found) == len(years) and all(a < b for a, b in pairwise(found))
        return tuple(found) if growing else tuple(float(i) for i in range(len(years)))

    @property
    def synthetic(self) -> bool:
        """Whether any of the waves was drawn from a model and no firm gave its answers."""
        return any(wave.synthetic for wave in self.waves)

    @property
    def codebook(self) -> Codebook:
        """The questions of the first wave."""
        return self.waves[0].codebook

    @property
    def carried(self) -> tuple[str, ...]:
        """Derived variables that are made by platform class, since the waves asked about other media."""
        return CARRIED if _media_differ(self.waves) else ()

    def without(self, name: str) -> tuple[str, ...]:
        """The waves in which an item or derived variable can't be compared with the first wave's.

        Raises
        ------
        WaveError
            The first wave has no such item or derived variable.
        """
        if name in self.carried:
            return ()
        known = derivations(self.codebook)
        items: tuple[str, ...] = (name,) if name in self.codebook else known[name].items if name in known else ()
        if not items and name != "USER":
            hint = closest(name, [*self.codebook.ids, *known])
            raise WaveError(f"{self.names[0]} has no item or derived variable `{name}`.{hint}")
        if name.startswith("EU_"):
            return ()
        lines = self.drift[self.drift["item"].isin(items)]
        lost = set(lines.loc[~lines["comparable"], "wave"])
        lost |= {wave.name for wave in self.waves for item in items if item not in wave.answers}
        return tuple(wave for wave in self.names if wave in lost)

    def frame(self, items: Iterable[str]) -> pd.DataFrame:
        """Items and derived variables of all waves, a row a respondent, with the column `wave` first.

        Respondents who were not asked one of the items are left out, as in `Wave.frame`.

        Raises
        ------
        WaveError
            An item can't be compared in some wave; the message says why.
        """
        names = list(items)
        for name in names:
            lost = self.without(name)
            if lost:
                raise WaveError(f"`{name}` can't be compared: {self._why(name, lost)}")
        parts = [self._one(wave, names) for wave in self.waves]
        return pd.concat(parts, ignore_index=True)

    def _one(self, wave: Wave, names: list[str]) -> pd.DataFrame:
        own = [name for name in names if name in self.carried]
        answers = wave.frame([name for name in names if name not in own])
        if own:
            shared = [class_media(each.codebook) for each in self.waves]
            answers = answers.join(by_class(wave, shared)[own])
        answers = answers[names]
        answers.insert(0, WAVE, wave.name)
        return answers

    def _why(self, name: str, lost: Sequence[str]) -> str:
        lines = self.drift[(self.drift["item"] == name) & self.drift["wave"].isin(lost)]
        found = [f"{line.wave}: {line.what}" for line in lines.itertuples()]
        return "; ".join(found) if found else f"questions behind it differ in {', '.join(lost)}. See the drift report."

    def comparable(self) -> tuple[str, ...]:
        """Items that can be compared over all waves."""
        return tuple(item for item in self.codebook.ids if not self.without(item))

    def summary(self) -> pd.DataFrame:
        """Counts of items by wave and status: identical, recoded, missing, new."""
        counts = pd.crosstab(self.drift["wave"], self.drift["status"])
        columns = ["identical", "recoded", "missing", "new"]
        return counts.reindex(index=list(self.names[1:]), columns=columns, fill_value=0).rename_axis(columns=None)

    def __str__(self) -> str:
        sizes = ", ".join(f"{wave.name} (n = {wave.n})" for wave in self.waves)
        made_up = " Synthetic: no real firms." if self.synthetic else ""
        return f"{len(self.waves)} waves: {sizes}; {len(self.comparable())} items comparable over all.{made_up}"


def _renamings(mapped: Mapping[str, Sequence[Mapped]]) -> tuple[str, ...]:
    return tuple(f"{each.item} is called {each.here} in {wave}." for wave, many in mapped.items() for each in many)


def _media_differ(waves: Sequence[Wave]) -> bool:
    first = class_media(waves[0].codebook)
    return any(class_media(wave.codebook) != first for wave in waves[1:])


def _carried(waves: Sequence[Wave]) -> tuple[str, ...]:
    if not _media_differ(waves):
        return ()
    names = ", ".join(CARRIED)
    return (
        f"The waves asked about different media. {names} are therefore means over the platform classes that all waves "
        "have, each class counting with its highest answer, and differ from the same names in one wave.",
    )
