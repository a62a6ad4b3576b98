"""Threads inside, processes outside: one BLAS thread in a fit, and replicates over processes or a cluster.

Replicates are cut into chunks of a fixed size, and each chunk has a seed of its own. What a chunk gives does not
depend on where or when it is done, so neither do the numbers.
"""

from __future__ import annotations

import ctypes
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

from mkb21sem.checkpoint import Checkpoint
from mkb21sem.errors import OptionError

T = TypeVar("T")
R = TypeVar("R")

BACKENDS = ("loky", "threading")
"""Local backends of joblib; anything with ``://`` in it is the address of a Dask scheduler."""

MOST_WORKERS = 512
"""Local processes that can be asked for: each takes some hundred megabytes."""
ATTEMPTS = 3
"""How often local processes are started again after one of them was killed."""
PATIENCE = 10
"""Seconds that a Dask scheduler has to answer, and to show a worker."""


_TRIM, _MMAP = -1, -3
"""glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD."""


@cache
def _controller() -> ThreadpoolController:
    # Looking the libraries up takes longer than a fit, so once is enough.
    _keep_memory()
    return ThreadpoolController()


def _keep_memory() -> None:
    """Let glibc keep what it was given: handing stacks of matrices back at once takes longer than computing them."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_TRIM, 1 << 28)
        mallopt(_MMAP, 1 << 25)


def one_thread() -> AbstractContextManager[Any]:
    """Limit BLAS to one thread: on matrices of this size more threads make it many times slower."""
    return _controller().limit(limits=1)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of replicates that are done together.

    Attributes
    ----------
    begin, size
        The first of them, and how many.
    seed
        Spawned from the seed of the whole by the chunk's number.
    kept
        Whether a checkpoint may hold its outcome: not if that says something of a single respondent.
    """

    kept: ClassVar[bool] = True
    begin: int
    size: int
    seed: np.random.SeedSequence

    def rng(self) -> np.random.Generator:
        """Random numbers of this chunk, the same wherever it is done."""
        return np.random.default_rng(self.seed)


