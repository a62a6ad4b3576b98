"""What changed: latent means and variances over waves, their trend, and the observed scale means beside them.

Means and variances of constructs may be compared where the items measure them alike: variances once loadings are equal,
means once intercepts are. The ladder, or the partial one, says how far that is; what it doesn't allow is not shown. In
the first wave every construct has mean 0 and variance 1, so that means are differences from it in its SDs.

    pooled SD      d_g = α_g / √((n₁ + n_g ψ_g)/(n₁ + n_g)), standard error by the delta method
    equal means    χ² = α'V⁻¹α on g − 1 degrees of freedom
    linear trend   slope b = (t'V⁻¹t)⁻¹ t'V⁻¹α, t the time since the first wave, α and V of the later ones
    the rest       χ² = (α − bt)'V⁻¹(α − bt) on g − 2: what a straight line leaves
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm, t

from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.waves.ladder import Ladder
from mkb21sem.infer.waves.partial import Partial
from mkb21sem.linalg import Array
from mkb21sem.specify.layout import kind


@dataclass(frozen=True)
class Means:
    """Latent means and variances over waves.

    Attributes
    ----------
    table
        construct wave mean se low high variance variance_se variance_low variance_high d d_se d_low d_high, and
        reason where something is withheld. The first wave is the origin and has no standard errors.
    trend
        construct equal equal_df equal_p slope slope_se slope_low slope_high slope_p rest rest_df rest_p.
    observed
        construct wave n mean se low high of the scale score: the mean of the construct's items.
    rung
        The rung that the numbers come from; empty where none is allowed.
    reason
        Why means, or variances as well, are withheld; empty where they are not.
    times
        Of the waves.
    """

    table: pd.DataFrame
    trend: pd.DataFrame
    observed: pd.DataFrame
    rung: str
    reason: str
    times: tuple[float, ...]

    @property
    def allowed(self) -> bool:
        """Whether latent means can be compared."""
        return not self.reason

    def __str__(self) -> str:
        head = self.reason or f"latent means from the {self.rung} rung"
        return f"{head}\n{self.table[['construct', 'wave', 'mean', 'se', 'd']].to_string(index=False)}"


def latent_means(found: Ladder | Partial, times: Sequence[float] | None = None, level: float = 0.95) -> Means:
    """Compare latent means and variances over waves, as far as the ladder allows.

    Parameters
    ----------
    found
        A ladder, or a partial one with what had to be released.
    times
        When the waves were, for the trend; None takes years from their names, or 0, 1, 2 and so on.
    level
        Of the intervals.

    Raises
    ------
    OptionError
        Times that are not one a wave, or don't grow.
    """
    ladder = found.ladder if isinstance(found, Partial) else found
    when = _times(ladder, times)
    rung, reason = _allowed(found)
    names = ladder.plan.model.latents
    observed = pd.concat([_observed(ladder, name, level) for name in names], ignore_index=True)
    if not rung:
        empty = pd.DataFrame(
            {"construct": [n for n in names for _ in when], "wave": list(ladder.plan.waves) * len(names)}
        )
        columns = [*_NUMBERS, "reason"]
        return Means(empty.reindex(columns=["construct", "wave", *columns]), _no_trend(), observed, "", reason, when)
    fit = ladder[rung]
    at = _Places(fit)
    means = not reason
    table = pd.concat([_construct(fit, at, name, means, level) for name in names], ignore_index=True)
    table["reason"] = reason
    trend = pd.DataFrame([_trend(at, fit, name, when, level) for name in names]) if means else _no_trend()
    return Means(table, trend, observed, rung, reason, when)


_NUMBERS = [
    *("mean", "se", "low", "high", "variance", "variance_se", "variance_low", "variance_high"),
    *("d", "d_se", "d_low", "d_high"),
]


def _no_trend() -> pd.DataFrame:
    names = ["construct", "equal", "equal_df", "equal_p", "slope", "slope_se", "slope_low", "slope_high", "slope_p"]
    return pd.DataFrame(columns=[*names, "rest", "rest_df", "rest_p"])


def _times(ladder: Ladder, times: Sequence[float] | None) -> tuple[float, ...]:
    waves = ladder.plan.waves
    when = tuple(times) if times is not None else ladder.groups.times or tuple(float(i) for i in range(len(waves)))
    if len(when) != len(waves) or any(b <= a for a, b in itertools.pairwise(when)):
        raise OptionError(f"times must be one a wave and grow; got {when} for {', '.join(waves)}.")
    return when


def _allowed(found: Ladder | Partial) -> tuple[str, str]:
    """The rung to take numbers from, and why means are withheld there; no rung where nothing is allowed."""
    ladder = found.ladder if isinstance(found, Partial) else found
    plan = ladder.plan
    scalar, metric = (plan.rungs[plan.number(word)] for word in ("intercepts", "loadings"))
    if isinstance(found, Partial):
        reached = plan.rungs.index(found.to)
        if found.complete and reached >= plan.number("intercepts"):
            return scalar, ""
    if ladder.reaches("intercepts"):
        return scalar, ""
    highest = ladder.holds or "no"
    why = (
        f"Means are withheld: the ladder holds up to the {highest} rung only, and means can be compared from the "
        f"{scalar} rung on. Release what differs by partial(…), or compare without means."
    )
    if ladder.reaches("loadings"):
        return metric, why
    return "", why.replace("Means are", "Means and variances are")


class _Places:
    """Where latent means and variances stand, and their covariance."""

    def __init__(self, found: Fit) -> None:
        where = found.layout
        self.found, self.g = found, len(where.groups)
        first = where.rows[: len(where.row)]
        self.mean = {r.arrow.lhs: i for i, r in enumerate(first) if kind(r.arrow, where.model) == "means"}
        self.variance = {
            r.arrow.lhs: i for i, r in enumerate(first) if kind(r.arrow, where.model) == "latent_variances"
        }

    def values(self, places: dict[str, int], name: str) -> tuple[Array, Array]:
        """Values (g,) and rows of K (g, k)."""
        return self.found.cells[:, places[name]], self.found.layout.K[:, places[name], :]


def _construct(found: Fit, at: _Places, name: str, means: bool, level: float) -> pd.DataFrame:
    z = norm.isf((1 - level) / 2)
    mean, Km = at.values(at.mean, name)
    variance, Kv = at.values(at.variance, name)
    V, n = found.vcov, found.moments.n
    se, variance_se = (np.sqrt(np.einsum("gk,kj,gj->g", K, V, K)) for K in (Km, Kv))
    pooled = (n[0] + n * variance) / (n[0] + n)
    gradient = Km / np.sqrt(pooled)[:, None] - (0.5 * mean / pooled**1.5 * n / (n[0] + n))[:, None] * Kv
    d, d_se = mean / np.sqrt(pooled), np.sqrt(np.einsum("gk,kj,gj->g", gradient, V, gradient))
    # Variances are positive: their interval is taken on the log scale.
    ratio = np.exp(z * variance_se / variance)
    columns = {
        "construct": name,
        "wave": list(found.moments.groups),
        **_interval("", "mean", mean, se, z, means),
        "variance": variance,
        "variance_se": np.where(variance_se > 0, variance_se, np.nan),
        "variance_low": np.where(variance_se > 0, variance / ratio, np.nan),
        "variance_high": np.where(variance_se > 0, variance * ratio, np.nan),
        **_interval("d_", "d", d, d_se, z, means),
    }
    return pd.DataFrame(columns)


def _interval(prefix: str, name: str, value: Array, se: Array, z: float, shown: bool) -> dict[str, Array]:
    known = np.where(se > 0, se, np.nan)
    numbers = {name: value, f"{prefix}se": known, f"{prefix}low": value - z * known, f"{prefix}high": value + z * known}
    return numbers if shown else {key: np.full(len(value), np.nan) for key in numbers}


def _trend(at: _Places, found: Fit, name: str, times: tuple[float, ...], level: float) -> dict[str, object]:
    mean, K = at.values(at.mean, name)
    alpha, V = mean[1:], K[1:] @ found.vcov @ K[1:].T
    since = np.array(times[1:]) - times[0]
    weight = np.linalg.inv(V)
    precision = float(since @ weight @ since)
    slope = float(since @ weight @ alpha) / precision
    se, left = precision**-0.5, alpha - slope * since
    equal, rest = float(alpha @ weight @ alpha), float(left @ weight @ left)
    df = len(alpha)
    half = norm.isf((1 - level) / 2) * se
    return {
        "construct": name,
        "equal": equal,
        "equal_df": df,
        "equal_p": float(chi2.sf(equal, df)),
        "slope": slope,
        "slope_se": se,
        "slope_low": slope - half,
        "slope_high": slope + half,
        "slope_p": float(2 * norm.sf(abs(slope / se))),
        "rest": rest if df > 1 else np.nan,
        "rest_df": df - 1,
        "rest_p": float(chi2.sf(rest, df - 1)) if df > 1 else np.nan,
    }


def _observed(ladder: Ladder, construct: str, level: float) -> pd.DataFrame:
    """Mean of the construct's items by wave, over respondents who answered all of them."""
    groups, items = ladder.groups, list(ladder.plan.model.indicators[construct])
    lines = []
    for wave in ladder.plan.waves:
        score = groups.frame.loc[groups.frame[groups.group] == wave, items].mean(axis=1, skipna=False).dropna()
        n = len(score)
        se = float(score.std(ddof=1)) / np.sqrt(n) if n > 1 else np.nan
        half = float(t.isf((1 - level) / 2, n - 1)) * se if n > 1 else np.nan
        mean = float(score.mean())
        lines.append((construct, wave, n, mean, se, mean - half, mean + half))
    return pd.DataFrame(lines, columns=["construct", "wave", "n", "mean", "se", "low", "high"])
