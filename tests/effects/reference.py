"""Effects as lavaan computes them from formulas, read and never written here (`generate.R` writes them)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mkb21sem import Fit, Model, fit
from tests.lavaan.reference import HERE as LAVAAN
from tests.lavaan.reference import existing

HERE = Path(__file__).parent
SECOND = "\nageyr ~ general\ngrade ~ ageyr + general"
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "pd_ml": ("pd", "pd", {}),
    "pd_mlr": ("pd", "pd", {"estimator": "MLR"}),
    "hs_chain_ml": ("hs_chain", "hs", {}),
    "hs_second_path_ml": ("hs_second", "hs", {}),
    "hs_school_chain_ml": ("hs_chain", "hs", {"group": "school"}),
    "hs_chain_fiml": ("hs_chain", "hs_missing", {"missing": "fiml"}),
    "mkb21_ml": ("mkb21", "mkb21", {}),
    "nonrec_ml": ("nonrec", "nonrec", {}),
    "ord5_path_wlsmv": ("three_path", "ord5", {"estimator": "WLSMV", "ordered": True}),
}


@cache
def fitted(case: str) -> Fit:
    """Our fit of a case, made once."""
    name, answers, options = CASES[case]
    own = LAVAAN / "models" / f"{name}.sem"
    text = (own if own.exists() else LAVAAN.parents[1] / "models" / own.name).read_text(encoding="utf-8")
    text += SECOND if case.startswith("hs_second") else ""
    return fit(Model.parse(text, name=name), pd.read_csv(LAVAAN / "data" / f"{answers}.csv"), **options)


@dataclass(frozen=True)
class State:
    """Where lavaan stopped in a case, with its covariance of the free parameters."""

    case: str

    @property
    def estimates(self) -> pd.DataFrame:
        """The parameter table."""
        return table("estimates").query("case == @self.case").fillna({"rhs": ""})

    def matrix(self, name: str) -> pd.DataFrame:
        """The covariance of the free parameters, in the order of their numbers."""
        rows = table(name).query("case == @self.case")
        lower = np.zeros((rows["row"].max(),) * 2)
        lower[rows["row"] - 1, rows["col"] - 1] = rows["value"]
        return pd.DataFrame(lower + np.tril(lower, -1).T)


@cache
def table(name: str) -> pd.DataFrame:
    """One of the files; its first line names the versions. Empty cells are NaN."""
    return pd.read_csv(existing(HERE / f"{name}.csv"), skiprows=1)
