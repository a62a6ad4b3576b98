"""`wave_calibration.md`, written from `wave_calibration.csv` alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binom, norm

from mkb21sem.survey.synthetic_waves import YEARS, planted, true_means

ITEMS = 13
CONSTRUCTS = ("CUL", "OMG", "REP")


def page(file: Path) -> str:
    """The results in words and tables.

    Parameters
    ----------
    file
        What `wave_calibration` wrote.
    """
    table = pd.read_csv(file, keep_default_na=True)
    table["released"] = table["released"].fillna("")
    failed = int(table["error"].notna().sum())
    seeds, n = table["seed"].nunique(), int(table["n"].iloc[0])
    lines = [
        "# Calibration of the comparison of waves",
        "",
        f"{seeds} seeds (from {table['seed'].min()}), three synthetic waves of {n} users, 13 five-point items of three "
        f"constructs. {failed} of {len(table)} runs failed and count as wrong nowhere but here. Processor time "
        f"{table['seconds'].sum() / 60:.1f} minutes. Nothing about real firms follows from this.",
        "",
        "## Planted items",
        "",
        "Found: released in the right wave. False: an unchanged item and wave released, as a share of all "
        f"{len(YEARS) * ITEMS - len(_planted())} unchanged ones, and of those of each wave.",
        "",
        _found(table),
        "",
        "## Drift",
        "",
        "Latent means after release, in SDs of 2012: mean error, and how often the 95% interval holds the truth "
        f"(between {_band(0.95, seeds)} by chance in 99 of 100 calibrations).",
        "",
        _drift(table),
        "",
        "## Without anything planted",
        "",
        f"How often the difference test of a rung rejects at 5% (between {_band(0.05, seeds)} by chance in 99 of 100 "
        "calibrations), and how many seeds had any item released.",
        "",
        _null(table),
        "",
    ]
    return "\n".join(lines)


def _planted() -> set[str]:
    return {f"{item}@{year}" for item, year in planted()}


def _band(rate: float, n: int) -> str:
    low, high = binom.interval(0.99, n, rate)
    return f"{low / n:.3f} and {high / n:.3f}"


def _found(table: pd.DataFrame) -> str:
    lines = ["| ladder | planted | found |", "|---|---|---|"]
    falsely = ["| ladder | items | false releases | share |", "|---|---|---|---|"]
    for ladder, part in table[table["planted"]].groupby("ladder"):
        released = [set(text.split()) for text in part["released"]]
        for each in sorted(_planted()):
            lines.append(f"| {ladder} | {each} | {np.mean([each in r for r in released]):.3f} |")
        for year in YEARS:
            unchanged = ITEMS - sum(each.endswith(f"@{year}") for each in _planted())
            count = sum(len({x for x in r - _planted() if x.endswith(f"@{year}")}) for r in released)
            falsely.append(f"| {ladder} | unchanged, {year} | {count} | {count / unchanged / len(part):.4f} |")
    return "\n".join([*lines, "", *falsely])


def _drift(table: pd.DataFrame) -> str:
    truth = true_means()
    z = norm.isf(0.025)
    lines = ["| ladder | construct | year | truth | mean error | SD | mean SE | coverage | n |", "|" + "---|" * 9]
    for ladder, part in table[table["planted"]].groupby("ladder"):
        for name in CONSTRUCTS:
            for year in YEARS[1:]:
                known = part.dropna(subset=f"mean_{name}_{year}")
                gap = known[f"mean_{name}_{year}"] - truth.loc[name, year]
                se = known[f"se_{name}_{year}"]
                inside = float((gap.abs() < z * se).mean())
                lines.append(
                    f"| {ladder} | {name} | {year} | {truth.loc[name, year]:.3f} | {gap.mean():+.3f} | {gap.std():.3f} "
                    f"| {se.mean():.3f} | {inside:.3f} | {len(known)} |"
                )
    return "\n".join(lines)


def _null(table: pd.DataFrame) -> str:
    lines = ["| ladder | rung | rejected | n |", "|---|---|---|---|"]
    after = ["| ladder | seeds with a release | false releases a wave and item |", "|---|---|---|"]
    for ladder, part in table[~table["planted"]].groupby("ladder"):
        for name in [c for c in part.columns if c.startswith("p_") and part[c].notna().any()]:
            p = part[name].dropna()
            lines.append(f"| {ladder} | {name[2:]} | {(p < 0.05).mean():.3f} | {len(p)} |")
        count = [len(text.split()) for text in part["released"]]
        after.append(
            f"| {ladder} | {np.mean([c > 0 for c in count]):.3f} | {np.mean(count) / ITEMS / len(YEARS):.5f} |"
        )
    return "\n".join([*lines, "", *after])
