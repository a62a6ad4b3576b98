"""Answers drawn as a wave has them: its categories and their shares, its holes, and the population's correlations.

Behind each answer stands a normal score that is cut at the shares of the wave's categories. Cutting weakens
correlations. With Hermite polynomials h_k and a_ik = E g_i(Z) h_k(Z) of the standardised answer g_i(Z),

    corr(g_i(Z₁), g_j(Z₂)) = Σ_k a_ik a_jk ρ^k,  ρ = corr(Z₁, Z₂)          (Mehler's expansion)

so that the ρ behind each pair is found for which the answers themselves correlate as the population says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from mkb21sem.errors import OptionError
from mkb21sem.linalg import Array, row_order

TERMS = 120
"""Terms of the expansion; what is left out is far below a simulation's noise for |ρ| up to .97."""
STRONGEST = 0.97
FIVE = (-1.4, -0.6, 0.2, 1.1)
"""Cuts of a five-point item where no wave says otherwise: shares .08, .19, .30, .28, .14."""


@dataclass(frozen=True, slots=True)
class Margin:
    """The distribution of one variable's answers.

    Attributes
    ----------
    cuts : (l − 1,)
        On the normal score; none for a continuous normal variable.
    levels : (l,)
        Answers, standardised to mean 0 and variance 1; empty for a continuous normal variable.
    """

    cuts: Array
    levels: Array

    @classmethod
    def of(cls, shares: Array, levels: Array) -> Margin:
        """The margin of answers `levels` (l,), lowest first, given with probabilities `shares` (l,)."""
        shares = shares / shares.sum()
        mean = shares @ levels
        spread = np.sqrt(shares @ (levels - mean) ** 2)
        return cls(norm.ppf(np.cumsum(shares)[:-1]), (levels - mean) / spread)

    @classmethod
    def cut_at(cls, cuts: Sequence[float]) -> Margin:
        """Answers 1, 2, … of a normal score that is cut."""
        shares = np.diff(norm.cdf([-np.inf, *cuts, np.inf]))
        return cls.of(shares, np.arange(1.0, len(shares) + 1))

    def answers(self, z: Array) -> Array:
        """Standardised answers to normal scores."""
        return self.levels[np.searchsorted(self.cuts, z)] if len(self.levels) else z

    def coefficients(self) -> Array:
        """a_k for k = 1 … `TERMS`; their squares sum to 1 but for the terms left out."""
        if not len(self.levels):
            return np.eye(1, TERMS)[0]
        jumps = np.diff(self.levels) * norm.pdf(self.cuts)
        h = np.zeros((TERMS, len(self.cuts)))
        h[0] = 1.0
        h[1] = self.cuts
        for k in range(2, TERMS):
            h[k] = (self.cuts * h[k - 1] - np.sqrt(k - 1) * h[k - 2]) / np.sqrt(k)
        return np.asarray((h @ jumps) / np.sqrt(np.arange(1, TERMS + 1)))


def margins_of(frame: pd.DataFrame, names: Sequence[str]) -> tuple[Margin, ...]:
    """The margins of a table's columns: every value that occurs, with its share among those who answered.

    Raises
    ------
    OptionError
        A column is absent, or has one value only.
    """
    found = []
    for name in names:
        if name not in frame.columns:
            raise OptionError(f"the wave has no variable `{name}`, so its distribution can't be taken over.")
        counts = frame[name].dropna().value_counts().sort_index()
        if len(counts) < 2:
            raise OptionError(f"`{name}` has fewer than two different answers; its distribution says nothing.")
        found.append(Margin.of(counts.to_numpy(float), counts.index.to_numpy(float)))
    return tuple(found)


