"""How often is a verdict wrong, and how often is a true zero called practically zero?

    python -m benchmarks.verdict_calibration [--replications 1000] [--seed 2100] [--workers 1] [--minutes M]

Draws samples from the population of the default model, in which the nine arrows that the text does not name are zero,
adds these arrows to the model, and judges them. Writes `verdict_calibration.csv` and, from that file alone,
`verdict_calibration.md`. Replication i has the seed `seed + i` in every arm; a run that `--minutes` ends early gives
the first replications of the whole one.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import scipy
from scipy.stats import binom

from benchmarks.verdict_page import page
from mkb21sem.errors import Mkb21Error
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.infer.judging.equivalence import equivalence_power
from mkb21sem.infer.judging.verdicts import verdicts
from mkb21sem.infer.judging.zeros import joint_tests
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.survey.population import coefficients
from mkb21sem.survey.synthetic import draw_continuous, synthetic_wave

HERE = Path(__file__).parent
SEED, REPLICATIONS = 2100, 1000
ALPHA, BAND = 0.05, 0.99
COLUMNS = [
    "arm",
    "question",
    "what",
    "truth",
    "replications",
    "usable",
    "hits",
    "rate",
    "nominal",
    "low",
    "high",
    "inside",
]
TESTS = ("score", "robust score", "Wald", "difference")


@dataclass(frozen=True, slots=True)
class Arm:
    """One kind of sample, and one way of estimating from it."""

    name: str
    n: int
    estimator: str
    synthetic: bool = False


ARMS = (
    Arm("synthetic waves, MLR", 256, "MLR", synthetic=True),
    Arm("normal scores, MLR", 256, "MLR"),
    Arm("normal scores, ML", 1000, "ML"),
)


@cache
def model() -> Model:
    return Model.read("mkb21")


@cache
def zeros() -> tuple[Hypothesis, ...]:
    """The arrows that are zero in the population, as two-sided primary hypotheses."""
    return tuple(replace(zero, family="primary") for zero in Hypothesis.read_zeros("mkb21"))


@cache
def with_zeros() -> Model:
    """The default model with these arrows."""
    return Model.parse("\n".join([str(model()), *(f"{z.outcome} ~ {z.source}" for z in zeros())]), name="with zeros")


@cache
def claims() -> tuple[Hypothesis, ...]:
    return Hypothesis.read("mkb21")


def truth(claim: Hypothesis) -> float:
    """The population's value: the product of its arrows."""
    values = {(c.rhs, c.lhs): c.value for c in coefficients() if c.op == "~"}
    return float(np.prod([values[step] for step in claim.steps]))


def questions() -> list[tuple[str, str, float, float]]:
    """What is counted in every replication: question, what, true value, and the rate of a right method.

    NaN: no rate is right (power), or the right one depends on the standard error.
    """
    nan = float("nan")
    one = [
        (question, z.path, 0.0, nominal)
        for question, nominal in (
            ("supported, no sign", ALPHA),
            ("supported, sign +", ALPHA),
            ("opposite, sign +", ALPHA / 2),
            ("practically zero", nan),
        )
        for z in zeros()
    ]
    family = [(f"any supported, {method}", "nine zeros", 0.0, ALPHA) for method in ("Holm", "Benjamini–Hochberg")]
    joint = [("joint test", test, 0.0, ALPHA) for test in TESTS]
    edge = [("practically zero at the limit", c.path, truth(c), ALPHA) for c in _at_the_limit()]
    found = [("supported", c.path, truth(c), nan) for c in claims()]
    return [*one, *family, *joint, *edge, *found]


def _at_the_limit() -> list[Hypothesis]:
    """Hypotheses whose true value is the smallest of interest, so that "practically zero" is wrong."""
    return [c for c in claims() if not c.through and np.isclose(truth(c), c.sesoi)]


def replicate(number: int, seed: int = SEED) -> np.ndarray:
    """One replication: (arms, 2, questions) of what was counted, and of the chance that a right method counts it."""
    return np.array([_counted(arm, seed + number) for arm in ARMS])


def _counted(arm: Arm, seed: int) -> np.ndarray:
    nothing = np.full((2, len(questions())), np.nan)
    sample = synthetic_wave(seed) if arm.synthetic else draw_continuous(seed, arm.n)
    try:
        smaller, larger = (fit(m, sample, arm.estimator) for m in (model(), with_zeros()))
    except Mkb21Error:
        return nothing
    if not all(np.isfinite(found.vcov).all() for found in (smaller, larger)):
        return nothing
    return np.array([*zip(*_rows(smaller, larger), strict=True)], dtype=float)


