"""Figure 12 tested: whether experience lags behind motive, goal by goal and in all cases."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq
from scipy.special import gammaln
from statsmodels.stats.multitest import multipletests

from mkb21sem.errors import WaveError
from mkb21sem.survey.wave import Wave

Array = NDArray[np.float64]

LEVEL = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """The sentence "in all cases experience lags behind motive", tested.

    Parameters
    ----------
    goals
        Line by line what `experience` returns.
    below
        In how many goals the sample mean of experience is the lower one.
    certain
        In how many goals experience is lower after Holm's correction (two-sided p below .05, difference below 0).
    p
        Of the claim as a whole: the largest one-sided p of all goals (intersection-union test, Berger 1982), which
        needs no correction, because every goal has to pass.
    """

    goals: pd.DataFrame
    below: int
    certain: int
    p: float

    @property
    def holds_here(self) -> bool:
        """Whether every sample mean of experience is below that of its motive."""
        return self.below == len(self.goals)

    @property
    def holds(self) -> bool:
        """Whether the claim may be made of the population at the 5% level."""
        return self.holds_here and self.p < 1 - LEVEL


def experience(wave: Wave) -> pd.DataFrame:
    """Experience minus motive for every goal, paired within respondents.

    Returns
    -------
    DataFrame
        goal (number), motive, result (ids), n (respondents who answered both), motive_mean, result_mean, difference,
        sd, low, high (95%, Student), t, df, p, p_holm, w (Wilcoxon's sum of positive ranks), p_wilcoxon,
        p_wilcoxon_holm, d (standardised by the SD of the differences), hedges (corrected for bias), hedges_low,
        hedges_high (95%, noncentral t), lower, equal, higher (respondents whose experience is below, at, above).

    Raises
    ------
    WaveError
        The wave has no goal of which both motive and experience were asked.

    Notes
    -----
    Zero differences leave Wilcoxon's test; its p is the normal approximation with correction for ties and without
    one for continuity (Wilcoxon 1945). The paired t tests the mean, Wilcoxon's the symmetry of differences around 0.
    """
    pairs = [
        (f"MOT{item.number}", item.id)
        for item in wave.codebook.battery("ERV")
        if item.id in wave.answers and f"MOT{item.number}" in wave.answers
    ]
    if not pairs:
        raise WaveError(f"{wave.name} has no goal with both a motive (MOT01 …) and an experience (ERV01 …).")
    frame = pd.DataFrame([_compared(wave, motive, result) for motive, result in pairs])
    for plain, held in (("p", "p_holm"), ("p_wilcoxon", "p_wilcoxon_holm")):
        frame.insert(list(frame).index(plain) + 1, held, holm(frame[plain]))
    return frame


def claim(goals: pd.DataFrame) -> Claim:
    """Test the whitepaper's "in all cases" on what `experience` returned."""
    below = goals["difference"] < 0
    df, t = goals["df"].to_numpy(dtype=float), goals["t"].to_numpy(dtype=float)
    one_sided = stats.t.cdf(t, df)
    certain = below & (goals["p_holm"] < 1 - LEVEL)
    worst = math.nan if np.isnan(one_sided).any() else float(one_sided.max())
    return Claim(goals, int(below.sum()), int(certain.sum()), worst)


def holm(p: pd.Series[float]) -> Array:
    """p-values after Holm (1979) over those that exist."""
    adjusted = np.full(len(p), np.nan)
    known = p.notna().to_numpy()
    if known.any():
        adjusted[known] = multipletests(p[known], method="holm")[1]
    return adjusted


def _compared(wave: Wave, motive: str, result: str) -> dict[str, object]:
    """One goal."""
    both = wave.answers[[motive, result]]
    rows = both[(both >= 0).all(axis=1)].to_numpy(dtype=float)
    gap = rows[:, 1] - rows[:, 0] if len(rows) else np.empty(0)
    means = rows.mean(axis=0) if len(rows) else np.full(2, np.nan)
    w, p_wilcoxon = wilcoxon(gap)
    return {
        "goal": motive.removeprefix("MOT"),
        "motive": motive,
        "result": result,
        "n": len(rows),
        "motive_mean": float(means[0]),
        "result_mean": float(means[1]),
        **paired(gap),
        "w": w,
        "p_wilcoxon": p_wilcoxon,
        **effect(gap),
        "lower": int((gap < 0).sum()),
        "equal": int((gap == 0).sum()),
        "higher": int((gap > 0).sum()),
    }


def paired(gap: Array) -> dict[str, float]:
    """Mean difference with its Student interval and test; NaN where the differences don't vary."""
    n = len(gap)
    value = float(gap.mean()) if n else math.nan
    sd = float(gap.std(ddof=1)) if n > 1 else math.nan
    if not sd > 0:
        none = dict.fromkeys(("low", "high", "t", "df", "p"), math.nan)
        return {"difference": value, "sd": sd, **none}
    error = sd / math.sqrt(n)
    half = float(stats.t.isf((1 - LEVEL) / 2, n - 1)) * error
    t = value / error
    p = 2 * float(stats.t.sf(abs(t), n - 1))
    return {"difference": value, "sd": sd, "low": value - half, "high": value + half, "t": t, "df": n - 1.0, "p": p}


def wilcoxon(gap: Array) -> tuple[float, float]:
    """Sum of the ranks of positive differences, and its two-sided p; NaN where every difference is 0."""
    moved = gap[gap != 0]
    if not len(moved):
        return math.nan, math.nan
    ranks = stats.rankdata(np.abs(moved))
    tested = stats.wilcoxon(moved, zero_method="wilcox", correction=False, method="asymptotic")
    return float(ranks[moved > 0].sum()), float(tested.pvalue)


def effect(gap: Array) -> dict[str, float]:
    """Cohen's d of paired differences (d_z), Hedges' g, and g's interval from the noncentral t.

    g = J(n−1) d with J(m) = Γ(m/2) / (√(m/2) Γ((m−1)/2)) (Hedges 1981).
    """
    n = len(gap)
    sd = float(gap.std(ddof=1)) if n > 1 else math.nan
    if not sd > 0:
        return dict.fromkeys(("d", "hedges", "hedges_low", "hedges_high"), math.nan)
    d, m = float(gap.mean()) / sd, n - 1
    shrunk = math.exp(gammaln(m / 2) - gammaln((m - 1) / 2)) / math.sqrt(m / 2) if m > 1 else math.nan
    low, high = (shrunk * limit / math.sqrt(n) for limit in _noncentrality(d * math.sqrt(n), m))
    return {"d": d, "hedges": shrunk * d, "hedges_low": low, "hedges_high": high}


def _noncentrality(t: float, df: int) -> tuple[float, float]:
    """Noncentralities under which a t this small, or this large, has probability .025 (Steiger & Fouladi 1997).

    Both are solved for |t| and mirrored, because the distribution function loses its digits far below zero.
    """
    tail, reach = (1 - LEVEL) / 2, 6 * math.sqrt(1 + t**2 / (2 * df))

    def limit(p: float) -> float:
        def missed(nc: float) -> float:
            return float(stats.nct.cdf(abs(t), df, nc)) - p

        return float(brentq(missed, abs(t) - reach, abs(t) + reach, xtol=1e-10))

    low, high = limit(1 - tail), limit(tail)
    return (low, high) if t >= 0 else (-high, -low)
