"""Power by simulation: draw samples as the wave would give them, fit each by MLR, count what is found."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm
from statsmodels.stats.proportion import proportion_confint

from mkb21sem.checkpoint import Checkpoint
from mkb21sem.errors import Mkb21Error
from mkb21sem.estimate.estimators import ESTIMATORS
from mkb21sem.estimate.rows import moments
from mkb21sem.estimate.solve import solve
from mkb21sem.infer.planning.answers import Source
from mkb21sem.infer.planning.noncentrality import AtPopulation, arrow_parameters
from mkb21sem.infer.planning.robust_batch import robust_estimates
from mkb21sem.linalg import Array
from mkb21sem.parallel import Chunk, Progress, chunks, replicate
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.layout import Layout, layout

TOGETHER, ALONE = 40, 4
"""Samples in a chunk: with complete answers they are fitted at once, with holes one after the other."""
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came out of the samples of one size.

    Attributes
    ----------
    n
        Respondents of each sample.
    est, se : (b, h)
        Unstandardised effect of each hypothesis and its robust standard error; NaN where the sample failed.
    pvalue : (b,)
        Of the robust test of fit.
    converged, proper : (b,)
        Whether estimates and standard errors were found, and whether no variance was negative.
    asked
        Samples asked for; more than b if the user stopped it.
    """

    n: int
    est: Array
    se: Array
    pvalue: Array
    converged: Array
    proper: Array
    asked: int

    @property
    def rejected(self) -> float:
        """Share of the samples with a test of fit in which it rejects at .05."""
        tested = self.pvalue[np.isfinite(self.pvalue) & self.converged]
        return float((tested < 1 - LEVEL).mean()) if len(tested) else math.nan


@dataclass(frozen=True)
class _Draws:
    """Draw and fit a chunk of samples; can be sent to a worker."""

    origin: Source
    where: Layout
    begin: Array
    effects: tuple[tuple[int, ...], ...]
    n: int

    def __call__(self, chunk: Chunk) -> tuple[Array, ...]:
        y = self.origin.draw(chunk.rng(), chunk.size, self.n)
        if self.origin.complete:
            found = robust_estimates(self.where, y, self.begin)
            pvalue = _pvalue(found.chisq / found.scaling, self.where.df)
            return (*self._measured(found.theta, found.vcov), pvalue, found.converged, found.proper)
        parts = [self._with_holes(each) for each in y]
        return tuple(np.concatenate([part[i] for part in parts]) for i in range(5))

    def _measured(self, theta: Array, vcov: Array) -> tuple[Array, Array]:
        """Effect and standard error of each hypothesis, (b, h) each, from theta (b, k) and vcov (b, k, k)."""
        est, se = np.empty((len(theta), len(self.effects))), np.empty((len(theta), len(self.effects)))
        for h, places in enumerate(self.effects):
            at = np.array(places)
            values = theta[:, at]
            est[:, h] = values.prod(axis=1)
            gradient = np.column_stack([np.delete(values, i, axis=1).prod(axis=1) for i in range(len(at))])
            variance = np.einsum("bi,bij,bj->b", gradient, vcov[:, at[:, None], at], gradient)
            se[:, h] = np.sqrt(np.where(variance > 0, variance, np.nan))
        return np.where(np.isfinite(se), est, np.nan), se

    def _with_holes(self, y: Array) -> tuple[Array, ...]:
        """The same for one sample with missing answers, by full information."""
        held = len(self.effects)
        failed = (np.full((1, held), np.nan),) * 2 + (np.array([np.nan]), np.array([False]), np.array([False]))
        wide = layout(self.where.model, meanstructure=True)
        try:
            sample = moments(
                pd.DataFrame(y, columns=list(self.origin.names)), wide.observed, missing="fiml", complete=wide.exogenous
            )
            found, at = solve(ESTIMATORS["MLR"], wide, sample)
            if not found.converged[0]:
                return failed
            vcov, scaled = at.vcov(), at.scaled()
        except (Mkb21Error, np.linalg.LinAlgError):
            return failed
        if not np.isfinite(vcov).all() or scaled is None:
            return failed
        place = np.array([wide.names.index(name) for name in self.where.names])
        est, se = self._measured(at.theta[None, place], vcov[None][:, place[:, None], place])
        own = (wide.matrix == 1) & (wide.row == wide.col)
        proper = np.array([bool((at.cells[0, own] >= 0).all())])
        return est, se, _pvalue(np.array([scaled.chisq]), wide.df), np.array([True]), proper


def _pvalue(chisq: Array, df: int) -> Array:
    return np.asarray(chi2.sf(chisq, df)) if df else np.full(len(chisq), np.nan)


