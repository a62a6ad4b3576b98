"""Does a run that was killed end with the same bits?

    python -m benchmarks.interrupted [--runs 20] [--draws 3000] [--seed 1] [--robustness]

Starts `mkb21sem infer` with bootstrap, and with every other defensible choice if that is asked for, kills it with
signal 9 at a random moment, gives the same command again, and compares every file of the output with that of a run
that was left alone. The moment is up to a fifth of a second after a random piece of the work was finished, so that it
falls inside the work however busy the machine is. Every other run has two worker processes. Writes `interrupted.md`.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import mkb21sem

HERE = Path(__file__).parent
CHUNK = 128
"""Draws in a kept file (`mkb21sem.infer.draws.bootstrap.CHUNK`)."""
CHOICES = 20
"""So many of the 24 other choices may be done before the kill."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run that was killed.

    Attributes
    ----------
    workers
        Processes.
    moment
        Seconds after the start at which it was killed.
    draws, choices
        Bootstrap draws (counted in whole files) and other choices that were kept by then.
    resumed
        Whether the second run said that it went on from them.
    identical
        Whether every file is the same, byte for byte.
    """

    workers: int
    moment: float
    draws: int
    choices: int
    resumed: bool
    identical: bool


def command(out: Path, workers: int, options: list[str]) -> list[str]:
    """The command that is killed."""
    return [sys.executable, "-m", "mkb21sem.cli", "infer", *options, "--workers", str(workers), "--out", str(out)]


def files(folder: Path) -> set[str]:
    """Names of everything in an output."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def identical(one: Path, other: Path) -> bool:
    """Whether two outputs have the same files with the same bytes."""
    names = files(one)
    return names == files(other) and not any(filecmp.cmpfiles(one, other, sorted(names), shallow=False)[1:])


def kept(progress: Path, stage: str) -> int:
    """Kept pieces of a stage."""
    return len(list(progress.glob(f"{stage}-*/*.part")))


def killed(folder: Path, whole: Path, workers: int, options: list[str], after: int, further: float) -> Run:
    """Start, kill so many seconds after so many pieces of work were finished, give the same command again, compare."""
    out = folder / "inference"
    progress = folder / "inference.progress"
    process = subprocess.Popen(
        command(out, workers, options), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    begun = time.perf_counter()
    while kept(progress, "bootstrap") + kept(progress, "robustness") < after and process.poll() is None:
        time.sleep(0.01)
    time.sleep(further)
    moment, ended = time.perf_counter() - begun, process.poll() is not None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if ended:
        raise RuntimeError("the run ended before it was killed; take more draws")
    held = kept(progress, "bootstrap") * CHUNK, kept(progress, "robustness")
    done = subprocess.run(command(out, workers, options), capture_output=True, text=True, check=True)
    resumed = "Going on from" in " ".join(done.stderr.split())
    if progress.exists():
        raise RuntimeError(f"{progress} was not cleared")
    return Run(workers, moment, *held, resumed, identical(whole, out))


def record(runs: list[Run], took: float, options: list[str], seed: int) -> str:
    """The page."""
    same = sum(run.identical for run in runs)
    lines = [
        "# Runs that were killed",
        "",
        f"`python -m benchmarks.interrupted --runs {len(runs)} --seed {seed}`, {date.today()}, mkb21sem "
        f"{mkb21sem.__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}.",
        "",
        f"`mkb21sem infer {' '.join(options)}` on the synthetic wave; left alone it takes {took:.0f} s. Each run was "
        "killed by signal 9 at a random moment; then the same command was given again. Draws are kept in files of 128.",
        "",
        f"**{same} of {len(runs)} ended with the same bytes in every file (page, pictures, tables, results.json).**",
        "",
        "| Run | Workers | Killed after (s) | Draws kept | Choices kept | Went on from them | Identical |",
        "|---:|---:|---:|---:|---:|---|---|",
    ]
    for at, run in enumerate(runs, start=1):
        went = "yes" if run.resumed else "nothing was kept yet" if not run.draws else "NO"
        lines.append(
            f"| {at} | {run.workers} | {run.moment:.2f} | {run.draws:,} | {run.choices} | {went} | "
            f"{'yes' if run.identical else 'NO'} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Kill runs and write the record."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--runs", type=int, default=20)
    asked.add_argument("--draws", type=int, default=3000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--robustness", action="store_true")
    given = asked.parse_args()
    options = ["--draws", str(given.draws), "--intervals", "bca", *([] if given.robustness else ["--no-robustness"])]
    last = -(-given.draws // CHUNK) + CHOICES * given.robustness
    rng = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begun = time.perf_counter()
        subprocess.run(command(folder / "whole" / "inference", 1, options), capture_output=True, check=True)
        took = time.perf_counter() - begun
        runs = []
        for at in range(given.runs):
            own = folder / str(at)
            own.mkdir()
            after, further = rng.randrange(last), rng.uniform(0, 0.2)
            runs.append(killed(own, folder / "whole" / "inference", 1 + at % 2, options, after, further))
            print(at + 1, runs[-1], flush=True)
    text = record(runs, took, options, given.seed)
    (HERE / "interrupted.md").write_text(text, encoding="utf-8")
    print(text)
    if not all(run.identical for run in runs):
        sys.exit(1)


if __name__ == "__main__":
    main()
