"""Cut-offs of fit indices made for this model and this sample size, by simulation (McNeish & Wolf 2023).

Fixed cut-offs (.95, .06, .08) come from one factor model with loadings of .70 to .80; at the same misfit other models
give other indices. Here misfit is put into the correlations themselves: samples of the size at hand are drawn from the
correlations that the model implies, and from correlations that miss these by a mean absolute discrepancy of .038, .05
or .06 (close, fair and mediocre in the terms of McNeish & Wolf), drawn anew for each sample. A cut-off of a level is
the value that 95% of the samples with that misfit fail; it stands only if at most 5% of the samples without misfit
fail it too, or, failing that, with 90% and 10%.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mkb21sem.checkpoint import Checkpoint
from mkb21sem.errors import FitError, OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.loss import NormalLoss
from mkb21sem.estimate.scoring import minimise
from mkb21sem.infer.globalfit.indices import indices
from mkb21sem.infer.planning.noncentrality import AtPopulation, at_population
from mkb21sem.infer.planning.population import population
from mkb21sem.linalg import Array, is_positive_definite, logdet, transpose, vech_index
from mkb21sem.parallel import Chunk, Progress, chunks, replicate
from mkb21sem.specify.layout import Layout, layout

LEVELS = (("exact", 0.0), ("close", 0.038), ("fair", 0.05), ("mediocre", 0.06))
INDICES = ("cfi", "rmsea", "srmr")
SHARES = (0.95, 0.90)
TOGETHER, TRIES, STEPS, CLOSE = 50, 200, 50, 1e-6
_ROBUST = {"cfi": "cfi.robust", "rmsea": "rmsea.robust", "srmr": "srmr"}


@dataclass(frozen=True)
class Cutoffs:
    """Cut-offs, and the samples that they were made of.

    Attributes
    ----------
    table
        level discrepancy index cutoff caught kept value within reason. ``caught``: share of the samples with the misfit
        that fail the cut-off; ``kept``: share of those without misfit that pass it. ``value`` is the fit's own index,
        ``within`` whether it passes. The level ``exact`` holds the value that 95% of the samples of a true model pass.
    samples
        level cfi rmsea srmr of every sample; NaN where the model had no minimum.
    n
        Respondents.
    draws, done
        Samples asked for at each level, and finished ones of all levels.
    stopped
        Whether the user ended it early.
    """

    table: pd.DataFrame
    samples: pd.DataFrame
    n: int
    draws: int
    done: int
    stopped: bool


@dataclass(frozen=True)
class _Samples:
    """Draw and fit a chunk of samples at one level of misfit; can be sent to a worker."""

    where: Layout
    Sigma: Array
    begin: Array
    n: int

    def __call__(self, piece: tuple[float, Chunk]) -> Array:
        """Indices (size, 3) of a chunk's samples."""
        discrepancy, chunk = piece
        rng = chunk.rng()
        R = np.array([discrepant(self.Sigma, discrepancy, rng) for _ in range(chunk.size)])
        y = rng.standard_normal((chunk.size, self.n, len(self.Sigma))) @ transpose(np.linalg.cholesky(R))
        y -= y.mean(axis=1, keepdims=True)
        return self._indices(transpose(y) @ y / self.n)

    def _indices(self, S: Array) -> Array:
        """CFI, RMSEA and SRMR of the model fitted to covariances S (b, p, p)."""
        loss = NormalLoss.of(self.where, S[:, None], np.ones(1))
        found = minimise(loss, np.tile(self.begin, (len(S), 1)), tolerance=1e-10)
        excess = np.maximum(2 * self.n * found.value - self.where.df, 0.0)
        base, df_base = _baseline(self.where, S)
        excess_base = np.maximum(self.n * base - df_base, excess)
        cfi = 1 - excess / np.where(excess_base > 0, excess_base, 1.0)
        rmsea = np.sqrt(excess / (self.n * self.where.df))
        Sigma = loss.implied(found.theta).Sigma[:, 0]
        sd = np.sqrt(np.diagonal(S, axis1=1, axis2=2))
        gap = (S - Sigma) / (sd[:, :, None] * sd[:, None, :])
        row, col = vech_index(S.shape[-1])
        srmr = np.sqrt((gap[:, row, col] ** 2).mean(axis=1))
        return np.where(found.converged[:, None], np.column_stack([cfi, rmsea, srmr]), np.nan)


def _baseline(where: Layout, S: Array) -> tuple[Array, int]:
    """2f (b,) and df of independence, in which exogenous variables keep their covariances."""
    held = [where.observed.index(name) for name in where.model.exogenous]
    rest = [i for i in range(S.shape[-1]) if i not in held]
    value = np.log(np.diagonal(S, axis1=1, axis2=2)[:, rest]).sum(axis=1) - logdet(S)
    if held:
        value = value + logdet(S[:, held][:, :, held])
    p, x = S.shape[-1], len(held)
    return value, p * (p - 1) // 2 - x * (x - 1) // 2


