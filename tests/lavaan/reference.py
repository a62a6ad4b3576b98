"""Reference numbers that `generate.R` took from lavaan, read and never written here.

>>> reference = load("hs_ml")
>>> reference.fit["chisq"], reference.matrix("vcov"), reference.moment("implied", "cov")
>>> frame, options = data(reference.case), reference.case.options()
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
REMEDY = "`make reference` writes it (needs R with lavaan)"
PLACES = {"lhs", "op", "rhs", "block", "label", "plabel", "moment", "row", "col", "latent", "parameter"}
TEXT = PLACES | {"name", "kind", "type", "method", "id", "stage", "message"}


@dataclass(frozen=True, slots=True)
class Case:
    """One row of cases.csv: what lavaan's `sem()` was asked.

    `equal` and `free` hold lavaan's words (`group.equal`, `group.partial`); `options()` holds this package's.
    """

    id: str
    data: str
    model: str
    estimator: str
    missing: str
    group: str | None
    equal: tuple[str, ...]
    free: tuple[str, ...]
    ordered: tuple[str, ...]
    parameterization: str | None
    weights: str | None
    std_lv: bool
    fixed_x: bool
    meanstructure: bool | None
    missing_codes: tuple[str, ...]
    outputs: tuple[str, ...]
    about: str

    @property
    def path(self) -> Path:
        """The spec, the same file that R read: one of these tests, or one of the project's own models."""
        own = HERE / "models" / f"{self.model}.sem"
        return own if own.exists() else HERE.parents[1] / "models" / own.name

    @property
    def spec(self) -> str:
        """The text of the spec."""
        return self.path.read_text(encoding="utf-8")

    def options(self) -> dict[str, Any]:
        """Keyword arguments of `mkb21sem.fit` that differ from its plain defaults, in its words."""
        chosen: dict[str, Any] = {"estimator": self.estimator, "missing": self.missing}
        for name in ("group", "parameterization", "weights", "meanstructure"):
            if getattr(self, name) is not None:
                chosen[name] = getattr(self, name)
        if self.equal:
            chosen["equal"] = tuple(own_word(word) for word in self.equal)
        for name in ("free", "ordered"):
            if getattr(self, name):
                chosen[name] = getattr(self, name)
        if self.std_lv:
            chosen["std_lv"] = True
        if not self.fixed_x:
            chosen["fixed_x"] = False
        return chosen


def own_word(word: str) -> str:
    """lavaan's `lv.variances` is this package's `latent_variances`."""
    return word.replace("lv.", "latent_").replace(".", "_")


def flag(text: str) -> bool | None:
    """Empty means lavaan's default."""
    return None if text == "" else text == "1"