def behind(R: Array, margins: Sequence[Margin]) -> Array:
    """Correlations (p, p) of the normal scores whose cut answers correlate as R (p, p).

    Notes
    -----
    Correlations that answers with these shares can't reach are taken as far as `STRONGEST`. If the whole is then not
    positive definite, its smallest eigenvalues are raised and it is scaled back to unit diagonal.
    """
    a = np.array([margin.coefficients() for margin in margins])
    row, col = np.triu_indices(len(R), 1)
    products, wanted = a[row] * a[col], R[row, col]
    rho = np.clip(wanted / products[:, 0], -STRONGEST, STRONGEST)
    powers = np.arange(1, TERMS + 1)
    for _ in range(30):
        grown = rho[:, None] ** powers
        value = (products * grown).sum(axis=1)
        slope = (products * powers * np.column_stack([np.ones(len(rho)), grown[:, :-1]])).sum(axis=1)
        step = (value - wanted) / np.maximum(slope, 1e-3)
        rho = np.clip(rho - step, -STRONGEST, STRONGEST)
        if np.abs(step).max(initial=0.0) < 1e-10:
            break
    out = np.eye(len(R))
    out[row, col] = out[col, row] = rho
    return _positive(out)


def _positive(R: Array) -> Array:
    values, vectors = np.linalg.eigh(R)
    if values[0] > 1e-6:
        return R
    raised = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    scale = np.sqrt(np.diagonal(raised))
    return np.asarray(raised / np.outer(scale, scale))


@dataclass(frozen=True, slots=True)
class Source:
    """Where samples come from.

    Attributes
    ----------
    names
        Of the p variables.
    root : (p, p)
        Lower Cholesky factor of the correlations behind the answers.
    margins : p
    holes : (q, p)
        Which answers are missing in each of q rows of a wave; empty without missing answers.
    share : (p,)
        Probability that an answer is missing, on top of that.
    """

    names: tuple[str, ...]
    root: Array
    margins: tuple[Margin, ...]
    holes: Array
    share: Array

    @property
    def complete(self) -> bool:
        """Whether no answer is ever missing."""
        return not len(self.holes) and not self.share.any()

    def draw(self, rng: np.random.Generator, b: int, n: int) -> Array:
        """b samples of n rows (b, n, p); NaN is a missing answer."""
        z = rng.standard_normal((b, n, len(self.names))) @ self.root.T
        y = np.empty_like(z)
        for j, margin in enumerate(self.margins):
            y[..., j] = margin.answers(z[..., j])
        if len(self.holes):
            y[self.holes[rng.integers(len(self.holes), size=(b, n))]] = np.nan
        if self.share.any():
            y[rng.random(y.shape) < self.share] = np.nan
        return y


def source(
    names: Sequence[str],
    R: Array,
    wave: pd.DataFrame | None = None,
    *,
    items: Sequence[str] = (),
    missing: float | Mapping[str, float] | None = None,
) -> Source:
    """A source of samples with correlations R (p, p).

    Parameters
    ----------
    names
        Of the variables, in the order of R.
    wave
        Answers whose shares, and holes, the samples take over. None: `items` have five points cut at `FIVE`, all
        others are normal.
    items
        Which variables are five-point items, without a wave.
    missing
        Share of answers that are missing completely at random, one for all variables or one each; None takes the rows'
        own holes from the wave, in place of which 0 means none.

    Raises
    ------
    OptionError
        A share that is not between 0 and 1, or a variable that the wave lacks.
    """
    if wave is None:
        margins = tuple(Margin.cut_at(FIVE) if name in items else Margin(np.empty(0), np.empty(0)) for name in names)
    else:
        margins = margins_of(wave, names)
    holes = np.empty((0, len(names)), dtype=bool)
    if missing is None and wave is not None:
        absent = wave[list(names)].isna().to_numpy()
        holes = absent[row_order(absent)] if absent.any() else holes
    by_name = missing if isinstance(missing, Mapping) else dict.fromkeys(names, missing or 0.0)
    share = np.array([float(by_name.get(name, 0.0)) for name in names])
    if not ((share >= 0) & (share < 1)).all():
        raise OptionError(f"the share of missing answers must lie between 0 and 1; got {missing!r}.")
    return Source(tuple(names), np.linalg.cholesky(behind(R, margins)), margins, holes, share)