def simulate(
    at: AtPopulation,
    origin: Source,
    hypotheses: Sequence[Hypothesis],
    n: int,
    draws: int,
    *,
    seed: int = 1,
    workers: int = 1,
    backend: str = "loky",
    progress: Callable[[Progress], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> tuple[Simulated, bool]:
    """Draw and fit samples of one size; and whether the user stopped it.

    Notes
    -----
    The seed of each chunk follows from `seed`, `n` and the chunk's number, so that neither the number of workers nor
    the other sizes change anything.
    """
    chunks(draws, 1, seed)  # refuses a seed or a number of draws that is none
    effects = tuple(arrow_parameters(at.layout, each) for each in hypotheses)
    job = _Draws(origin, at.layout, at.theta, effects, n)
    own = int(np.random.SeedSequence([seed, n]).generate_state(1)[0])
    work = chunks(draws, TOGETHER if origin.complete else ALONE, own)
    done = replicate(job, work, workers=workers, backend=backend, progress=progress, checkpoint=checkpoint)
    empty = (*(np.empty((0, len(effects))),) * 2, *(np.empty(0),) * 3)
    parts = [np.concatenate(part) for part in zip(*done.found, strict=True)] if done.found else list(empty)
    est, se, pvalue, converged, proper = parts
    return Simulated(n, est, se, pvalue, converged.astype(bool), proper.astype(bool), done.asked), done.stopped


def found_shares(drawn: Simulated, at: AtPopulation, hypotheses: Sequence[Hypothesis]) -> pd.DataFrame:
    """How often each hypothesis was found: id n power low high family_power coverage draws failed improper.

    Notes
    -----
    ``power`` counts tests at the hypothesis's own level, one-sided where a sign is registered; ``family_power`` counts
    them after Holm over the primary hypotheses and Benjamini–Hochberg over the others. low–high is Wilson's interval
    for what the number of samples leaves open. Samples without estimates count as not found.
    """
    usable = np.asarray(np.isfinite(drawn.est).all(axis=1))
    direction = np.array([{"+": 1.0, "-": -1.0}.get(each.sign, 0.0) for each in hypotheses])
    z = drawn.est[usable] / drawn.se[usable]
    p = np.where(direction == 0, 2 * norm.sf(np.abs(z)), norm.sf(direction * z))
    alpha = np.array([each.alpha for each in hypotheses])
    true = np.array([np.prod(at.theta[list(arrow_parameters(at.layout, each))]) for each in hypotheses])
    half = norm.isf((1 - LEVEL) / 2) * drawn.se[usable]
    inside = np.abs(drawn.est[usable] - true) <= half
    covered = inside.mean(axis=0) if len(inside) else np.full(len(alpha), np.nan)
    hits, together = (p < alpha).sum(axis=0), _family_hits(p, alpha, hypotheses)
    b = len(usable)
    rows = []
    for h, each in enumerate(hypotheses):
        low, high = proportion_confint(int(hits[h]), b, method="wilson") if b else (math.nan, math.nan)
        rows.append(
            {
                "id": each.id,
                "n": drawn.n,
                "power": hits[h] / b if b else math.nan,
                "low": float(low),
                "high": float(high),
                "family_power": together[h] / b if b else math.nan,
                "coverage": covered[h],
                "draws": b,
                "failed": b - int(usable.sum()),
                "improper": int((~drawn.proper[usable]).sum()),
            }
        )
    return pd.DataFrame(rows)


def _family_hits(p: Array, alpha: Array, hypotheses: Sequence[Hypothesis]) -> Array:
    """How often each hypothesis is found once the tests of its family are adjusted."""
    hits = np.zeros(len(hypotheses), dtype=np.int64)
    for family, adjusted in (("primary", holm), ("secondary", benjamini_hochberg), ("exploratory", holm)):
        members = np.array([i for i, each in enumerate(hypotheses) if each.family == family], dtype=np.intp)
        hits[members] += (adjusted(p[:, members]) < alpha[members]).sum(axis=0)
    return hits


def holm(p: Array) -> Array:
    """Holm's (1979) adjusted p-values of each row of p (b, m): max over smaller ones of (m − rank + 1) p."""
    order = np.argsort(p, axis=1)
    ranked = np.take_along_axis(p, order, axis=1) * np.arange(p.shape[1], 0, -1)
    return _back(np.minimum(np.maximum.accumulate(ranked, axis=1), 1.0), order)


def benjamini_hochberg(p: Array) -> Array:
    """Benjamini & Hochberg's (1995) adjusted p-values of each row of p (b, m): min over larger ones of m p / rank."""
    order = np.argsort(p, axis=1)
    m = p.shape[1]
    ranked = np.take_along_axis(p, order, axis=1) * m / np.arange(1, m + 1)
    return _back(np.minimum(np.minimum.accumulate(ranked[:, ::-1], axis=1)[:, ::-1], 1.0), order)


def _back(ranked: Array, order: Array) -> Array:
    out = np.empty_like(ranked)
    np.put_along_axis(out, order, ranked, axis=1)
    return out
