"""Reference numbers that `generate.R` took from lavaan and semTools, read and never written here."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from mkb21sem import Fit, Model, fit
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.solve import loss_of
from tests.lavaan.reference import HERE as LAVAAN

HERE = Path(__file__).parent


@cache
def table(name: str) -> pd.DataFrame:
    """One file of reference numbers; numbers are floats, everything else is text."""
    file = HERE / f"{name}.csv"
    if not file.is_file():
        raise FileNotFoundError(f"{file.name} is missing; `make reference` writes it (needs R with lavaan, semTools)")
    written = pd.read_csv(file, skiprows=1, dtype=str, keep_default_na=False)
    return written.apply(_numbers)


def _numbers(column: pd.Series) -> pd.Series:
    try:
        return column.where(column != "", "nan").astype(float)
    except ValueError:
        return column


@cache
def pairs() -> pd.DataFrame:
    """pairs.csv: which two models are compared, on what and how."""
    return pd.read_csv(HERE / "pairs.csv", dtype=str, keep_default_na=False).set_index("id")


@cache
def answers(name: str) -> pd.DataFrame:
    """A table of tests/lavaan/data."""
    return pd.read_csv(LAVAAN / "data" / f"{name}.csv")


def model(name: str) -> Model:
    """A spec of tests/planning/models, the same file that R read."""
    return Model.parse((HERE / "models" / f"{name}.sem").read_text(encoding="utf-8"), name)


@cache
def fitted(pair: str, which: str) -> Fit:
    """Our fit of the smaller or the larger model of a pair, made once."""
    row = pairs().loc[pair]
    options = {name: row[name] for name in ("missing", "group", "parameterization") if row[name]}
    if row[f"equal_{which}"]:
        options["equal"] = tuple(row[f"equal_{which}"].split())
    if row["ordered"]:
        options["ordered"] = True if row["ordered"] == "all" else tuple(row["ordered"].split())
    return fit(model(row[which]), answers(row["data"]), row["estimator"], **options)


@cache
def theirs(pair: str, which: str) -> Fit:
    """Our fit of a model, moved to lavaan's estimates: then only formulas can differ."""
    found, est = fitted(pair, which), table("estimates")
    rows = est[(est["id"] == pair) & (est["which"] == which)]
    known = {_key(r.lhs, r.op, r.rhs, int(r.group)): r.est for r in rows.itertuples()}
    arrows = [(row.arrow, row.group) for row in found.layout.rows]
    cells = np.array(
        [known[_key(a.lhs, "~1", "", g) if a.rhs == "1" else _key(a.lhs, a.op, a.rhs, g)] for a, g in arrows]
    )
    free = np.array([row.free for row in found.layout.rows])
    K = found.layout.K.reshape(-1, found.layout.k)[free]
    theta, *_ = np.linalg.lstsq(K, cells[free] - found.layout.offset.ravel()[free], rcond=None)
    loss = loss_of(found.estimator, found.layout, found.moments)
    value = float(loss.value(theta[None])[0])
    at = Inference(found.estimator, found.layout, loss, found.moments, theta, cells.reshape(found.cells.shape), value)
    return replace(found, theta=theta, cells=at.cells, test=at.standard(), scaled=at.scaled())


def _key(lhs: str, op: str, rhs: str, group: int) -> str:
    return f"{'~~'.join(sorted((lhs, rhs)))}.{group}" if op == "~~" else f"{lhs}{op}{rhs}.{group}"
