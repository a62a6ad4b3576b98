"""A wave's use by size class and type of medium beside official statistics: side by side, never as an estimate."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mkb21sem.describe import intervals
from mkb21sem.describe.population import spelled
from mkb21sem.errors import OptionError, WaveError
from mkb21sem.survey.derived import CLASSES
from mkb21sem.survey.problems import BadWaveError
from mkb21sem.survey.published import belgium
from mkb21sem.survey.readers import read_cells
from mkb21sem.survey.wave import Wave

VARIABLES = ("EU_ANY", *(f"EU_{name}" for name in CLASSES), "EU_ONE", "EU_GE2")
FIRMS, USERS = "percent of firms", "percent of users"
SIZE, ALONE = "OMV01", 1
COLUMNS = (
    *("source", "country", "year", "variable", "size_codes", "size_class", "printed", "value", "low", "high", "unit"),
    *("population", "definition", "evidence", "note"),
)


@dataclass(frozen=True, slots=True)
class Official:
    """One number of an official source; the fields are the columns of its file."""

    source: str
    country: str
    year: int
    variable: str
    size_codes: tuple[int, ...]
    size_class: str
    printed: str
    value: float
    low: float
    high: float
    unit: str
    population: str
    definition: str
    evidence: str
    note: str


def benchmark(wave: Wave, files: Iterable[str | Path] = ()) -> pd.DataFrame:
    """Use by size class beside every official number that is about the same size class and type of medium.

    Parameters
    ----------
    wave
        With OMV01 and the frequencies of the media.
    files
        Further official numbers, see official/README.md.

    Returns
    -------
    DataFrame
        variable, size_codes, size_class, count, base, value, low, high (of the wave: percent, Wilson), source, country,
        year, printed, official, difference, difference_low, difference_high (points; the limits are those of the wave
        alone, because the official number's own are not published), unit, population, definition, evidence, note.
        One-person firms stand there without a benchmark; a multiple of another class's rate is not a level and has
        no difference.

    Raises
    ------
    WaveError
        The wave has no size or no media, or a file can't be read.
    OptionError
        A file isn't written as official/README.md says.

    Notes
    -----
    A difference is no error of either: populations, years and definitions differ, and the wave is no random sample.
    """
    derived = wave.derived()
    if SIZE not in wave.answers or "EU_ANY" not in derived:
        raise WaveError(f"{wave.name}: a benchmark needs {SIZE} and the platform classes of the media (GEB01 …).")
    lines = [_alone(wave, derived, name) for name in VARIABLES if name in derived]
    lines += [_beside(wave, derived, each) for each in official(files) if each.variable in derived]
    frame = pd.DataFrame(lines)
    order = {name: at for at, name in enumerate(VARIABLES)}
    keys = frame.assign(at=frame["variable"].map(order))
    return frame.loc[keys.sort_values(["at", "size_codes", "country", "year"], kind="stable").index].reset_index(
        drop=True
    )


def by_size(wave: Wave) -> pd.DataFrame:
    """Use of each type of medium in each size class, and whether it rises with size.

    Returns
    -------
    DataFrame
        variable, size (code of OMV01), count, base, value, low, high, rising (whether no larger class has a lower
        share; the one comparison that needs least assumptions).
    """
    derived, lines = wave.derived(), []
    for name in VARIABLES:
        if name not in derived or SIZE not in wave.answers:
            continue
        found = [(code, _estimate(wave, derived, name, (code,), FIRMS)) for code in wave.codebook[SIZE].codes]
        values = [each.value for _, each in found if each.base]
        rising = all(a <= b for a, b in pairwise(values))
        lines += [(name, code, x.count, x.base, x.value, x.low, x.high, rising) for code, x in found]
    return pd.DataFrame(lines, columns=["variable", "size", "count", "base", "value", "low", "high", "rising"])


def official(extra: Iterable[str | Path] = ()) -> list[Official]:
    """Every official number: Belgian, Dutch, and those of further files."""
    found = [_belgian(at) for at in range(len(belgium()))]
    for file in sorted(files("mkb21sem.describe.official").iterdir(), key=lambda each: each.name):
        if file.name.endswith(".csv"):
            with as_file(file) as path:
                found += read_official(path)
    for given in extra:
        found += read_official(given)
    return found


def read_official(path: str | Path) -> list[Official]:
    """Read and check a file of official numbers.

    Raises
    ------
    WaveError
        The file can't be read.
    OptionError
        Where and what is wrong in it.
    """
    cells = read_cells(path)
    if cells.problems:
        raise BadWaveError(cells.problems)
    lacking = [name for name in COLUMNS if name not in cells.names]
    if lacking:
        raise OptionError(f"{path}: no column {', '.join(lacking)}. The columns are {', '.join(COLUMNS)}.")
    text = {name: [spelled(cell) for cell in column] for name, column in zip(cells.names, cells.columns, strict=True)}
    rows = enumerate(cells.rows.tolist())
    return [_record(f"{path}, row {row}", {name: text[name][at] for name in COLUMNS}) for at, row in rows]


def _record(where: str, row: dict[str, str]) -> Official:
    if row["variable"] not in VARIABLES:
        raise OptionError(f"{where}: variable `{row['variable']}` is not one of {', '.join(VARIABLES)}.")
    if row["unit"] not in (FIRMS, USERS):
        raise OptionError(f"{where}: unit must be `{FIRMS}` or `{USERS}`; got `{row['unit']}`.")
    numbers = {}
    for name in ("value", "low", "high"):
        try:
            numbers[name] = float(row[name].replace(",", ".")) if row[name] else math.nan
        except ValueError as error:
            raise OptionError(f"{where}: {name} must be a number or empty; got `{row[name]}`.") from error
        if numbers[name] < 0 or numbers[name] > 100:
            raise OptionError(f"{where}: {name} must be a percentage between 0 and 100; got {row[name]}.")
    try:
        year, codes = int(row["year"]), tuple(int(code) for code in row["size_codes"].split())
    except ValueError as error:
        raise OptionError(f"{where}: year and size_codes must be whole numbers.") from error
    if not codes or not row["source"]:
        raise OptionError(f"{where}: a number needs its source, and the codes of {SIZE} that it is about.")
    words: dict[str, Any] = {name: row[name] for name in COLUMNS if name not in (*numbers, "year", "size_codes")}
    return Official(**(words | numbers), year=year, size_codes=codes)


def _belgian(at: int) -> Official:
    """A Belgian figure as a record; a multiple of another class's rate has no level."""
    each = belgium()[at]
    level = each.unit in (FIRMS, USERS)
    interval = each.interval if level else None
    return Official(
        source="Statbel, by FOD Economie",
        country="BE",
        year=each.year,
        variable=each.variable,
        size_codes=(each.size_code,),
        size_class=each.size_class,
        printed=each.printed,
        value=each.value if level and each.value is not None else math.nan,
        low=interval.low if interval else math.nan,
        high=interval.high if interval else math.nan,
        unit=each.unit,
        population=each.population,
        definition="the firm uses it to communicate, with anyone, at any frequency",
        evidence=each.evidence,
        note=each.trap,
    )


def _estimate(
    wave: Wave, derived: pd.DataFrame, variable: str, codes: tuple[int, ...], unit: str
) -> intervals.Estimate:
    """The wave's own share in a size class; of users where the official number is of users."""
    value = derived[variable].to_numpy()
    known = ~np.isnan(value) & wave.answers[SIZE].isin(codes).to_numpy()
    if unit == USERS:
        known &= derived["EU_ANY"].to_numpy() == 1
    return intervals.share(value == 1, known)


def _ours(found: intervals.Estimate) -> dict[str, float]:
    return {name: getattr(found, name) for name in ("count", "base", "value", "low", "high")}


def _beside(wave: Wave, derived: pd.DataFrame, of: Official) -> dict[str, object]:
    found = _estimate(wave, derived, of.variable, of.size_codes, of.unit)
    return {
        "variable": of.variable,
        "size_codes": " ".join(map(str, of.size_codes)),
        "size_class": of.size_class,
        **_ours(found),
        "source": of.source,
        "country": of.country,
        "year": of.year,
        "printed": of.printed,
        "official": of.value,
        "difference": found.value - of.value,
        "difference_low": found.low - of.value,
        "difference_high": found.high - of.value,
        "unit": of.unit,
        "population": of.population,
        "definition": of.definition,
        "evidence": of.evidence,
        "note": of.note,
    }


def _alone(wave: Wave, derived: pd.DataFrame, variable: str) -> dict[str, object]:
    """One-person firms, which no official source counts."""
    unit = USERS if variable in ("EU_ONE", "EU_GE2") else FIRMS
    found = _estimate(wave, derived, variable, (ALONE,), unit)
    empty: dict[str, object] = dict.fromkeys(
        ("source", "country", "printed", "population", "definition", "evidence"), ""
    )
    gaps = dict.fromkeys(("official", "difference", "difference_low", "difference_high"), math.nan)
    start: dict[str, object] = {
        "variable": variable,
        "size_codes": str(ALONE),
        "size_class": wave.codebook[SIZE].code_label(ALONE, "en"),
    }
    return start | _ours(found) | empty | {"year": 0} | gaps | {"unit": unit, "note": "no benchmark"}
