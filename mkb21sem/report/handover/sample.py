"""The sample of a fit as files that other programs read: rows, or moments only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import Fit


def missing_option(found: Fit) -> str:
    """What ``missing=`` of the fit was, as its moments show: listwise, fiml or pairwise."""
    if found.moments.patterns:
        return "fiml"
    return "pairwise" if any(not np.isfinite(y).all() for y in found.moments.rows) else "listwise"


def rows_frame(found: Fit) -> pd.DataFrame:
    """The rows that the fit used: one a respondent, with ``group`` and ``weight`` where there are any.

    Raises
    ------
    OptionError
        The fit is of printed moments.
    """
    sample = found.moments
    if not sample.rows:
        raise OptionError("the fit is of printed moments; there are no rows to hand over. Use --data moments.")
    parts = []
    for g, y in enumerate(sample.rows):
        part = pd.DataFrame(y, columns=list(sample.names))
        if len(sample.groups) > 1:
            part["group"] = sample.groups[g]
        if sample.weights:
            part["weight"] = sample.weights[g]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def write_rows(found: Fit, folder: Path) -> None:
    """respondents.csv with a header, an empty cell for a missing answer."""
    rows_frame(found).to_csv(folder / "respondents.csv", index=False)


def write_moments(found: Fit, folder: Path) -> None:
    """Covariances (divisor n − 1) and means of each group: cov.csv and mean.csv, numbered where there are several."""
    sample = found.moments
    names = list(sample.names)
    for g in range(len(sample.groups)):
        ending = f"_{g + 1}" if len(sample.groups) > 1 else ""
        n = float(sample.n[g])
        cov = pd.DataFrame(sample.cov[g] * n / (n - 1), index=names, columns=names)
        cov.to_csv(folder / f"cov{ending}.csv", float_format="%.17g")
        if sample.mean is not None:
            means = pd.DataFrame({"variable": names, "mean": sample.mean[g]})
            means.to_csv(folder / f"mean{ending}.csv", index=False, float_format="%.17g")


def write_statistics(found: Fit, folder: Path) -> None:
    """A pack for re-analysis: moments, thresholds and the asymptotic covariance of ordinal statistics.

    acov.csv is the covariance matrix of the estimated thresholds, means, variances and correlations (already divided
    by n), under lavaan's names: ``u1|t1``, ``u7~1``, ``u1~~u2``.
    """
    write_moments(found, folder)
    sample = found.moments
    for g, ordinal in enumerate(sample.ordinal):
        ending = f"_{g + 1}" if len(sample.groups) > 1 else ""
        rows = [
            {"item": name, "threshold": k + 1, "value": value}
            for name, taus in zip(sample.names, sample.thresholds[g], strict=True)
            for k, value in enumerate(taus)
        ]
        pd.DataFrame(rows).to_csv(folder / f"thresholds{ending}.csv", index=False, float_format="%.17g")
        acov = pd.DataFrame(ordinal.gamma / float(sample.n[g]), index=ordinal.names, columns=ordinal.names)
        acov.to_csv(folder / f"acov{ending}.csv", float_format="%.17g")


def write_estimates(found: Fit, folder: Path) -> None:
    """estimates.csv: lhs op rhs group est se under lavaan's conventions, groups numbered from 1."""
    table = found.table()
    groups = {name: g + 1 for g, name in enumerate(found.moments.groups)}
    shown = [not (row.sample or row.derived) for row in found.layout.rows]
    out = table.loc[shown, ["lhs", "op", "rhs", "group", "est", "se"]].assign(
        group=[groups[name] for name in table.loc[shown, "group"]]
    )
    out.to_csv(folder / "estimates.csv", index=False, float_format="%.17g")
