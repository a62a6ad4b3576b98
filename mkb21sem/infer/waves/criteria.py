"""Published limits on how much a fit index may worsen from rung to rung, with source and criticism.

No fixed limit is consistent: what it lets pass depends on the numbers of items, constructs and groups and on the
items' scale. The table shows them beside the difference test, and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Criterion:
    """One limit.

    Attributes
    ----------
    rungs
        Rungs it is about.
    index
        cfi, rmsea or srmr.
    limit
        Largest worsening: by how much CFI may fall, RMSEA or SRMR rise.
    source, criticism
        Who proposed it, and its known weakness.
    """

    rungs: tuple[str, ...]
    index: str
    limit: float
    source: str
    criticism: str


_METRIC, _SCALAR = ("metric", "loadings"), ("scalar", "strict", "intercepts", "residuals", "thresholds")
_ALL = _METRIC + _SCALAR
_NORMAL = "derived for two groups of normal items by maximum likelihood; not consistent as N grows"
_CHEN = f"{_NORMAL}; meant for N above 300 in groups of like size, for less it takes half or two thirds of this"
_MANY = "derived for ten and more groups of large size by maximum likelihood; lenient for few groups"
_ORDINAL = "few simulations behind it; changes of fit indices under WLSMV depend on thresholds and categories"

CRITERIA = (
    Criterion(_ALL, "cfi", 0.010, "Cheung & Rensvold 2002", _NORMAL),
    Criterion(_ALL, "cfi", 0.010, "Chen 2007", _CHEN),
    Criterion(_ALL, "rmsea", 0.015, "Chen 2007", _CHEN),
    Criterion(_METRIC, "srmr", 0.030, "Chen 2007", _CHEN),
    Criterion(_SCALAR, "srmr", 0.010, "Chen 2007", _CHEN),
    Criterion(_METRIC, "cfi", 0.020, "Rutkowski & Svetina 2014", _MANY),
    Criterion(_METRIC, "rmsea", 0.030, "Rutkowski & Svetina 2014", _MANY),
    Criterion(_SCALAR, "cfi", 0.010, "Rutkowski & Svetina 2014", _MANY),
    Criterion(_SCALAR, "rmsea", 0.010, "Rutkowski & Svetina 2014", _MANY),
    Criterion(("thresholds", "loadings", "intercepts"), "cfi", 0.004, "Svetina, Rutkowski & Rutkowski 2020", _ORDINAL),
    Criterion(
        ("thresholds", "loadings", "intercepts"), "rmsea", 0.010, "Svetina, Rutkowski & Rutkowski 2020", _ORDINAL
    ),
)


def verdicts(table: pd.DataFrame, ordinal: bool) -> pd.DataFrame:
    """Each rung against each criterion that is about it.

    Parameters
    ----------
    table
        Of a ladder.
    ordinal
        Whether items are ordinal: the scaled indices are compared then, else the robust ones where they exist.

    Returns
    -------
    DataFrame
        rung index version change limit passes source criticism. ``change`` is positive where the fit is worse;
        ``passes`` is missing where there is no number.
    """
    lines = []
    for row in table.to_dict("records")[1:]:
        for each in CRITERIA:
            if row["rung"] not in each.rungs:
                continue
            version = "" if each.index == "srmr" else "_scaled" if ordinal else "_robust"
            change = float(row[f"d_{each.index}{version}"]) * (-1 if each.index == "cfi" else 1)
            passes = None if np.isnan(change) else bool(change <= each.limit)
            lines.append((row["rung"], each.index, version[1:] or "plain", change, each.limit, passes, each.source,
                          each.criticism))  # fmt: skip
    columns = ["rung", "index", "version", "change", "limit", "passes", "source", "criticism"]
    return pd.DataFrame(lines, columns=columns)
