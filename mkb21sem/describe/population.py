"""Population counts to weight to: a file with one line a class, read and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mkb21sem.errors import OptionError
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.derived import derivations
from mkb21sem.survey.problems import BadWaveError
from mkb21sem.survey.readers import read_cells

NEEDED = ("variable", "codes", "count")
OUTCOMES = ("GEB", "TOE", "NIE", "MAA", "WIJ", "MOT", "ERV", "REP", "SMB")
OPINIONS = ("CUL", "OMG")
THOUSANDS = re.compile(r"[1-9]\d{0,2}([.,]\d{3})+")


@dataclass(frozen=True, slots=True)
class Target:
    """One class of firms and how many there are.

    Parameters
    ----------
    variable
        The question that tells the class.
    codes
        Its answers: several where the population is only counted for them together.
    count
        Firms in the population, or their share; only the proportions within a variable matter.
    source
        Where the count comes from; may be empty.
    """

    variable: str
    codes: tuple[int, ...]
    count: float
    source: str = ""


def read_population(path: str | Path, codebook: Codebook | None = None) -> tuple[Target, ...]:
    """Read population counts from a .csv or .xlsx file with the columns variable, codes, count and, if known, source.

    A line is a class of firms: ``OMV01,3 4,108300,CBS 2012``. Several codes that share a count stand together, parted
    by blanks.

    Raises
    ------
    WaveError
        The file can't be read.
    OptionError
        A column is absent, a count no positive number, a code not one of the question's; or a variable is not a firm
        characteristic (see `checked`).
    """
    cells = read_cells(path)
    if cells.problems:
        raise BadWaveError(cells.problems)
    lacking = [name for name in NEEDED if name not in cells.names]
    if lacking:
        raise OptionError(f"{path}: no column {', '.join(lacking)}. A population file has {', '.join(NEEDED)}.")
    columns = {
        name: [spelled(cell) for cell in column] for name, column in zip(cells.names, cells.columns, strict=True)
    }
    found = []
    for at, row in enumerate(cells.rows.tolist()):
        found.append(_target(f"{path}, row {row}", {name: column[at] for name, column in columns.items()}))
    return checked(found, codebook or Codebook.read())


def spelled(cell: object) -> str:
    """A cell as text: blank for nothing, whole numbers without a point."""
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip()


def _target(where: str, row: dict[str, str]) -> Target:
    if THOUSANDS.fullmatch(row["count"]):
        raise OptionError(f"{where}: {row['count']} may be a thousand or a decimal fraction. Write 108300, or 0.7.")
    try:
        codes = tuple(int(float(code)) for code in row["codes"].split())
        count = float(row["count"].replace(",", "."))
    except ValueError as error:
        raise OptionError(f"{where}: codes must be whole numbers and count a number; got {row}.") from error
    if not codes or not count > 0 or count == float("inf"):
        raise OptionError(f"{where}: a class needs at least one code and a positive count. Leave empty classes out.")
    return Target(row["variable"], codes, count, row.get("source", ""))


def checked(targets: list[Target], codebook: Codebook) -> tuple[Target, ...]:
    """The targets, if every variable is a firm characteristic and every code stands in one class.

    Raises
    ------
    OptionError
        A variable is an answer about social media: weighting to a usage rate and then reporting use gives back what
        was put in. Or it is an opinion, of which there is no population count; or no question at all.
    """
    seen: set[tuple[str, int]] = set()
    for target in targets:
        _refuse(target.variable, codebook)
        for code in target.codes:
            if code not in codebook[target.variable].codes:
                known = ", ".join(map(str, codebook[target.variable].codes))
                raise OptionError(f"population of {target.variable}: {code} is not one of its codes {known}.")
            if (target.variable, code) in seen:
                raise OptionError(f"population of {target.variable}: code {code} stands in two classes.")
            seen.add((target.variable, code))
    if not targets:
        raise OptionError("the population file has no lines; it needs one for each class of firms.")
    return tuple(targets)


def _refuse(variable: str, codebook: Codebook) -> None:
    """Say no to anything but a firm characteristic."""
    letters = variable.rstrip("0123456789")
    if variable == "ZZP":
        raise OptionError("population of ZZP: name the question it follows from, OMV01, with its codes.")
    if letters in OUTCOMES or variable == "USER" or variable in derivations(codebook):
        raise OptionError(
            f"population of {variable}: this is what the survey is to find out. Weights that make use come out at a "
            "known rate would only give that rate back, and the rates of official statistics are those of other firms, "
            "years and definitions. Weight to counts of firms by size, sector and region."
        )
    if letters in OPINIONS:
        raise OptionError(f"population of {variable}: an opinion; nobody has counted it in the population.")
    if variable not in codebook:
        raise OptionError(f"population of {variable}: no question of the codebook. Use OMV01, SEC01 or REG01.")
    if codebook[variable].asked != "all":
        raise OptionError(f"population of {variable}: not asked of everyone; weights need a class for every firm.")
