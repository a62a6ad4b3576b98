"""`calibration.md`, written from `calibration.csv` alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binom

_SMALL = (
    "The sample is small for the model: the mean of χ² lies above its degrees of freedom even where every assumption "
    "holds, and Bartlett's factor takes most of that away."
)
WHY: dict[str, str] = {
    "ML, normal scores": _SMALL,
    "MLR, normal scores": _SMALL + " The scaling corrects for kurtosis, not for n, and is itself estimated.",
    "ML, five points": _SMALL + " Cutting hardly moves the standardised paths: the loadings take the attenuation.",
    "MLR, five points": _SMALL + " Symmetric enough five-point items leave the scaling little to correct.",
    "WLSMV, five points": (
        "Intervals are too short: standard errors are smaller than the estimates' spread, since the polychoric "
        "correlations and the weights come from a small sample; the bias is small beside it. The test keeps its level."
    ),
    "FIML, five points, 10% missing": _SMALL + " Holes leave less information for the same number of parameters.",
}
"""Why a method's rates lie where they do; shown for the methods that leave the band."""


def page(file: Path) -> str:
    """Tables of rates beside their binomial bands, biases and standard errors, and of what fails."""
    made = file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
    rates = read(file)
    lines = [
        "# Calibration",
        "",
        f"Written by `python -m benchmarks.calibrate` ({made}): {rates['replications'].max():,} replications. "
        "The command does 2,000 unless `--minutes` ends it early. All methods see the same samples, so what a sample "
        "does by chance shows in all of them.",
        "",
        "Samples of 256 users from the population of the default model (`mkb21sem/survey/population.csv`): normal "
        "scores, or the 21 indicators cut to five points at −1.4, −0.6, 0.2 and 1.1 standard deviations, with `OMV01`, "
        "`MKT02`, `INTENS` and `TOE_M` left continuous. Missing: 10% of all cells, completely at random. Judged are "
        "the 95% intervals of standardised paths (delta method) against the population's, and the test of fit at .05 "
        "(standard for ML, scaled for the others). The model is true; a right method stays within the band, "
        "which holds 95% of the rates of such a method, so about one rate in twenty leaves it by chance. `!` marks a "
        f"rate outside its band, `!!` one outside the band that holds all {len(rates)} rates of right methods at once "
        "with 95% probability.",
        "",
        *_tests(rates),
        "",
        *_coverage(rates),
        "",
        *_spread(rates),
        "",
        *_failures(rates),
        "",
    ]
    return "\n".join(lines)


def read(file: Path) -> pd.DataFrame:
    """The rates, with their marks."""
    rates = pd.read_csv(file, comment="#")
    return rates.assign(mark=_marks(rates))


def _marks(rates: pd.DataFrame) -> list[str]:
    tail = 0.025 / len(rates)
    least, most = (binom.ppf(q, rates["usable"], rates["nominal"]) / rates["usable"] for q in (tail, 1 - tail))
    far = (rates["rate"] < least - 1e-6) | (rates["rate"] > most + 1e-6)
    out = (rates["rate"] < rates["low"] - 1e-6) | (rates["rate"] > rates["high"] + 1e-6)
    return [str(mark) for mark in np.select([far, out], ["!!", "!"], "")]


def _percent(rate: float, mark: str = "") -> str:
    return f"{100 * rate:.1f} {mark}".strip()


def _band(row: pd.Series) -> str:
    return f"{100 * row['low']:.1f}–{100 * row['high']:.1f}"


def _tests(rates: pd.DataFrame) -> list[str]:
    lines = [
        "## Test of fit: rejections of the true model, %",
        "",
        "| method | replications | converged | rejected | band | mean χ²/df | rejected with Bartlett's (1950) factor |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for _, row in rates[rates["what"] == "test of fit"].iterrows():
        counts = (row["arm"], row["replications"], row["usable"], _percent(row["rate"], row["mark"]), _band(row))
        cells = (*counts, f"{row['mean']:.3f}", "" if np.isnan(row["corrected"]) else _percent(row["corrected"]))
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def _coverage(rates: pd.DataFrame) -> list[str]:
    paths = rates[rates["what"] != "test of fit"]
    arms = list(dict.fromkeys(paths["arm"]))
    lines = ["## Coverage of 95% intervals, %", "", _line("path", "population", *arms)]
    lines.append("|---|---:|" + "---:|" * len(arms))
    for what, rows in paths.groupby("what", sort=False):
        shown = rows.set_index("arm").loc[arms]
        cells = [_percent(row["rate"], row["mark"]) for _, row in shown.iterrows()]
        lines.append(_line(f"`{what}`", f"{shown['population'].iloc[0]:.2f}", *cells))
    means = paths.groupby("arm")["rate"].mean()
    lines.append(_line("mean", "", *(_percent(means[arm]) for arm in arms)))
    bands = paths.drop_duplicates("arm").set_index("arm")
    return [*lines, _line("band", "", *(_band(bands.loc[arm]) for arm in arms))]


def _spread(rates: pd.DataFrame) -> list[str]:
    paths = rates[rates["what"] != "test of fit"]
    arms = list(dict.fromkeys(paths["arm"]))
    lines = [
        "## Bias, and mean standard error over standard deviation of the estimates",
        "",
        "An interval fails because its middle is off (bias) or because it is too short (a ratio below 1).",
        "",
        _line("path", *arms),
        "|---|" + "---:|" * len(arms),
    ]
    for what, rows in paths.groupby("what", sort=False):
        shown = rows.set_index("arm").loc[arms]
        cells = (f"{row['bias']:+.3f}, {row['se'] / row['sd']:.2f}" for _, row in shown.iterrows())
        lines.append(_line(f"`{what}`", *cells))
    return lines


def _failures(rates: pd.DataFrame) -> list[str]:
    lines = ["## Where each method fails", "", "| method | rates | outside | beyond chance | which | why |"]
    lines.append("|---|---:|---:|---:|---|---|")
    for arm, rows in rates.groupby("arm", sort=False):
        out, far = rows[rows["mark"] != ""], rows[rows["mark"] == "!!"]
        named = (
            f"{'`' + row['what'] + '`' if '~' in row['what'] else row['what']} {_percent(row['rate'], row['mark'])}"
            for _, row in out.iterrows()
        )
        why = WHY.get(str(arm), "") if len(out) else ""
        lines.append(_line(str(arm), str(len(rows)), str(len(out)), str(len(far)), ", ".join(named), why))
    return lines


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