@cache
def cases() -> tuple[Case, ...]:
    """All cases, in the order of cases.csv."""
    with open(existing(HERE / "cases.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    tuples = ("equal", "free", "ordered", "missing_codes", "outputs")
    read = []
    for row in rows:
        values: dict[str, Any] = {name: text or None for name, text in row.items()}
        values |= {name: tuple(row[name].split()) for name in tuples}
        values |= {name: flag(row[name]) for name in ("std_lv", "fixed_x", "meanstructure")}
        read.append(Case(**values))
    return tuple(read)


def case(case_id: str) -> Case:
    """The case of that id."""
    for one in cases():
        if one.id == case_id:
            return one
    raise KeyError(f"cases.csv has no case {case_id!r}")


def existing(file: Path) -> Path:
    """The file itself; a missing reference fails and is never made here."""
    if not file.is_file():
        raise FileNotFoundError(f"{file.relative_to(HERE.parent)} is missing; {REMEDY}")
    return file


@cache
def table(file: Path) -> pd.DataFrame:
    """A CSV with all its digits; the line that names the versions is skipped, an empty cell is NaN."""
    with open(existing(file), encoding="utf-8", newline="") as lines:
        next(lines)
        names, *rows = csv.reader(lines)
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return pd.DataFrame({name: column(name, cells) for name, cells in zip(names, columns, strict=True)})


def column(name: str, cells: tuple[str, ...]) -> np.ndarray:
    """Text stays text; a number is the nearest double to its digits."""
    if name in TEXT:
        return np.array(cells, dtype=object)
    return np.array([float(cell) if cell else np.nan for cell in cells])


def data(of: Case | str) -> pd.DataFrame:
    """The very table R read: empty cells and the case's missing codes are missing."""
    one = case(of) if isinstance(of, str) else of
    file = existing(HERE / "data" / f"{one.data}.csv")
    return pd.read_csv(file, na_values=list(one.missing_codes))


def version(file: Path) -> str:
    """The first line of a reference file."""
    with open(existing(file), encoding="utf-8") as lines:
        return lines.readline().strip()


@dataclass(frozen=True, slots=True)
class Reference:
    """What lavaan answered to one case. Each table is read when asked for; see README.md for the columns."""

    case: Case

    @property
    def folder(self) -> Path:
        """Where the tables stand."""
        return HERE / self.case.id

    def frame(self, name: str) -> pd.DataFrame:
        """The table `<name>.csv`, a fresh copy."""
        return table(self.folder / f"{name}.csv").copy()

    @property
    def estimates(self) -> pd.DataFrame:
        """The parameter table with estimates, standard errors and standardised solutions."""
        return self.frame("estimates")

    @property
    def fit(self) -> pd.Series[float]:
        """Fit measures by lavaan's names."""
        return self.frame("fit").set_index("name")["value"]

    @property
    def options(self) -> pd.Series[str]:
        """The options lavaan ended up with, and the order of its variables."""
        file = existing(self.folder / "options.csv")
        return pd.read_csv(file, skiprows=1, index_col="name", dtype=str, keep_default_na=False)["value"]

    @property
    def parameters(self) -> list[str]:
        """Names of the free parameters, in the order of the rows of vcov and information."""
        rows = self._free()
        places = rows["lhs"] + rows["op"] + rows["rhs"]
        return [f"{at}.g{g:.0f}" if g > 1 else at for at, g in zip(places, rows["group"], strict=True)]

    @property
    def theta(self) -> pd.Series[float]:
        """The free estimates, indexed like `parameters`."""
        return pd.Series(self._free()["est"].to_numpy(), index=self.parameters)

    def _free(self) -> pd.DataFrame:
        return self.estimates.query("free > 0").drop_duplicates("free").sort_values("free")

    def matrix(self, name: str, kind: str | None = None, group: int | None = None) -> pd.DataFrame:
        """A whole symmetric matrix: `vcov`, `information` (by kind), `gamma` (by kind and group)."""
        rows = self.frame(name)
        for column, value in (("kind", kind), ("group", group)):
            if value is not None:
                rows = rows[rows[column] == value]
        names = rows["parameter"].tolist()
        lower = np.tril(rows[names].to_numpy(dtype=float))
        if len(lower) != len(names) or not names:
            raise KeyError(f"{self.case.id}: {name}.csv has no single matrix for kind={kind!r}, group={group!r}")
        return pd.DataFrame(lower + np.tril(lower, -1).T, index=names, columns=names)

    def moment(self, name: str, moment: str, group: int = 1) -> pd.DataFrame | pd.Series[float]:
        """`cov`, `res.cov`, `cov.lv`, `res.slopes` … of `implied` or `sample`; a vector is a Series."""
        rows = self.frame(name).query("moment == @moment and group == @group")
        if rows.empty:
            raise KeyError(f"{self.case.id}: {name}.csv has no `{moment}` in group {group}")
        if (rows["col"] == "").all():
            return pd.Series(rows["value"].to_numpy(), index=rows["row"].tolist())
        order = list(dict.fromkeys(rows["row"]))
        square = rows.set_index(["row", "col"])["value"].unstack()  # noqa: PD010
        if "slopes" in moment:
            return square.loc[order, list(dict.fromkeys(rows["col"]))]
        square = square.loc[order, order]
        return square.combine_first(square.T).loc[order, order]


def load(case_id: str) -> Reference:
    """The reference of one case; a case without its folder fails."""
    found = Reference(case(case_id))
    existing(found.folder / "estimates.csv")
    return found


@cache
def notes() -> pd.DataFrame:
    """What lavaan warned of or could not do: id, stage, kind (warning, error), message."""
    return table(HERE / "notes.csv")