def discrepant(Sigma: Array, discrepancy: float, rng: np.random.Generator) -> Array:
    """Correlations (p, p) that miss Sigma by this mean absolute discrepancy off the diagonal.

    Notes
    -----
    Σ^½ (I + E) Σ^½ with a random symmetric E, scaled to unit diagonal and E to the discrepancy. Noise added to Σ itself
    would hardly ever leave a correlation matrix where items are strongly related; this does, and its typical size is
    the same for every pair.

    Raises
    ------
    FitError
        The discrepancy is too large for these correlations.
    """
    if not discrepancy:
        return Sigma
    values, vectors = np.linalg.eigh(Sigma)
    root = (vectors * np.sqrt(values)) @ vectors.T
    row, col = vech_index(len(Sigma), diagonal=False)
    for _ in range(TRIES):
        noise = rng.standard_normal(Sigma.shape)
        noise = root @ (noise + noise.T) @ root
        size = discrepancy / np.abs(noise[row, col]).mean()
        for _ in range(STEPS):
            R = _unit_diagonal(Sigma + size * noise)
            if not is_positive_definite(R[None])[0]:
                break
            reached = np.abs((R - Sigma)[row, col]).mean()
            if abs(reached / discrepancy - 1) < CLOSE:
                return R
            size *= discrepancy / reached
    raise FitError(
        f"no correlations that miss the model's by {discrepancy} on average are possible here: items are nearly copies "
        "of each other. Leave that level out."
    )


def _unit_diagonal(S: Array) -> Array:
    variance = np.diagonal(S)
    if not (variance > 0).all():
        return np.full_like(S, np.nan)
    sd = np.sqrt(variance)
    return np.asarray(S / np.outer(sd, sd))


def cutoffs(
    found: Fit,
    draws: int = 500,
    *,
    levels: Sequence[tuple[str, float]] = LEVELS,
    seed: int = 1,
    workers: int = 1,
    backend: str = "loky",
    progress: Callable[[Progress], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Cutoffs:
    """Cut-offs of CFI, RMSEA and SRMR for this model and this number of respondents.

    Parameters
    ----------
    found
        A converged fit of one group by ML, MLR or the like.
    draws
        Samples at each level.
    levels
        Names and mean absolute discrepancies, the first one 0.
    seed, workers, backend, progress, checkpoint
        As in `parallel.replicate`.

    Returns
    -------
    Cutoffs

    Raises
    ------
    OptionError
        The model has no degrees of freedom, or the first level is not 0.
    FitError
        The fit did not converge, or a level is impossible.

    Notes
    -----
    McNeish & Wolf (2023) for any covariance structure. Samples are normal and complete; compare them with the fit's
    robust CFI and RMSEA where it has these, since those estimate what normal data would give, and they are what
    ``value`` holds. A cut-off is no test of the model: an index can pass while a path that matters is absent.
    """
    if not levels or levels[0][1] != 0:
        raise OptionError("the first level must have discrepancy 0: it shows what a true model gives.")
    chunks(draws, 1, seed)  # refuses a seed or a number of draws that is none
    at = _at(found)
    n = found.moments.total
    seeds = np.random.SeedSequence(seed).generate_state(len(levels))
    work = [
        (size, chunk)
        for (_, size), own in zip(levels, seeds, strict=True)
        for chunk in chunks(draws, TOGETHER, int(own))
    ]
    job = _Samples(at.layout, at.Sigma, at.theta, n)
    done = replicate(job, work, workers=workers, backend=backend, progress=progress, checkpoint=checkpoint)
    names = {size: name for name, size in levels}
    frames = [
        pd.DataFrame(values, columns=list(INDICES)).assign(level=names[work[place][0]])
        for place, values in zip(done.places, done.found, strict=True)
    ]
    samples = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[*INDICES, "level"])
    table = _table(samples, levels, _own(found))
    return Cutoffs(table, samples[["level", *INDICES]], n, draws, len(samples), done.stopped)


def _at(found: Fit) -> AtPopulation:
    if not isinstance(found, Fit):
        raise OptionError(f"cut-offs are made for a Fit; got {type(found).__name__}.")
    if layout(found.model).df <= 0:
        raise OptionError(f"{found.model.name} has no degrees of freedom, so there is no fit to judge.")
    return at_population(found.model, population(found, found.model))


def _own(found: Fit) -> dict[str, float]:
    values = indices(found)
    own = {}
    for name, robust in _ROBUST.items():
        better = float(values.get(robust, math.nan))
        own[name] = float(values[name]) if math.isnan(better) else better
    return own


def _table(samples: pd.DataFrame, levels: Sequence[tuple[str, float]], own: dict[str, float]) -> pd.DataFrame:
    rows = []
    for name, size in levels:
        for index in INDICES:
            true = samples.loc[samples["level"] == levels[0][0], index].dropna().to_numpy(float)
            missed = samples.loc[samples["level"] == name, index].dropna().to_numpy(float)
            cutoff, caught, kept, reason = _cutoff(index, true, missed, size == 0)
            value = own[index]
            inside = None if math.isnan(cutoff) or math.isnan(value) else _passes(index, value, cutoff)
            rows.append((name, size, index, cutoff, caught, kept, value, inside, reason))
    columns = ["level", "discrepancy", "index", "cutoff", "caught", "kept", "value", "within", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _passes(index: str, value: float, cutoff: float) -> bool:
    return value >= cutoff if index == "cfi" else value <= cutoff


def _cutoff(index: str, true: Array, missed: Array, exact: bool) -> tuple[float, float, float, str]:
    """Cut-off, share of misfitting samples that fail it, share of the others that pass it, and why there is none."""
    nothing = (math.nan, math.nan, math.nan)
    if not len(true) or not len(missed):
        return *nothing, "no samples"
    good = 1.0 if index == "cfi" else -1.0
    if exact:
        cutoff = good * float(np.quantile(good * true, 1 - SHARES[0]))
        return cutoff, math.nan, float((good * true >= good * cutoff).mean()), ""
    for share in SHARES:
        cutoff = good * float(np.quantile(good * missed, share))
        caught = float((good * missed <= good * cutoff).mean())
        kept = float((good * true > good * cutoff).mean())
        if kept >= share:
            return cutoff, caught, kept, ""
    return *nothing, "samples with and without this misfit overlap: N is too small to tell them apart"
