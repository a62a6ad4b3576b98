"""Scores for the items of a battery, and their codes, for the synthetic wave.

A battery in the model takes its scores from there. Items that the model doesn't hold one by one (media,
goals, future use) are spread around the score that it does hold, so that their mean keeps what it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.survey.margins import Codes, margins, nobody_without
from mkb21sem.survey.population import structure

Array = NDArray[np.float64]

PUBLISHED_ALPHA, ROUNDING = 0.944, 0.0004
FORMS = {"PR": (1, 2, 3), "VERKOOP": (4, 5, 6), "WEBCARE": (7, 8, 9), "CRISIS": (10, 11, 12)}
"""Goals of each communication form."""


def coded(item: str, group: str, score: pd.Series | Array) -> Codes:
    """Answers (n,) of a group to one item: the score's order, the margin's counts."""
    return margins()[item, group].coded(np.asarray(score))


def battery(construct: str, group: str, scores: Array) -> dict[str, Codes]:
    """Answers to the items construct01, construct02, … for scores (n, k)."""
    names = [f"{construct}{i:02d}" for i in range(1, scores.shape[1] + 1)]
    return {name: coded(name, group, score) for name, score in zip(names, scores.T, strict=True)}


def at_least_one(construct: str, group: str, scores: Array, nothing: int) -> dict[str, Codes]:
    """As `battery`, and every respondent gives at least one answer other than `nothing`."""
    answers = battery(construct, group, scores)
    codes = nobody_without(np.stack(list(answers.values()), axis=1), scores, nothing)
    return dict(zip(answers, codes.T, strict=True))


def climate(rng: np.random.Generator, scores: pd.DataFrame, group: str) -> dict[str, Codes]:
    """Culture and environment: four items each from the model, two more on the same factor."""
    answers: dict[str, Codes] = {}
    for construct in ("CUL", "OMG"):
        own = scores[[f"{construct}{i:02d}" for i in range(1, 5)]].to_numpy()
        more = reflective(rng, scores[construct].to_numpy(), (0.70, 0.72))
        answers |= battery(construct, group, np.hstack([own, more]))
    return answers


def media(rng: np.random.Generator, use: Array) -> Array:
    """Ten media (n, 10): three main ones, Hyves, which hardly anyone uses, and six lesser ones."""
    hyves = use + rng.standard_normal(use.shape[0])
    return np.column_stack([around(rng, use, 3, own=0.6), hyves, around(rng, use, 6, own=1.2)])


def motives_and_experiences(rng: np.random.Generator, scores: pd.DataFrame) -> dict[str, Codes]:
    """Three items a form around each parcel; a goal's two items share part of what is their own."""
    answers: dict[str, Codes] = {}
    for form, goals in FORMS.items():
        wanted, other = rng.standard_normal((2, len(scores), len(goals)))
        for construct, shock in (("MOT", wanted), ("ERV", 0.3 * wanted + np.sqrt(1 - 0.3**2) * other)):
            items = _around(scores[f"{construct}_{form}"].to_numpy(), shock, own=0.6)
            for goal, item in zip(goals, items.T, strict=True):
                name = f"{construct}{goal:02d}"
                answers[name] = coded(name, "users", item)
    return answers


def reputation(scores: pd.DataFrame) -> dict[str, Codes]:
    """Five items whose alpha, as answered on five points, is .944.

    Coarsening lowers alpha. So the residuals shrink by one factor, found by bisection. The counts fix the item
    variances, and alpha moves in steps of one swap between two respondents, up to .001 each in 256. So the
    factor of one item at a time is then shifted, by little first, until alpha rounds to .944; in a wave too
    small for that, the nearest wins.
    """
    items = [f"REP{i:02d}" for i in range(1, 6)]
    of = structure()
    loading = of.A[[of.names.index(item) for item in items], of.names.index("REP")]
    common = np.outer(scores["REP"], loading)
    residual = scores[items].to_numpy() - common

    def answered(factor: float | Array) -> dict[str, Codes]:
        return battery("REP", "users", common + factor * residual)

    low, high = 0.0, 4.0
    while high - low > 0.001:
        middle = (low + high) / 2
        low, high = (middle, high) if _alpha(answered(middle)) > PUBLISHED_ALPHA else (low, middle)
    tried: list[tuple[float, dict[str, Codes]]] = []
    for shift, item in product(0.002 * np.arange(50), np.eye(len(items))):
        answers = answered(high - shift * item)
        tried.append((abs(_alpha(answers) - PUBLISHED_ALPHA), answers))
        if tried[-1][0] < ROUNDING:
            break
    return min(tried, key=lambda attempt: attempt[0])[1]


def _alpha(answers: Mapping[str, Codes]) -> float:
    """Cronbach's alpha: k/(k−1) (1 − Σ var(item) / var(sum))."""
    items = np.stack(list(answers.values()))
    k = items.shape[0]
    return float(k / (k - 1) * (1 - items.var(axis=1).sum() / items.sum(axis=0).var()))


def ways(rng: np.random.Generator, factor: Array) -> Array:
    """Six ways of use (n, 6): sending, listening and responding, interacting; clusters on one factor."""
    cluster = rng.standard_normal((factor.shape[0], 3))[:, [0, 1, 1, 2, 2, 2]]
    return reflective(rng, factor, (0.65,) * 6) + 0.5 * cluster


def driven(rng: np.random.Generator, scores: pd.DataFrame, effects: Mapping[str, float]) -> Array:
    """Draw a unit-variance factor (n,) with these standardised effects of these scores on it."""
    of = structure()
    reach = np.array([effects.get(name, 0.0) for name in of.names]) @ of.total
    unexplained = 1.0 - reach @ of.S @ reach
    explained = scores[list(effects)].to_numpy() @ np.array(list(effects.values()))
    return explained + np.sqrt(unexplained) * rng.standard_normal(len(scores))


def reflective(rng: np.random.Generator, factor: Array, loadings: Sequence[float]) -> Array:
    """Items (n, k) with these standardised loadings on a unit-variance factor (n,)."""
    loading = np.asarray(loadings)
    own = rng.standard_normal((factor.shape[0], loading.shape[0]))
    return np.outer(factor, loading) + np.sqrt(1 - loading**2) * own


def around(rng: np.random.Generator, total: Array, k: int, own: float) -> Array:
    """Items (n, k) around a total (n,), each with variance `own` of its own that cancels over the items.

    A firm that does more with one medium than its total says does less with the others. So the items' mean
    is the total, and stays close to it when the items are cut into five.
    """
    return _around(total, rng.standard_normal((total.shape[0], k)), own)


def _around(total: Array, shock: Array, own: float) -> Array:
    return total[:, None] + np.sqrt(own) * (shock - shock.mean(axis=1, keepdims=True))