def chunks(count: int, size: int, seed: int) -> tuple[Chunk, ...]:
    """Cut `count` replicates into chunks of `size` (the last may be shorter), each with a seed of its own.

    More replicates with the same seed begin with the same chunks.

    Raises
    ------
    OptionError
        No replicates, or a seed that is no whole number from 0.
    """
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise OptionError(f"seed must be a whole number from 0; got {seed!r}.")
    if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < 1:
        raise OptionError(f"the number of draws must be a whole number from 1; got {count!r}.")
    begins = range(0, int(count), size)
    seeds = np.random.SeedSequence(int(seed)).spawn(len(begins))
    return tuple(Chunk(begin, min(size, count - begin), own) for begin, own in zip(begins, seeds, strict=True))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far replicates are: done, of how many, and the seconds left at the present pace."""

    done: int
    asked: int
    left: float


@dataclass(frozen=True, slots=True)
class Replicates(Generic[R]):
    """What came out of each chunk.

    Attributes
    ----------
    found
        The outcome of every finished chunk, in the order of the chunks.
    places
        Numbers of these chunks: all of them, unless it was stopped.
    done, asked
        Replicates that are finished, and all.
    stopped
        Whether the user ended it early (Ctrl-C).
    """

    found: tuple[R, ...]
    places: tuple[int, ...]
    done: int
    asked: int
    stopped: bool = False


def replicate(
    job: Callable[[T], R],
    work: Sequence[T],
    *,
    workers: int = 1,
    backend: str = "loky",
    progress: Callable[[Progress], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Replicates[R]:
    """Do a job for every chunk of work, in this process, in local processes or on a Dask cluster.

    Parameters
    ----------
    job
        A function of a chunk that can be pickled (a function of a module, a `functools.partial` of one, or a
        frozen dataclass with ``__call__``). Random numbers come from ``chunk.rng()`` only.
    work
        Usually `chunks`; other pieces of work count as one replicate each.
    workers
        Local processes; 1 works in this one. A cluster has the workers it has.
    backend
        ``loky`` (processes), ``threading``, or the address of a Dask scheduler such as ``tcp://127.0.0.1:8786``.
    progress
        Called after every chunk.
    checkpoint
        Where finished chunks are kept, and looked for first: a run that was killed goes on from there. The caller
        clears it when the output is complete.

    Returns
    -------
    Replicates
        In the order of the work, whatever the order in which it was finished. Ctrl-C keeps what is finished.

    Raises
    ------
    OptionError
        An unknown backend, no scheduler at that address, Dask not installed, or processes that are killed again
        and again. What the job itself raises is raised as it is.

    Notes
    -----
    A Dask worker that dies gives its chunks to the others; local processes are started again for what is not finished.
    Each chunk runs on one BLAS thread. Bits are the same on any machine with the same processor type and libraries.
    """
    check_workers(workers, backend)
    sizes = [piece.size if isinstance(piece, Chunk) else 1 for piece in work]
    asked, stopped = sum(sizes), False
    stage = None if checkpoint is None else checkpoint.stage(job, work)
    done: dict[int, R] = {} if stage is None else stage.finished()
    begun, before = perf_counter(), sum(sizes[i] for i in done)
    if checkpoint is not None and before:
        checkpoint.say(f"Going on from {before:,} of {asked:,} that were finished before ({checkpoint.folder}).")
    try:
        for place, outcome in _outcomes(job, work, workers, backend, done):
            done[place] = outcome
            if stage is not None and getattr(work[place], "kept", True):
                stage.store(place, outcome)
            if progress is not None:
                finished = sum(sizes[i] for i in done)
                pace = (perf_counter() - begun) / (finished - before)
                progress(Progress(finished, asked, pace * (asked - finished)))
    except KeyboardInterrupt:
        stopped = True
    places = tuple(sorted(done))
    return Replicates(tuple(done[i] for i in places), places, sum(sizes[i] for i in places), asked, stopped)


def check_workers(workers: int, backend: str) -> None:
    """Refuse what `replicate` can't work with, before anything long is computed.

    Raises
    ------
    OptionError
        No number of processes, too many of them, or an unknown place to work.
    """
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:
        raise OptionError(f"workers must be a whole number from 1; got {workers!r}.")
    if workers > MOST_WORKERS:
        raise OptionError(f"workers: at most {MOST_WORKERS} are started on one machine; got {workers}.")
    if backend not in BACKENDS and "://" not in backend:
        raise OptionError(
            f"backend must be {', '.join(BACKENDS)} or the address of a Dask scheduler such as "
            f"tcp://127.0.0.1:8786; got {backend!r}."
        )


def _alone(job: Callable[[T], R], place: int, piece: T) -> tuple[int, R]:
    with one_thread():
        return place, job(piece)


def _outcomes(
    job: Callable[[T], R], work: Sequence[T], workers: int, backend: str, done: dict[int, R]
) -> Iterator[tuple[int, R]]:
    """Number and outcome of every chunk that is not in `done`, as they are finished."""
    rest = [(place, piece) for place, piece in enumerate(work) if place not in done]
    if "://" in backend:
        with closing(_client(backend)) as client:
            yield from _parallel(job, rest, {"backend": "dask", "client": client}, -1)
    elif workers == 1:
        yield from (_alone(job, place, piece) for place, piece in rest)
    else:
        yield from _local(job, work, workers, backend, done)


def _local(
    job: Callable[[T], R], work: Sequence[T], workers: int, backend: str, done: dict[int, R]
) -> Iterator[tuple[int, R]]:
    """Local processes, started again for the rest if one is killed."""
    from joblib.externals.loky.process_executor import BrokenProcessPool

    for _ in range(ATTEMPTS):
        rest = [(place, piece) for place, piece in enumerate(work) if place not in done]
        try:
            yield from _parallel(job, rest, {"backend": backend}, workers)
        except BrokenProcessPool:
            continue
        return
    raise OptionError(
        f"worker processes were killed {ATTEMPTS} times, with {len(done)} of {len(work)} chunks finished: there is "
        "probably too little memory. Use fewer workers."
    )


def _parallel(
    job: Callable[[T], R], pieces: Sequence[tuple[int, T]], settings: dict[str, Any], workers: int
) -> Iterator[tuple[int, R]]:
    from joblib import Parallel, delayed, parallel_config

    # The piece travels inside the task: as an argument Dask would store it with one worker, and lose it with that one.
    tasks = (delayed(_Task(job, place, piece))() for place, piece in pieces)
    with parallel_config(**settings), warnings.catch_warnings():
        for known in ("A worker stopped while some jobs", ".*tasks which were still being processed"):
            warnings.filterwarnings("ignore", known, UserWarning)
        yield from Parallel(n_jobs=workers, batch_size=1, return_as="generator_unordered")(tasks)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Task(Generic[T, R]):
    """A piece of work with its job, as one thing that can be sent.

    Dask looks tasks up and names them: neither may read what the job holds.
    """

    job: Callable[[T], R]
    place: int
    piece: T

    def __call__(self) -> tuple[int, R]:
        return _alone(self.job, self.place, self.piece)


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise OptionError(
            "a scheduler's address needs Dask: pip install 'mkb21sem[dask]', or leave the scheduler out."
        ) from error
    try:
        client = Client(address, timeout=f"{PATIENCE}s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise OptionError(
            f"no Dask scheduler answers at {address} ({error}). Start one by `dask scheduler`, and workers by "
            f"`dask worker {address}`, in environments with mkb21sem in them."
        ) from error
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        client.close()
        raise OptionError(
            f"the Dask scheduler at {address} has no worker, and got none in {PATIENCE} s. Start some by `dask worker "
            f"{address}`, in environments with mkb21sem in them."
        ) from error
    return client
