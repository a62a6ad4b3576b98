"""The benchmark's model and data: 38 five-point items, 9 constructs, 94 free parameters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mkb21sem import Model

ITEMS = (5, 4, 4, 4, 4, 4, 4, 4, 5)
THRESHOLDS = (-1.4, -0.6, 0.2, 1.1)
REGRESSIONS = {"f6": ("f1", "f2", "f3"), "f7": ("f4", "f6"), "f8": ("f5", "f7"), "f9": ("f8",)}


def spec() -> str:
    """Five exogenous constructs that covary freely, and a chain of four endogenous ones."""
    names = iter(f"y{i}" for i in range(1, sum(ITEMS) + 1))
    lines = [f"f{j} =~ {' + '.join(next(names) for _ in range(k))}" for j, k in enumerate(ITEMS, start=1)]
    lines += [f"{y} ~ {' + '.join(x)}" for y, x in REGRESSIONS.items()]
    return "\n".join(lines)


def model() -> Model:
    """The model as a `Model`."""
    return Model.parse(spec(), name="benchmark")


def continuous(n: int, seed: int = 38) -> pd.DataFrame:
    """Normal responses of n respondents, drawn from the model."""
    rng = np.random.default_rng(seed)
    f = np.empty((n, 9))
    f[:, :5] = rng.standard_normal((n, 5)) @ np.linalg.cholesky(0.7 * np.eye(5) + 0.3).T
    for y, xs in REGRESSIONS.items():
        j = int(y[1:]) - 1
        f[:, j] = sum(0.35 * f[:, int(x[1:]) - 1] for x in xs) + 0.8 * rng.standard_normal(n)
    construct = np.repeat(np.arange(9), ITEMS)
    loading = np.tile([0.85, 0.75, 0.8, 0.7, 0.65], 9)[: len(construct)]
    y = loading * f[:, construct] + 0.6 * rng.standard_normal((n, len(construct)))
    return pd.DataFrame(y, columns=[f"y{i}" for i in range(1, len(construct) + 1)])


def five_point(n: int, seed: int = 38) -> pd.DataFrame:
    """The same as answers from 1 to 5, skewed as survey answers are."""
    y = continuous(n, seed)
    return (y / y.std()).apply(lambda column: np.searchsorted(THRESHOLDS, column) + 1).astype(int)


def with_holes(n: int, share: float = 0.10, seed: int = 38) -> pd.DataFrame:
    """Five-point answers, a share of them missing at random."""
    answers = five_point(n, seed).astype(float)
    return answers.mask(np.random.default_rng(seed + 1).random(answers.shape) < share)
