"""Reference numbers that `generate.R` took from psych and semTools, read and never written here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
HS = [f"x{i}" for i in range(1, 10)]
CORP = [
    *(f"{stem}_{i}" for stem in ("comp", "like", "cusl") for i in (1, 2, 3)),
    "cusa",
    *(f"qual_{i}" for i in range(1, 9)),
]
BATTERIES = {"CUL": 6, "OMG": 6, "MOT": 12, "ERV": 12, "REP": 5}
MKB = {stem: [f"{stem}{i:02d}" for i in range(1, k + 1)] for stem, k in BATTERIES.items()}
SCALES = {
    "hs": {"visual": HS[:3], "textual": HS[3:6], "speed": HS[6:], "all": HS},
    "corp": {"COMP": CORP[:3], "LIKE": CORP[3:6], "CUSL": CORP[6:9], "QUAL": CORP[10:], "all": CORP},
    "mkb": MKB | {"all": [item for items in MKB.values() for item in items]},
}
EXPLORED = {"hs": (HS, 3), "corp": (CORP, 3), "mkb": (MKB["MOT"], 4)}
"""Items that are explored, and on how many factors."""


@cache
def _table(file: Path) -> pd.DataFrame:
    if not file.is_file():
        raise FileNotFoundError(f"{file.name} is missing; `Rscript tests/psych/generate.R` writes it")
    table = pd.read_csv(file, skiprows=1, dtype=str, keep_default_na=False)
    return table.assign(value=[float(text) if text else float("nan") for text in table["value"]])


def reference(file: str, /, **where: str) -> pd.DataFrame:
    """The rows of `<name>.csv` whose columns have those values.

    >>> reference("alpha", data="hs", scale="visual", name="alpha")["value"].item()
    """
    rows = _table(HERE / f"{file}.csv")
    for column, value in where.items():
        rows = rows[rows[column] == value]
    if rows.empty:
        raise KeyError(f"{file}.csv has no rows with {where}")
    return rows.copy()


def number(file: str, /, **where: str) -> float:
    """The one number of those rows."""
    return float(reference(file, **where)["value"].item())


def matrix(file: str, /, **where: str) -> pd.DataFrame:
    """Rows with `row` and `col` as a matrix, in the order in which R wrote it."""
    rows = reference(file, **where)
    square = rows.set_index(["row", "col"])["value"].unstack()  # noqa: PD010
    return square.loc[list(dict.fromkeys(rows["row"])), list(dict.fromkeys(rows["col"]))]


@cache
def _answers(name: str) -> pd.DataFrame:
    table = pd.read_csv(HERE / "data" / f"{name}.csv", na_values=["-99"])
    return table[SCALES[name]["all"]].dropna().reset_index(drop=True).astype(float)


def answers(name: str) -> pd.DataFrame:
    """The complete rows that R used, as numbers."""
    return _answers(name).copy()