def _rows(smaller: Fit, larger: Fit) -> Iterator[tuple[float, float]]:
    """Hit and chance of each question, in their order."""
    nan = float("nan")
    # In a family of one nothing is adjusted: the verdict is that of p_test, and of p_equivalence.
    plain, secondary = (verdicts(larger, [replace(z, family=f) for z in zeros()]) for f in ("primary", "secondary"))
    signed = verdicts(larger, [replace(z, sign="+") for z in zeros()])
    yield from ((v.p_test < ALPHA, nan) for v in plain)
    yield from ((v.p_test < ALPHA, nan) for v in signed)
    yield from ((v.as_expected is False and v.p < ALPHA, nan) for v in signed)
    yield from ((v.p_equivalence < ALPHA, equivalence_power(v.std_se, v.hypothesis.sesoi)) for v in plain)
    yield from ((any(v.verdict == "supported" for v in judged), nan) for judged in (plain, secondary))
    joint = joint_tests(smaller, larger, zeros()).set_index("test")["p"]
    yield from ((p < ALPHA if p == p else nan, nan) for p in joint[list(TESTS)])
    yield from ((v.p_equivalence < ALPHA, nan) for v in verdicts(smaller, _at_the_limit()))
    yield from ((v.verdict == "supported", nan) for v in verdicts(smaller, claims()))


def simulate(replications: int, seed: int = SEED, workers: int = 1, minutes: float = np.inf) -> np.ndarray:
    """(replications, arms, 2, questions); fewer replications than asked for if time runs out."""
    until = time.monotonic() + 60 * minutes
    rows: list[np.ndarray] = []
    for row in _stream(replications, seed, workers):
        rows.append(row)
        if len(rows) % 100 == 0:
            print(f"{len(rows)} of {replications} replications", flush=True)
        if time.monotonic() > until:
            break
    return np.array(rows)


def _stream(replications: int, seed: int, workers: int) -> Iterator[np.ndarray]:
    if workers == 1:
        yield from (replicate(i, seed) for i in range(replications))
    else:
        jobs = joblib.Parallel(n_jobs=workers, return_as="generator")
        yield from jobs(joblib.delayed(replicate)(i, seed) for i in range(replications))


def summary(rows: np.ndarray) -> pd.DataFrame:
    """A row for each arm and question: hits, rate, and the band that holds 99% of the rates of a right method.

    ``inside`` is False for a rate outside its band, and empty where no rate is right or wrong by itself (power). Where
    a rule keeps a rate at most at its nominal value (Holm, Benjamini–Hochberg, TOST at the limit) a lower rate is
    inside.
    """
    lines = []
    for a, arm in enumerate(ARMS):
        for q, (question, what, value, nominal) in enumerate(questions()):
            hits, chance = rows[:, a, 0, q], rows[:, a, 1, q]
            usable = hits[np.isfinite(hits)]
            expected = float(np.nanmean(chance)) if np.isfinite(chance).any() else nominal
            low, high = _band(len(usable), expected)
            at_most = question.startswith(("any", "practically zero at"))
            rate = usable.mean() if len(usable) else np.nan
            judged = len(usable) and np.isfinite(expected)
            inside = str(bool((at_most or low <= rate) and rate <= high)) if judged else ""
            lines.append(
                (
                    arm.name,
                    question,
                    what,
                    value,
                    len(rows),
                    len(usable),
                    int(usable.sum()),
                    rate,
                    expected,
                    low,
                    high,
                    inside,
                )
            )
    return pd.DataFrame(lines, columns=COLUMNS)


def _band(n: int, rate: float) -> tuple[float, float]:
    if not n or not np.isfinite(rate):
        return float("nan"), float("nan")
    low, high = binom.interval(BAND, n, rate)
    return float(low) / n, float(high) / n


def main() -> None:
    """Simulate, write the rates and the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--replications", type=int, default=REPLICATIONS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=np.inf)
    asked = parser.parse_args()
    rates = summary(simulate(asked.replications, asked.seed, asked.workers, asked.minutes))
    made = (
        f"seed {asked.seed}; {date.today().isoformat()}; Python {platform.python_version()}, numpy {np.__version__}, "
        f"scipy {scipy.__version__}, pandas {pd.__version__}"
    )
    file = HERE / "verdict_calibration.csv"
    file.write_text(f"# {made}\n" + rates.to_csv(index=False, float_format="%.6g"), encoding="utf-8")
    (HERE / "verdict_calibration.md").write_text(page(file), encoding="utf-8")
    print(rates.to_string())


if __name__ == "__main__":
    main()
