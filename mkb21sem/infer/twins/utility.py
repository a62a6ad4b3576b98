"""How far an analysis of the twin gives what an analysis of the wave gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from mkb21sem.estimate.fit import Fit
from mkb21sem.linalg import Array
from mkb21sem.survey.wave import Wave

RIDGE = 1e-6
MISSING = ("all", "users", "nonusers")


@dataclass(frozen=True, slots=True)
class Propensity:
    """How well twin and wave are told apart by their answers (Woo et al. 2009; Snoke et al. 2018).

    Attributes
    ----------
    pmse
        Mean squared distance of the estimated chance of being a twin's row from the share of twin's rows.
    expected
        What it is on average for a twin drawn from the right model of the wave, for logistic regression.
    ratio
        pmse / expected: 1 for a twin drawn from the right model; 1/(1 − c), which is 2 for as many rows in both, for a
        second sample of the population; below 3 is usually called good.
    standardised
        (pmse − expected) / its standard deviation.
    k, n
        Parameters of the logistic regression, and rows.
    questions
        What it was made from.
    """

    pmse: float
    expected: float
    ratio: float
    standardised: float
    k: int
    n: int
    questions: tuple[str, ...]


def margins(wave: Wave, twin: Wave, noised: dict[str, int]) -> pd.DataFrame:
    """How far the distribution of each question's answers is apart: item, answers, distance, noised.

    distance is half the sum of absolute differences of shares (total variation). It is left out (NaN) where an answer
    that few gave was changed: beside the twin it would tell how many they were.
    """
    lines = []
    for id in map(str, wave.answers):
        ours, theirs = (_shares(each, id) for each in (wave, twin))
        if ours is None or theirs is None:
            continue
        distance = float(np.abs(ours - theirs).sum() / 2)
        lines.append((id, int((ours > 0).sum()), math.nan if id in noised else distance, noised.get(id, 0)))
    return pd.DataFrame(lines, columns=["item", "answers", "distance", "noised"])


def _shares(wave: Wave, id: str) -> Array | None:
    codes = np.array(wave.codebook[id].codes)
    own = wave.answers[id].to_numpy()
    counts = (own[:, None] == codes).sum(axis=0)
    return counts / counts.sum() if counts.sum() else None


def correlations(wave: Wave, twin: Wave) -> pd.DataFrame:
    """Rank correlations of all pairs of ordinal questions in both: item, other, wave, twin, difference."""
    names = [item.id for item in wave.codebook.items if item.measure != "nominal" and item.id in wave.answers]
    ours, theirs = (_ranked(each, names) for each in (wave, twin))
    upper = np.triu_indices(len(names), 1)
    frame = pd.DataFrame(
        {
            "item": np.array(names)[upper[0]],
            "other": np.array(names)[upper[1]],
            "wave": ours[upper],
            "twin": theirs[upper],
        }
    ).dropna(ignore_index=True)
    return frame.assign(difference=frame["twin"] - frame["wave"])


def _ranked(wave: Wave, names: list[str]) -> Array:
    valid = wave.answers[names].where(wave.answers[names] >= 0).astype(float)
    return np.asarray(valid.corr(method="spearman", min_periods=FEW_PAIRS))


FEW_PAIRS = 30
"""Respondents that a correlation needs to be compared."""


def estimates(wave: Wave, twin: Wave, fitted: Callable[[Wave], Fit]) -> pd.DataFrame:
    """Standardised estimates of a model in both: lhs, op, rhs, wave, twin, difference, overlap.

    overlap is the mean share of each 95% interval that the other one covers (Karr et al. 2006): 1 where they coincide,
    0 or less where they don't touch.

    Raises
    ------
    FitError
        The model can't be fitted to one of them.
    """
    ours, theirs = (fitted(each) for each in (wave, twin))
    keys = ["lhs", "op", "rhs"]
    if not (ours.converged and theirs.converged):
        return pd.DataFrame(columns=[*keys, "wave", "twin", "difference", "overlap"])
    both = ours.table().merge(theirs.table(), on=keys, suffixes=("", "_twin"))
    both = both[both["se"].notna() & (both["se"] > 0) & both["op"].isin(["=~", "~", "~~"])]
    overlap = [
        interval_overlap((a, b), (c, d))
        for a, b, c, d in both[["low", "high", "low_twin", "high_twin"]].itertuples(index=False)
    ]
    frame = both[keys].assign(wave=both["std"], twin=both["std_twin"])
    return frame.assign(difference=frame["twin"] - frame["wave"], overlap=overlap).reset_index(drop=True)


def interval_overlap(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Mean of the shares of two intervals that lie in their intersection; negative where they are apart."""
    common = min(one[1], other[1]) - max(one[0], other[0])
    return 0.5 * (common / (one[1] - one[0]) + common / (other[1] - other[0]))


def propensity(wave: Wave, twin: Wave, names: tuple[str, ...]) -> Propensity:
    """Mean squared error of the propensity score: logistic regression of "is a twin" on the questions.

    E(pMSE) = (k − 1)(1 − c)² c / N and SD = √(2(k − 1)) (1 − c)² c / N for a twin drawn from the right model fitted to
    the wave, with c the share of the twin's rows among N and k parameters (Snoke et al. 2018).

    Parameters
    ----------
    names
        Questions put to all; a missing answer stands at the mean.

    Raises
    ------
    WaveError
        A question is absent.
    """
    tables = [each.answers[list(names)].where(each.answers[list(names)] >= 0).astype(float) for each in (wave, twin)]
    x = pd.concat(tables, ignore_index=True)
    x = x.fillna(x.mean()).loc[:, lambda t: t.std() > 0]
    rows = np.column_stack([np.ones(len(x)), ((x - x.mean()) / x.std()).to_numpy()])
    y = np.repeat([0.0, 1.0], [len(tables[0]), len(tables[1])])
    chance = expit(rows @ _logistic(rows, y))
    n, k, c = len(y), rows.shape[1], float(y.mean())
    pmse = float(((chance - c) ** 2).mean())
    expected = (k - 1) * (1 - c) ** 2 * c / n
    spread = math.sqrt(2 * (k - 1)) * (1 - c) ** 2 * c / n
    return Propensity(pmse, expected, pmse / expected, (pmse - expected) / spread, k, n, tuple(map(str, x.columns)))


def _logistic(x: Array, y: Array) -> Array:
    """Logistic regression by Newton's steps; a trace of ridge keeps collinear questions from stopping it."""
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        chance = expit(x @ beta)
        gradient = x.T @ (y - chance) - RIDGE * beta
        hessian = (x * (chance * (1 - chance))[:, None]).T @ x + RIDGE * np.eye(x.shape[1])
        step = np.linalg.solve(hessian, gradient)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(beta)


def compared_questions(wave: Wave) -> tuple[str, ...]:
    """Ordinal and binary questions that were put to everyone: what both are told apart by."""
    return tuple(
        item.id
        for item in wave.codebook.items
        if item.id in wave.answers and item.asked == "all" and item.measure != "nominal"
    )


Flags = NDArray[np.bool_]
