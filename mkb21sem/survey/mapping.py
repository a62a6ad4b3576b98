"""Items that a wave renamed: read from a file, checked, and given the first wave's names again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from mkb21sem.errors import WaveError, closest
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.readers import read_cells
from mkb21sem.survey.wave import Wave

COLUMNS = ("wave", "item", "here")


@dataclass(frozen=True, slots=True)
class Mapped:
    """One renaming: what the first wave's `item` is called `here`."""

    item: str
    here: str


def read_mapping(given: str | Path | pd.DataFrame | None, waves: Sequence[Wave]) -> Mapping[str, tuple[Mapped, ...]]:
    """Renamings by wave.

    Raises
    ------
    WaveError
        Columns that are absent, waves or items that don't exist, or an id that would be taken twice.
    """
    if given is None:
        return {}
    where = "mapping" if isinstance(given, pd.DataFrame) else str(given)
    table = given if isinstance(given, pd.DataFrame) else _table(given)
    absent = [name for name in COLUMNS if name not in table.columns]
    if absent:
        raise WaveError(
            f"{where}: column {', '.join(absent)} expected; a mapping has the columns {', '.join(COLUMNS)}."
        )
    named = {wave.name: wave for wave in waves}
    found: dict[str, list[Mapped]] = {}
    problems = []
    for number, line in enumerate(table[list(COLUMNS)].astype(str).itertuples(index=False), start=2):
        wave, item, here = (text.strip() for text in line)
        problem = _problem(wave, item, here, named, waves[0])
        if problem:
            problems.append(f"{where}, row {number}: {problem}")
        else:
            found.setdefault(wave, []).append(Mapped(item, here))
    if problems:
        raise WaveError("\n".join(problems))
    return {wave: tuple(many) for wave, many in found.items()}


def _table(path: str | Path) -> pd.DataFrame:
    cells = read_cells(path)
    return pd.DataFrame(dict(zip(cells.names, cells.columns, strict=True)))


def _problem(wave: str, item: str, here: str, named: Mapping[str, Wave], first: Wave) -> str:
    if wave not in named:
        return f"no wave is called `{wave}`.{closest(wave, named)} The waves: {', '.join(named)}."
    if item not in first.codebook:
        return f"{first.name} has no question `{item}`.{closest(item, first.codebook)}"
    if here not in named[wave].answers.columns:
        return f"{wave} has no column `{here}`.{closest(here, map(str, named[wave].answers.columns))}"
    if item in named[wave].answers.columns and item != here:
        return f"{wave} has a column `{item}` as well as `{here}`; only one of them can be the first wave's `{item}`."
    return ""


def renamed(wave: Wave, mapped: Mapping[str, Sequence[Mapped]]) -> Wave:
    """The wave with answers and questions under the first wave's ids."""
    new = {each.here: each.item for each in mapped.get(wave.name, ())}
    if not new:
        return wave
    items = tuple(replace(item, id=new.get(item.id, item.id)) for item in wave.codebook.items)
    return replace(wave, answers=wave.answers.rename(columns=new), codebook=Codebook(items, wave.codebook.source))
