"""The measurement model by two estimators: loadings with intervals, fit, and where it misses locally."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
from scipy.stats import chi2

from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.effects.effects import standardized
from mkb21sem.infer.globalfit.indices import indices
from mkb21sem.infer.localfit.modification import modification
from mkb21sem.infer.localfit.residuals import residuals

LARGE, MOST = 0.10, 8
"""A correlation residual that is worth a look; rows that are shown of each kind."""
INDICES = ("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr")
MISFIT = ("kind", "lhs", "op", "rhs", "value", "statistic", "p")


def loadings(fits: Mapping[str, Fit]) -> pd.DataFrame:
    """Standardised loadings: construct item, and of each estimator std, low, high, p with its name behind."""
    table: pd.DataFrame | None = None
    for name, found in fits.items():
        rows = standardized(found)
        rows = rows[rows["op"] == "=~"].rename(columns={"lhs": "construct", "rhs": "item"})
        own = rows[["construct", "item", "std", "low", "high", "p"]]
        own = own.rename(columns={column: f"{column}_{name}" for column in ("std", "low", "high", "p")})
        table = own if table is None else table.merge(own, on=["construct", "item"], how="outer", sort=False)
    return pd.DataFrame(columns=["construct", "item"]) if table is None else table.reset_index(drop=True)


def fit_rows(fits: Mapping[str, Fit]) -> pd.DataFrame:
    """Fit of each: estimator n, then the columns of `fit_row`."""
    return pd.DataFrame(
        [{"estimator": name, "n": found.moments.total} | fit_row(found) for name, found in fits.items()]
    )


def fit_row(found: Fit) -> dict[str, float]:
    """χ², df, p, CFI, TLI, RMSEA with interval, SRMR, AIC and BIC; scaled and robust ones where these exist."""
    values = indices(found)
    row = {}
    for name in INDICES:
        kinds = (f"{name}.scaled",) if name in ("chisq", "df", "pvalue") else (f"{name}.robust", f"{name}.scaled")
        usable = [kind for kind in kinds if not math.isnan(values.get(kind, math.nan))]
        row[name.replace("rmsea.ci.", "rmsea_")] = float(values[usable[0]] if usable else values.get(name, math.nan))
    return row | {name: float(values.get(name, math.nan)) for name in ("aic", "bic")}


def no_fit() -> dict[str, float]:
    """The columns of `fit_row` where there is no fit."""
    return dict.fromkeys([*(name.replace("rmsea.ci.", "rmsea_") for name in INDICES), "aic", "bic"], math.nan)


def no_misfit() -> pd.DataFrame:
    """Local misfit where there is no fit."""
    return pd.DataFrame(columns=list(MISFIT))


def misfit(found: Fit) -> pd.DataFrame:
    """Where the model misses: kind lhs op rhs value statistic p, the largest first.

    ``residual`` rows are correlations of the sample less the implied ones, with their z; ``arrow`` rows are arrows
    that the model lacks, with the standardised value that each would get and its modification index.
    """
    gaps = residuals(found, "cor")
    gaps = gaps[(gaps["op"] == "~~") & (gaps["lhs"] != gaps["rhs"]) & (gaps["residual"].abs() > LARGE)]
    gaps = gaps.loc[gaps["residual"].abs().sort_values(ascending=False).index[:MOST]]
    first = gaps.assign(kind="residual", value=gaps["residual"], statistic=gaps["z"])
    added = modification(found).sort_values("mi", ascending=False).head(MOST)
    second = added.assign(kind="arrow", value=added["sepc_all"], statistic=added["mi"], p=chi2.sf(added["mi"], 1))
    parts = [part[list(MISFIT)] for part in (first, second) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else no_misfit()
