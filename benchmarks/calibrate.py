"""Do 95% intervals cover in 95% of samples, and does the test of fit reject 5% of true models?

    python -m benchmarks.calibrate [--replications 2000] [--seed 2012] [--workers 1] [--minutes M]

Draws samples of 256 users from the population of the default model, cuts its 21 indicators to five points at
fixed thresholds, and fits the default model to each. Writes `calibration.csv` and, from that file alone,
`calibration.md`. A replication's draws depend on the seed and its number only, so the number of workers changes
nothing, and a run that `--minutes` ends early gives the first replications of the whole one.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import scipy
from scipy.stats import binom, chi2

from benchmarks.calibration_page import page
from benchmarks.survey import THRESHOLDS
from mkb21sem.errors import Mkb21Error
from mkb21sem.estimate.fit import fit
from mkb21sem.infer.effects.effects import standardized
from mkb21sem.specify.model import Model
from mkb21sem.survey.population import population
from mkb21sem.survey.synthetic import draw_continuous

HERE = Path(__file__).parent
SEED, REPLICATIONS, N = 2012, 2000, 256
CONTINUOUS = ("OMV01", "MKT02", "INTENS", "TOE_M")
MISSING = 0.10
LEVEL, SIZE = 0.95, 0.05
DF = 254
"""Of the default model: 25 · 26 / 2 moments, 71 parameters."""
SMALL_SAMPLE = 1 - (2 * 25 + 4 * 5 + 5) / (6 * (N - 1))
"""Bartlett's (1950) factor for χ² of 5 factors of 25 variables, made for exploratory factor analysis."""
COLUMNS = [
    *("arm", "what", "population", "replications", "usable", "mean", "bias", "sd", "se"),
    *("hits", "rate", "nominal", "low", "high", "corrected"),
]


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of answering, and one way of estimating from the answers."""

    name: str
    answers: str
    estimator: str
    missing: str = "listwise"
    ordinal: bool = False


ARMS = (
    Arm("ML, normal scores", "normal", "ML"),
    Arm("MLR, normal scores", "normal", "MLR"),
    Arm("ML, five points", "five", "ML"),
    Arm("MLR, five points", "five", "MLR"),
    Arm("WLSMV, five points", "five", "WLSMV", ordinal=True),
    Arm("FIML, five points, 10% missing", "holes", "MLR", missing="fiml"),
)


def model() -> Model:
    return Model.read("mkb21")


def paths() -> pd.DataFrame:
    """Standardised population values of the structural paths: lhs op rhs value."""
    values = population()
    return values[values["op"] == "~"].reset_index(drop=True)


def indicators() -> list[str]:
    return [name for name in model().observed if name not in CONTINUOUS]


def drawn(child: np.random.SeedSequence, n: int = N) -> dict[str, pd.DataFrame]:
    """One sample in three forms: normal scores, indicators on five points, and those with holes."""
    scores_seed, holes_seed = child.spawn(2)
    normal = draw_continuous(int(scores_seed.generate_state(1, np.uint64)[0]), n)
    cut = indicators()
    five = normal.assign(**{item: np.searchsorted(THRESHOLDS, normal[item]) + 1.0 for item in cut})
    holes = five.mask(np.random.default_rng(holes_seed).random(five.shape) < MISSING)
    return {"normal": normal, "five": five, "holes": holes}


def replicate(child: np.random.SeedSequence) -> np.ndarray:
    """One replication: (arms, 1 + 2 paths) of p, standardised paths, their standard errors; NaN: not converged."""
    samples = drawn(child)
    return np.array([_estimated(arm, samples[arm.answers]) for arm in ARMS])


def _estimated(arm: Arm, answers: pd.DataFrame) -> np.ndarray:
    wanted = list(paths()[["lhs", "op", "rhs"]].itertuples(index=False, name=None))
    nothing = np.full(1 + 2 * len(wanted), np.nan)
    ordered = indicators() if arm.ordinal else None
    try:
        found = fit(model(), answers, arm.estimator, missing=arm.missing, ordered=ordered)
    except Mkb21Error:
        return nothing
    if not found.converged or found.cause:
        return nothing
    std = standardized(found, level=LEVEL).set_index(["lhs", "op", "rhs"]).loc[wanted]
    return np.array([(found.scaled or found.test).pvalue, *std["std"], *std["se"]])


def simulate(replications: int, seed: int = SEED, workers: int = 1, minutes: float = np.inf) -> np.ndarray:
    """Replications × arms × (1 + 2 paths); fewer replications than asked for if time runs out."""
    children = np.random.SeedSequence(seed).spawn(replications)
    until = time.monotonic() + 60 * minutes
    rows: list[np.ndarray] = []
    for row in _stream(children, workers):
        rows.append(row)
        if len(rows) % 100 == 0:
            print(f"{len(rows)} of {replications} replications", flush=True)
        if time.monotonic() > until:
            break
    return np.array(rows)


def _stream(children: list[np.random.SeedSequence], workers: int) -> Iterator[np.ndarray]:
    if workers == 1:
        yield from map(replicate, children)
    else:
        jobs = joblib.Parallel(n_jobs=workers, return_as="generator")
        yield from jobs(joblib.delayed(replicate)(child) for child in children)


def summary(rows: np.ndarray) -> pd.DataFrame:
    """A row for each arm and path (coverage) and each arm's test of fit (rejection rate), with its binomial band.

    Parameters
    ----------
    rows : (replications, arms, 1 + 2 paths)
        As `simulate` returns them.

    Returns
    -------
    DataFrame
        arm what population replications usable mean bias sd se hits rate nominal low high corrected. ``hits`` of
        the usable replications covered, or rejected; low and high hold 95% of the rates of a right method. For the
        test ``mean`` is that of χ²/df, and ``corrected`` the rate with Bartlett's factor (normal likelihood only).
    """
    truth = paths()
    k = len(truth)
    lines = []
    for i, arm in enumerate(ARMS):
        p, std, se = rows[:, i, 0], rows[:, i, 1 : 1 + k], rows[:, i, 1 + k :]
        usable = np.isfinite(p) & np.isfinite(se).all(axis=1)
        half = 1.959963984540054 * se[usable]
        covers = np.abs(std[usable] - truth["value"].to_numpy()) <= half
        b = int(usable.sum())
        counts = {"arm": arm.name, "replications": len(rows), "usable": b}
        rejects, chisq = int((p[usable] < SIZE).sum()), chi2.isf(p[usable], DF)
        corrected = np.nan if arm.ordinal else (chi2.sf(chisq * SMALL_SAMPLE, DF) < SIZE).mean()
        test = {"what": "test of fit", "mean": chisq.mean() / DF, "corrected": corrected}
        lines.append(counts | test | _rate(rejects, b, SIZE))
        for j, path in enumerate(truth.itertuples()):
            spread = {
                "what": f"{path.lhs} ~ {path.rhs}",
                "population": path.value,
                "mean": std[usable, j].mean(),
                "bias": std[usable, j].mean() - path.value,
                "sd": std[usable, j].std(ddof=1),
                "se": se[usable, j].mean(),
            }
            lines.append(counts | spread | _rate(int(covers[:, j].sum()), b, LEVEL))
    return pd.DataFrame(lines)[COLUMNS]


def _rate(hits: int, of: int, nominal: float) -> dict[str, float]:
    low, high = binom.ppf([0.025, 0.975], of, nominal) / of
    return {"hits": hits, "rate": hits / of, "nominal": nominal, "low": low, "high": high}


def save(table: pd.DataFrame, seed: int, folder: Path = HERE) -> None:
    """Write `calibration.csv` with a first line that says how it was made, and `calibration.md` from it."""
    versions = ", ".join(f"{m.__name__} {m.__version__}" for m in (np, scipy, pd))
    made = f"# seed {seed}; {date.today()}; N = {N}; Python {platform.python_version()}, {versions}\n"
    (folder / "calibration.csv").write_text(made + table.to_csv(index=False, float_format="%.6g"), encoding="utf-8")
    (folder / "calibration.md").write_text(page(folder / "calibration.csv"), encoding="utf-8")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--replications", type=int, default=REPLICATIONS)
    ask.add_argument("--seed", type=int, default=SEED)
    ask.add_argument("--workers", type=int, default=1)
    ask.add_argument("--minutes", type=float, default=np.inf, help="stop after so many minutes")
    ask.add_argument("--folder", type=Path, default=HERE, help="where calibration.csv and calibration.md go")
    told = ask.parse_args()
    rows = simulate(told.replications, told.seed, told.workers, told.minutes)
    save(summary(rows), told.seed, told.folder)


if __name__ == "__main__":
    main()
