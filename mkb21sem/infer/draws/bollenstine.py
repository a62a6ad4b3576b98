"""The Bollen–Stine test of fit: how far draws from a sample that the model fits are from the model.

The rows are turned so that their moments are those that the model implies, z = μ̂ + Σ̂^½ S^{-½} (y − m), and drawn
again and again; the share of draws with a χ² as large as the sample's is the p-value (Bollen & Stine 1992). Nothing is
assumed of the distribution of the answers but their moments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mkb21sem.checkpoint import Checkpoint
from mkb21sem.errors import FitError, OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.implied import centred, implied
from mkb21sem.estimate.refits.resample import check_resampling, draw_counts, redraw
from mkb21sem.infer.draws.bootstrap import CHUNK
from mkb21sem.linalg import Array
from mkb21sem.parallel import Chunk, Progress, chunks, replicate


@dataclass(frozen=True)
class BollenStine:
    """The test and what it rests on.

    Attributes
    ----------
    chisq, df
        Of the sample.
    p
        Share of the converged draws whose χ² is as large as that of the sample.
    draws : (b,)
        χ² of each draw from the turned rows; NaN where a draw did not converge.
    seed, asked, stopped
        As in `Bootstrap`.
    """

    chisq: float
    df: float
    p: float
    draws: Array
    seed: int
    asked: int
    stopped: bool = False

    @property
    def failed(self) -> int:
        """Draws that did not converge."""
        return int(np.isnan(self.draws).sum())

    @property
    def error(self) -> float:
        """Monte Carlo standard error of p."""
        return float(np.sqrt(self.p * (1 - self.p) / (len(self.draws) - self.failed)))

    def __str__(self) -> str:
        early = f" of {self.asked:,} (stopped by the user)" if self.stopped else ""
        return (
            f"Bollen–Stine: chi-square({self.df:g}) = {self.chisq:.3f}, p = {self.p:.3f} from {len(self.draws):,} "
            f"draws{early}, seed {self.seed}; {self.failed:,} failed"
        )


def bollen_stine(
    found: Fit,
    draws: int = 2000,
    seed: int = 1,
    workers: int = 2,
    *,
    backend: str = "loky",
    progress: Callable[[Progress], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> BollenStine:
    """Test of fit from draws of rows that are turned to fit.

    Parameters
    ----------
    found
        A converged fit of complete rows by a likelihood estimator, without sampling weights.
    draws, seed, workers, backend, progress, checkpoint
        As in `bootstrap`.

    Raises
    ------
    OptionError
        Another kind of fit: with missing answers or weights the rows can't be turned, and ordinal items have none.
    FitError
        No draw converged.

    Notes
    -----
    The rows of each group are turned and drawn apart. χ² is the unscaled one also under MLR; its draws carry the
    distribution that the scaling approximates.
    """
    check_resampling(found)
    sample = found.moments
    if found.estimator.loss != "normal" or sample.patterns or sample.weights:
        raise OptionError(
            "bollen_stine needs a fit of complete, unweighted rows by ML, MLM or MLR. Otherwise the scaled test of MLR "
            "or WLSMV is the one to take."
        )
    if found.test.df == 0:
        raise OptionError("the model has no degrees of freedom, so there is nothing to test.")
    job = _Draws(turned(found))
    work = chunks(draws, CHUNK, seed)
    done = replicate(job, work, workers=workers, backend=backend, progress=progress, checkpoint=checkpoint)
    if not done.found:
        raise FitError("the test was stopped before the first draws were finished.")
    chisq = np.concatenate(done.found)
    there = np.isfinite(chisq)
    if not there.any():
        raise FitError("no draw from the turned rows converged: the sample is too small for this model.")
    # A draw from a sample that fits can't be told from it by rounding.
    p = float((chisq[there] >= found.test.chisq * (1 - 1e-10)).mean())
    return BollenStine(found.test.chisq, found.test.df, p, chisq, seed, draws, done.stopped)


def turned(found: Fit) -> Fit:
    """The fit of rows whose moments are those implied: same estimates, χ² of 0."""
    sample, where = found.moments, found.layout
    mu, Sigma, _, _ = centred(where, implied(where, found.cells))
    means = mu if where.meanstructure else sample.mean
    rows = tuple(
        after + (y - before) @ root(np.linalg.inv(S)) @ root(Sigma[g])
        for g, (y, before, S, after) in enumerate(zip(sample.rows, sample.mean, sample.cov, means, strict=True))
    )
    return replace(found, moments=replace(sample, rows=rows, cov=Sigma, mean=means))


def root(M: Array) -> npt.NDArray[np.float64]:
    """The symmetric root of a positive definite matrix (p, p)."""
    values, vectors = np.linalg.eigh(M)
    return np.asarray((vectors * np.sqrt(values)) @ vectors.T)


@dataclass(frozen=True, slots=True)
class _Draws:
    """χ² of the draws of a chunk."""

    found: Fit

    def __call__(self, chunk: Chunk) -> Array:
        made = redraw(self.found, draw_counts(self.found, chunk.rng(), chunk.size))
        return np.where(made.converged, 2 * self.found.moments.total * made.value, np.nan)
