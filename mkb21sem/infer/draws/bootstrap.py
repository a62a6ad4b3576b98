"""The bootstrap: rows are drawn again and again, every draw is fitted, and the spread of what follows is looked at.

Draws are rows of weights, refitted in batches that start at the sample's estimates; chunks of draws run side by side.
Rows that are left out in turn (the jackknife) tell how much the spread changes with the estimate, which BCa needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from mkb21sem.checkpoint import Checkpoint
from mkb21sem.errors import FitError
from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.refits.resample import Redrawn, check_resampling, draw_counts, drawing_order, redraw
from mkb21sem.infer.draws.improper import Flags, improper
from mkb21sem.linalg import Array
from mkb21sem.parallel import Chunk, Progress, chunks, replicate

CHUNK = 128
"""Draws in a chunk, whatever the number of workers: the seeds hang on it."""
LEFT_OUT = 500
"""Up to so many rows each one is left out in turn; of more rows, this many sets of them."""


@dataclass(frozen=True)
class Bootstrap:
    """Estimates of every draw, failed ones too.

    Attributes
    ----------
    found
        The fit that was drawn from.
    theta : (b, k)
        Free parameters; NaN where a draw did not converge.
    cells : (b, g, c)
        All parameters, with the exogenous moments of each draw; NaN likewise.
    cause : (b,)
        Why a draw did not converge; empty where it did.
    wrong : r
        What can be wrong with estimates, see `improper`.
    improper : (b, r)
        Which of it is so in a draw. Such draws are counted and kept: leaving them out would cut the distribution.
    jackknife : (j, g, c)
        Estimates without each row, or each of j sets of rows, in turn; empty if `bootstrap` was stopped before.
    failed
        How many of these did not converge.
    seed, asked, stopped
        For doing it again; draws that were asked for; whether the user ended it before.
    """

    found: Fit
    theta: Array
    cells: Array
    cause: npt.NDArray[np.str_]
    wrong: tuple[str, ...]
    improper: Flags
    jackknife: Array
    failed: int
    seed: int
    asked: int
    stopped: bool = False

    @cached_property
    def converged(self) -> Flags:
        """Which draws have estimates, (b,)."""
        return np.asarray(self.cause == "")

    @cached_property
    def admissible(self) -> Flags:
        """Which draws have estimates with nothing wrong, (b,)."""
        return np.asarray(self.converged & ~self.improper.any(axis=1))

    def counts(self) -> pd.DataFrame:
        """What became of the draws: outcome, draws, share; one draw may have several things wrong."""
        rows = [("asked for", self.asked), ("finished", len(self.theta)), ("converged", int(self.converged.sum()))]
        rows += [(f"failed: {why}", int((self.cause == why).sum())) for why in np.unique(self.cause) if why]
        rows += [("improper", int((self.converged & ~self.admissible).sum()))]
        rows += [
            (f"improper: {why}", int(number))
            for why, number in zip(self.wrong, self.improper.sum(axis=0), strict=True)
            if number
        ]
        frame = pd.DataFrame(rows, columns=["outcome", "draws"])
        return frame.assign(share=frame["draws"] / self.asked)

    def __str__(self) -> str:
        found = f"{self.found.model.name}, {self.found.estimator.name}: {len(self.theta):,} bootstrap draws"
        early = f" of {self.asked:,} (stopped by the user)" if self.stopped else ""
        failed, odd = int((~self.converged).sum()), int((self.converged & ~self.admissible).sum())
        return f"{found}{early}, seed {self.seed}; {failed:,} failed, {odd:,} improper (kept)"


def bootstrap(
    found: Fit,
    draws: int = 5000,
    seed: int = 1,
    workers: int = 2,
    *,
    backend: str = "loky",
    progress: Callable[[Progress], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Bootstrap:
    """Fit a model to draws of its sample's rows.

    Parameters
    ----------
    found
        A converged fit of rows by any estimator, with or without missing answers, groups or sampling weights.
    draws
        How many.
    seed
        A whole number; the same seed gives the same bits, whatever the workers and backend.
    workers, backend
        Local processes, or the address of a Dask scheduler; see `mkb21sem.parallel.replicate`.
    progress
        Told after every chunk how many refits are done, of how many, and the seconds left.
    checkpoint
        Keeps the draws that are finished: after a kill the same call goes on, with the same bits in the end. Estimates
        without single rows are not kept, but made again.

    Returns
    -------
    Bootstrap
        For `intervals`. Ctrl-C ends it with the draws that are finished.

    Raises
    ------
    OptionError
        A fit without rows or without a minimum, or wrong options.
    FitError
        Not one draw could be fitted.

    Notes
    -----
    Rows are drawn with replacement, within groups, and each draw is estimated as the sample was (Efron & Tibshirani
    1993): under WLSMV thresholds, polychorics and weights are those of the draw; under FIML its missing patterns
    are; sampling weights go with their rows. Draws that fail are counted and named, not replaced.
    """
    check_resampling(found)
    work = chunks(draws, CHUNK, seed)
    rows = sum(len(y) for y in found.moments.rows)
    sets = min(rows, LEFT_OUT)
    apart = [
        _LeftOut(begin, min(CHUNK, sets - begin), np.random.SeedSequence(0), sets) for begin in range(0, sets, CHUNK)
    ]
    done = replicate(
        _Refit(_light(found)),
        [*apart, *work],
        workers=workers,
        backend=backend,
        progress=progress,
        checkpoint=checkpoint,
    )
    parts = dict(zip(done.places, done.found, strict=True))
    drawn = [parts[i] for i in sorted(parts) if i >= len(apart)]
    left_out = [parts[i] for i in range(len(apart)) if i in parts]
    if not drawn:
        raise FitError("the bootstrap was stopped before the first draws were finished.")
    if not any(one.made.converged.any() for one in drawn):
        tried = sum(len(one.made.theta) for one in drawn)
        raise FitError(f"none of {tried:,} draws could be fitted: {drawn[0].made.cause[0]}.")
    whole = len(left_out) == len(apart)
    good = [one.made.cells[one.made.converged] for one in left_out]
    return Bootstrap(
        found,
        _joined([one.made.theta for one in drawn], [one.made.converged for one in drawn]),
        _joined([one.made.cells for one in drawn], [one.made.converged for one in drawn]),
        np.concatenate([one.made.cause for one in drawn]),
        drawn[0].wrong,
        np.concatenate([one.improper for one in drawn]),
        np.concatenate(good) if whole else np.empty((0, *found.cells.shape)),
        sum(int((~one.made.converged).sum()) for one in left_out),
        seed,
        draws,
        done.stopped,
    )


def _joined(values: list[Array], converged: list[Flags]) -> Array:
    each, fine = np.concatenate(values), np.concatenate(converged)
    return np.where(fine.reshape(-1, *[1] * (each.ndim - 1)), each, np.nan)


def _light(found: Fit) -> Fit:
    """The fit without the matrices that were computed along the way, to be sent to the workers."""
    ordinal = tuple(replace(one) for one in found.moments.ordinal)
    return replace(found, moments=replace(found.moments, ordinal=ordinal))


@dataclass(frozen=True, slots=True)
class _LeftOut(Chunk):
    """A chunk of the jackknife: sets of rows begin … begin + size − 1 of `sets`, each left out in turn.

    What it gives tells of single respondents, so it is never kept on disk.
    """

    kept: ClassVar[bool] = False
    sets: int

    def counts(self, found: Fit) -> Array:
        place = np.arange(found.moments.total)
        if self.sets < len(place):
            # Which rows are together may not hang on their order.
            place[np.concatenate(drawing_order(found))] = np.arange(len(place))
        mine = np.arange(self.begin, self.begin + self.size)[:, None]
        return np.where(place % self.sets == mine, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What a chunk gives: estimates, and what is wrong with them."""

    made: Redrawn
    wrong: tuple[str, ...]
    improper: Flags


@dataclass(frozen=True, slots=True)
class _Refit:
    """Fits the draws of a chunk."""

    found: Fit

    def __call__(self, chunk: Chunk) -> _Chunk:
        counts = self._counts(chunk)
        made = redraw(self.found, counts)
        fine = np.flatnonzero(made.converged)
        wrong, some = improper(self.found.layout, made.cells[fine] if fine.size else self.found.cells[None])
        flags = np.zeros((chunk.size, len(wrong)), dtype=bool)
        flags[fine] = some[: fine.size]
        return _Chunk(made, wrong, flags)

    def _counts(self, chunk: Chunk) -> Array:
        if isinstance(chunk, _LeftOut):
            return chunk.counts(self.found)
        return draw_counts(self.found, chunk.rng(), chunk.size)
