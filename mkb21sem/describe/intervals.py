"""Estimates with their limits: a share, a mean, a coefficient alpha."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from mkb21sem.errors import one_of

Array = NDArray[np.float64]

LEVEL = 0.95
DRAWS = 4000
MEANS = ("t", "bootstrap")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number of a wave and how sure it is.

    Parameters
    ----------
    value
        Percentage, mean or coefficient; NaN where it can't be computed.
    low, high
        Of the 95% interval; NaN where there is none.
    base
        Answers behind it.
    count
        Respondents counted, for a share; NaN for anything else.
    sd
        Standard deviation (divisor n − 1) of the answers, for a mean; NaN for anything else.
    """

    value: float
    low: float
    high: float
    base: int
    count: float = math.nan
    sd: float = math.nan


def share(hit: NDArray[np.bool_], known: NDArray[np.bool_]) -> Estimate:
    """Percentage of those known who are hit, with the score interval (Wilson 1927).

    Parameters
    ----------
    hit, known : (n,)
        Who is counted, among whom.
    """
    n, k = int(known.sum()), int((hit & known).sum())
    low, high = wilson(k, n)
    return Estimate(100 * k / n if n else math.nan, 100 * low, 100 * high, n, float(k))


def wilson(count: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Limits of a proportion by inverting the score test (Wilson 1927); NaN without observations.

    ``n`` may be an effective number of observations, which need not be whole.
    """
    if n <= 0:
        return math.nan, math.nan
    low, high = proportion_confint(count, n, alpha=1 - level, method="wilson")
    return max(float(low), 0.0), min(float(high), 1.0)


def mean(answers: Array, means: str = "t", seed: int = 2012) -> Estimate:
    """Mean of the answers that aren't NaN, with Student's or a bootstrap interval.

    Parameters
    ----------
    answers : (n,)
        NaN where missing.
    means
        "t", or "bootstrap" for the bias-corrected and accelerated interval of 4,000 draws (Efron 1987).
    seed
        Of the draws.

    Raises
    ------
    OptionError
        Another kind of interval.
    """
    one_of("means", means, MEANS)
    x = answers[~np.isnan(answers)]
    if not len(x):
        return Estimate(math.nan, math.nan, math.nan, 0)
    value, sd = float(x.mean()), float(x.std(ddof=1)) if len(x) > 1 else math.nan
    if not sd > 0:
        return Estimate(value, math.nan, math.nan, len(x), sd=sd)
    if means == "t":
        half = float(stats.t.isf((1 - LEVEL) / 2, len(x) - 1)) * sd / math.sqrt(len(x))
        return Estimate(value, value - half, value + half, len(x), sd=sd)
    rng = np.random.default_rng(seed)  # sorted, so that the order of the rows changes no draw
    drawn = stats.bootstrap((np.sort(x),), np.mean, n_resamples=DRAWS, confidence_level=LEVEL, rng=rng)
    limits = drawn.confidence_interval
    return Estimate(value, float(limits.low), float(limits.high), len(x), sd=sd)


def alpha(answers: Array) -> Estimate:
    """Cronbach's α over complete rows, with the interval of Feldt (1965).

    Parameters
    ----------
    answers : (n, k)
        NaN where missing.
    """
    x = answers[~np.isnan(answers).any(axis=1)]
    n, k = x.shape
    if n < 2 or k < 2 or np.ptp(x.sum(axis=1)) == 0:
        return Estimate(math.nan, math.nan, math.nan, n)
    value = float(k / (k - 1) * (1 - x.var(axis=0, ddof=1).sum() / x.sum(axis=1).var(ddof=1)))
    tail = (1 - LEVEL) / 2
    low, high = stats.f.isf([tail, 1 - tail], n - 1, (n - 1) * (k - 1))
    return Estimate(value, float(1 - (1 - value) * low), float(1 - (1 - value) * high), n)


def weighted(answers: Array, weights: Array, percent: bool) -> tuple[Estimate, float]:
    """Weighted mean or percentage, and the effective number of answers n = (Σw)² / Σw² (Kish 1965) behind it.

    Limits are those of a simple sample of the effective size, rounded nowhere: Wilson's for a percentage, Student's
    for a mean. They hold the weights for known.

    Parameters
    ----------
    answers : (n,)
        Zeros and ones for a percentage; NaN where missing.
    weights : (n,)
        Positive.
    percent
        Whether the answers are zeros and ones.
    """
    known = ~np.isnan(answers)
    x, w = answers[known], weights[known]
    if not len(x):
        return Estimate(math.nan, math.nan, math.nan, 0), 0.0
    size = float(w.sum() ** 2 / (w @ w))
    value = float(np.average(x, weights=w))
    if percent:
        low, high = wilson(value * size, size)
        return Estimate(100 * value, 100 * low, 100 * high, len(x), float(x.sum())), size
    if size <= 1:
        return Estimate(value, math.nan, math.nan, len(x)), size
    sd = math.sqrt(float(np.average((x - value) ** 2, weights=w)) * size / (size - 1))
    half = float(stats.t.isf((1 - LEVEL) / 2, size - 1)) * sd / math.sqrt(size)
    return Estimate(value, value - half, value + half, len(x), sd=sd), size
