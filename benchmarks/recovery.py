"""What the default model finds in synthetic waves, beside the population that they were drawn from.

    python benchmarks/recovery.py [WAVES]

Prints Markdown: each population value, its mean estimate over WAVES waves (100 unless told) of 256 users with
normal scores, and over as many waves of five-point answers with observed indices; then what share of the
variance of an index of answers is that of the score that it stands for.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.specify.model import Model
from mkb21sem.survey.batteries import FORMS, around, battery, coded, media
from mkb21sem.survey.population import population
from mkb21sem.survey.synthetic import draw_continuous, synthetic_wave


def standardized_values(found: Fit, paths: pd.DataFrame) -> np.ndarray:
    """Standardised estimates (k,) of the listed paths; NaN for a path that the model doesn't have."""
    table = found.table()
    known = dict(zip(zip(table["lhs"], table["op"], table["rhs"], strict=True), table["std"], strict=True))
    known |= {(rhs, op, lhs): std for (lhs, op, rhs), std in known.items() if op == "~~"}
    if not found.converged:
        raise RuntimeError(found.cause)
    return np.array([known.get(key, np.nan) for key in paths.itertuples(index=False, name=None)])


def recovery(waves: int = 100) -> pd.DataFrame:
    """Population values and mean estimates: lhs op rhs value continuous coarse, and the means' se."""
    model = Model.read("mkb21")
    values = population()
    paths = values[["lhs", "op", "rhs"]]
    seeds = range(1, waves + 1)
    continuous = np.array([standardized_values(fit(model, draw_continuous(seed)), paths) for seed in seeds])
    coarse = np.array([standardized_values(fit(model, synthetic_wave(seed)), paths) for seed in seeds])
    return values.assign(
        continuous=continuous.mean(axis=0),
        coarse=coarse.mean(axis=0),
        bias_continuous=continuous.mean(axis=0) - values["value"],
        bias_coarse=coarse.mean(axis=0) - values["value"],
        se=coarse.std(axis=0, ddof=1) / np.sqrt(waves),
    )


def reliability(n: int = 100_000) -> dict[str, float]:
    """Squared correlation of each index of coarse items with the normal score that the items were cut from."""
    rng = np.random.default_rng(1)
    score = rng.standard_normal(n)
    items = {
        "INTENS": battery("GEB", "users", media(rng, score)),
        "TOE_M": battery("TOE", "users", around(rng, score, 10, own=0.7)),
        **{
            f"{construct}_{form}": {
                f"{construct}{goal:02d}": coded(f"{construct}{goal:02d}", "users", item)
                for goal, item in zip(goals, around(rng, score, 3, own=0.6).T, strict=True)
            }
            for construct in ("MOT", "ERV")
            for form, goals in FORMS.items()
        },
    }
    mean = {index: np.mean(list(answers.values()), axis=0) for index, answers in items.items()}
    return {index: float(np.corrcoef(score, values)[0, 1] ** 2) for index, values in mean.items()}


def main() -> None:
    waves = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print("| path | population | normal scores | five-point answers | bias | se of the mean |")
    print("|---|---:|---:|---:|---:|---:|")
    for row in recovery(waves).itertuples():
        numbers = (row.value, row.continuous, row.coarse, row.bias_coarse, row.se)
        print(f"| `{row.lhs} {row.op} {row.rhs}` | " + " | ".join(f"{number:.3f}" for number in numbers) + " |")
    print("\n| index | share of variance that is the score's |\n|---|---:|")
    for index, share in reliability().items():
        print(f"| `{index}` | {share:.3f} |")


if __name__ == "__main__":
    main()
