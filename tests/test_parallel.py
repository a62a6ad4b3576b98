"""Replicates over processes and a cluster: the same numbers wherever they are made, and none lost."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mkb21sem import OptionError
from mkb21sem.parallel import Chunk, Progress, _keep_memory, chunks, replicate


def numbers(chunk: Chunk) -> np.ndarray:
    """Draws that take BLAS and random numbers."""
    rng = chunk.rng()
    return np.stack([np.linalg.inv(np.cov(rng.standard_normal((6, 40)))) for _ in range(chunk.size)])


@dataclass(frozen=True)
class Killed:
    """Kills the process that first gets chunk 3; the mark says that it has happened."""

    mark: Path

    def __call__(self, chunk: Chunk) -> np.ndarray:
        if chunk.begin == 3 * 5 and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return numbers(chunk)


@dataclass(frozen=True)
class Interrupted:
    """Presses Ctrl-C in chunk `at`."""

    at: int

    def __call__(self, chunk: Chunk) -> np.ndarray:
        if chunk.begin == self.at:
            raise KeyboardInterrupt
        return numbers(chunk)


def joined(found) -> np.ndarray:
    return np.concatenate(found.found)


SERIAL = joined(replicate(numbers, chunks(33, 5, 7)))


def test_chunks_cover_the_draws_and_begin_alike():
    work = chunks(33, 5, 7)
    assert [(one.begin, one.size) for one in work] == [*((5 * i, 5) for i in range(6)), (30, 3)]
    assert len({one.rng().integers(2**63) for one in work}) == 7
    assert [one.rng().random() for one in chunks(12, 5, 7)] == [one.rng().random() for one in work[:3]]


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_bits_do_not_depend_on_the_workers(backend):
    assert (joined(replicate(numbers, chunks(33, 5, 7), workers=2, backend=backend)) == SERIAL).all()


def test_a_killed_process_loses_no_draw(tmp_path):
    mark = tmp_path / "killed"
    found = replicate(Killed(mark), chunks(33, 5, 7), workers=2)
    assert mark.exists()
    assert (joined(found) == SERIAL).all()


def test_processes_that_are_killed_again_and_again_are_explained():
    with pytest.raises(OptionError, match=r"killed 3 times, with 0 of 2 chunks finished.*fewer workers"):
        replicate(_Deadly(), chunks(4, 2, 1), workers=2)


class _Deadly:
    def __call__(self, chunk: Chunk) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def test_progress_counts_replicates_and_tells_the_time_left():
    seen: list[Progress] = []
    replicate(numbers, chunks(33, 5, 7), progress=seen.append)
    assert [one.done for one in seen] == [5, 10, 15, 20, 25, 30, 33]
    assert {one.asked for one in seen} == {33}
    assert all(one.left > 0 for one in seen[:-1])
    assert seen[-1].left == 0


def test_stopping_keeps_what_is_finished():
    found = replicate(Interrupted(15), chunks(33, 5, 7))
    assert found.stopped
    assert (found.done, found.asked, found.places) == (15, 33, (0, 1, 2))
    assert (joined(found) == SERIAL[:15]).all()


def slow(chunk: Chunk) -> np.ndarray:
    time.sleep(0.05)
    return numbers(chunk)


@pytest.fixture
def heard():
    """Ctrl-C is heard, also where tests are run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_ctrl_c_while_processes_work():
    def press(progress: Progress) -> None:
        if progress.done == 15:
            os.kill(os.getpid(), signal.SIGINT)

    found = replicate(slow, chunks(500, 5, 7), workers=2, progress=press)
    assert found.stopped
    assert 15 <= found.done < 500
    whole = replicate(numbers, chunks(500, 5, 7))
    assert (joined(found) == np.concatenate([whole.found[i] for i in found.places])).all()


def test_what_the_job_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        replicate(_divide, [1, 0], workers=2)


def _divide(by: int) -> float:
    return 1 / by


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "workers must be a whole number from 1; got 0"),
        ({"backend": "ray"}, "loky, threading or the address of a Dask scheduler"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(OptionError, match=message):
        replicate(numbers, chunks(4, 2, 1), **options)


@pytest.mark.parametrize(("count", "seed"), [(0, 1), (1.5, 1), (5, -1), (5, "a"), (True, 1)])
def test_wrong_draws_and_seeds(count, seed):
    with pytest.raises(OptionError, match="must be a whole number"):
        chunks(count, 5, seed)


@dataclass(frozen=True)
class Heavy:
    """A job that holds arrays, as fits do."""

    held: np.ndarray

    def __call__(self, chunk: Chunk) -> np.ndarray:
        return numbers(chunk) + self.held.sum()


def test_a_cluster_does_jobs_that_hold_arrays():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:
        found = replicate(Heavy(np.zeros(3)), chunks(33, 5, 7), backend=cluster.scheduler_address)
    assert (joined(found) == SERIAL).all()


def test_a_scheduler_without_workers(monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("mkb21sem.parallel.PATIENCE", 1)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None) as cluster,
        pytest.raises(OptionError, match=r"scheduler at tcp://\S+ has no worker, and got none in 1 s\. Start some by"),
    ):
        replicate(numbers, chunks(4, 2, 1), backend=cluster.scheduler_address)


def test_a_scheduler_that_is_not_there():
    pytest.importorskip("distributed")
    with pytest.raises(OptionError, match="no Dask scheduler answers at udp://nowhere"):
        replicate(numbers, chunks(4, 2, 1), backend="udp://nowhere")


def test_an_address_without_dask_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(OptionError, match=r"needs Dask: pip install 'mkb21sem\[dask\]', or leave the scheduler out"):
        replicate(str, chunks(4, 2, 1), backend="tcp://127.0.0.1:9")


@pytest.mark.parametrize(("platform", "library"), [("darwin", None), ("linux", object())])
def test_where_memory_is_not_kept_by_glibc_nothing_is_asked_of_it(monkeypatch, platform: str, library: object) -> None:
    """A Mac has no such function, nor has a Linux with another C library."""
    asked = []
    monkeypatch.setattr("mkb21sem.parallel.sys.platform", platform)
    monkeypatch.setattr("mkb21sem.parallel.ctypes.CDLL", lambda name: asked.append(name) or library)
    _keep_memory()
    assert len(asked) == (platform == "linux")
