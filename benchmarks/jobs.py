"""The benchmark's jobs as this package does them, each timed over several runs."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.survey import continuous, five_point, model, with_holes
from mkb21sem import Model, bootstrap, intervals, synthetic_wave
from mkb21sem.estimate.fit import fit
from mkb21sem.estimate.refits.refit import refits
from mkb21sem.infer.globalfit.indices import indices

N, DRAWS, BCA_DRAWS = 256, 1000, 5000
SIZES = (300, 3_000, 30_000, 300_000)


@cache
def wave() -> tuple[Model, pd.DataFrame]:
    """The default model and a wave of it, complete."""
    spec = Model.read("mkb21")
    return spec, synthetic_wave(1).frame(list(spec.observed)).dropna()


def every_interval(workers: int) -> float:
    """5,000 draws with all intervals of every effect and R² of the default model; returns the test statistic."""
    spec, answers = wave()
    found = fit(spec, answers)
    drawn = bootstrap(found, BCA_DRAWS, seed=1, workers=workers)
    if not drawn.converged.all():
        raise RuntimeError(f"{drawn}")
    if intervals(drawn)["bca_low"].isna().any() or intervals(drawn, "r2")["bca_low"].isna().any():
        raise RuntimeError("some BCa interval is missing")
    return float(found.test.chisq)


@dataclass(frozen=True, slots=True)
class Job:
    """A job, the target for its ratio to lavaan, how often to run it and what to run.

    ``run`` returns the test statistic, so that both programs can be seen to have done the same.
    """

    name: str
    says: str
    target: float
    runs: int
    quick: int
    run: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of each run by the wall clock and of the processor, and the test statistic that came out."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]
    chisq: float


def jobs() -> tuple[Job, ...]:
    """Fit with standard errors, test and indices by each estimator; and the bootstrap's refits."""
    spec, five, holes = model(), five_point(N), with_holes(N)

    def plain() -> float:
        return float(indices(fit(spec, five))["chisq"])

    def robust() -> float:
        return float(indices(fit(spec, five, "MLR"))["chisq.scaled"])

    def ordinal() -> float:
        return float(indices(fit(spec, five, "WLSMV", ordered=True))["chisq.scaled"])

    def holed() -> float:
        return float(indices(fit(spec, holes, "ML", missing="fiml"))["chisq"])

    def holed_fit() -> float:
        return float(fit(spec, holes, "ML", missing="fiml").test.chisq)

    found = fit(spec, five)
    counts = np.random.default_rng(1).multinomial(N, np.full(N, 1 / N), size=DRAWS).astype(float)

    def again() -> float:
        drawn = refits(found, counts)
        if drawn.converged.mean() < 0.95:
            raise RuntimeError(f"only {drawn.converged.sum()} of {DRAWS} refits converged")
        return float("nan")

    return (
        Job("ML", "ML: fit, standard errors, test, indices", 10, 21, 5, plain),
        Job("MLR", "MLR: the same, robust", 20, 21, 5, robust),
        Job("WLSMV", "WLSMV: the same, five-point items as ordinal", 15, 7, 3, ordinal),
        Job("FIML", "FIML: the same as ML, 10% missing", 30, 5, 2, holed),
        Job("FIML fit", "FIML: the same without indices", 30, 5, 2, holed_fit),
        Job("bootstrap", f"{DRAWS:,} bootstrap refits, ML", 50, 3, 1, again),
        Job("bca", f"MKB21: {BCA_DRAWS:,} draws, BCa of all effects and R²", 50, 3, 1, lambda: every_interval(1)),
    )


def timed(run: Callable[[], float], runs: int) -> Timing:
    """Run once to warm up, then `runs` times."""
    chisq, wall, cpu = run(), [], []
    for _ in range(runs):
        clock, processor = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - clock)
        cpu.append(time.process_time() - processor)
    return Timing(tuple(wall), tuple(cpu), chisq)


def rows(runs: int) -> dict[int, Timing]:
    """Timings of an ML fit from a numeric table of each of `SIZES` rows."""
    spec, found = model(), {}
    for n in SIZES:
        answers = continuous(n)
        found[n] = timed(lambda answers=answers: float(fit(spec, answers).test.chisq), runs)  # type: ignore[misc]
    return found


def profile(run: Callable[[], float], lines: int = 3) -> str:
    """Where the time of a job goes: the functions that take most of it themselves, with their shares."""
    with cProfile.Profile() as watch:
        run()
    stats = pstats.Stats(watch)
    whole = stats.total_tt  # type: ignore[attr-defined]
    most = sorted(stats.stats.items(), key=lambda item: -item[1][2])[:lines]  # type: ignore[attr-defined]
    return "; ".join(f"{own[2] / whole:.0%} in `{_place(*where)}` ({own[1]} calls)" for where, own in most)


def _place(file: str, line: int, function: str) -> str:
    return f"{Path(file).name}:{line} {function}" if line else function.strip("<>")
