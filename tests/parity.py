"""Put a fit of ours beside lavaan's answer to the same case, row by row."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from mkb21sem import Model, fit
from mkb21sem.estimate.fit import Fit
from mkb21sem.linalg import Array
from tests.lavaan.reference import Case, Reference, case, cases, data


def chosen(**wanted: object) -> list[str]:
    """Ids of the cases whose fields have the wanted values (a tuple means: one of these)."""

    def fits(one: Case) -> bool:
        pairs = ((getattr(one, name), value) for name, value in wanted.items())
        return all(given in value if isinstance(value, set) else given == value for given, value in pairs)

    return [one.id for one in cases() if fits(one) and "none" not in one.outputs]


@cache
def fitted(case_id: str) -> Fit:
    """Our fit of the case, made once."""
    one = case(case_id)
    options = one.options()
    if options.get("missing") == "listwise":
        options.pop("missing")
    return fit(Model.parse(one.spec, name=one.model), data(one), **options)


def theirs(found: Fit, reference: Reference) -> pd.DataFrame:
    """lavaan's table in the order of our rows; every row of ours must be one of theirs."""
    table = reference.estimates
    table = table[table["op"].isin(["=~", "~", "~~", "~1", "|", "~*~"])].copy()
    table["key"] = _keys(table["lhs"], table["op"], table["rhs"], table["group"].astype(int))
    ours = found.table()
    group = [row.group for row in found.layout.rows]
    keys = _keys(ours["lhs"], ours["op"], ours["rhs"], group)
    return table.set_index("key").loc[keys]


def _keys(lhs: pd.Series, op: pd.Series, rhs: pd.Series, group: object) -> list[str]:
    rows = zip(lhs, op, rhs, group, strict=True)
    return [f"{'~~'.join(sorted((a, b)))}.{g}" if o == "~~" else f"{a}{o}{b}.{g}" for a, o, b, g in rows]


def theta_of(found: Fit, reference: Reference) -> Array:
    """lavaan's estimates as our free parameters (k,)."""
    layout = found.layout
    K = layout.K.reshape(-1, layout.k)
    cells = theirs(found, reference)["est"].to_numpy(float)
    free = np.array([row.free for row in layout.rows])
    theta, *_ = np.linalg.lstsq(K[free], cells[free] - layout.offset.ravel()[free], rcond=None)
    return theta


def free_rows(found: Fit, reference: Reference) -> tuple[Array, Array]:
    """Places of free rows in our table, and in lavaan's numbering of free parameters."""
    number = theirs(found, reference)["free"].to_numpy(int)
    ours = np.flatnonzero(number > 0)
    return ours, number[ours] - 1
