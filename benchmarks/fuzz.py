"""Ten thousand hostile inputs, each in a process that may die or hang: `python -m benchmarks.fuzz`.

`python -m benchmarks.fuzz wave 17` makes case 17 of the kind `wave` again and says what came of it.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import resource
import sys
from collections.abc import Iterator
from importlib import import_module
from multiprocessing.connection import Connection, wait
from pathlib import Path
from time import monotonic, process_time

import mkb21sem

HERE = Path(__file__).parent
MEMORY = 6 * 2**30
PATIENCE = 400.0
"""Seconds by the clock after which a worker is stopped; what counts as hanging is 60 s of processor time."""


def work(pipe: Connection, seed: int) -> None:
    """Run cases as they come, and answer with their outcomes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ["COLUMNS"] = "200"
    logging.disable(logging.WARNING)
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 2)
    from tests.hostile.case import judged
    from tests.hostile.cases import make

    # All of the program at once: what is edited while this runs must not be mixed with what was read before.
    for module in sorted(Path(mkb21sem.__file__).parent.rglob("*.py")):
        parts = ("mkb21sem", *module.relative_to(Path(mkb21sem.__file__).parent).with_suffix("").parts)
        if parts[-1] not in ("__init__", "__main__"):
            import_module(".".join(parts))
    while (asked := pipe.recv()) is not None:
        begun = process_time()
        pipe.send((judged(make(*asked, seed)), process_time() - begun))


class Worker:
    """A process, what it works on, and since when."""

    def __init__(self, seed: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, seed), daemon=True)
        self.process.start()
        theirs.close()
        self.asked: tuple[str, int] | None = None
        self.since = monotonic()

    def ask(self, case: tuple[str, int]) -> None:
        self.asked, self.since = case, monotonic()
        self.pipe.send(case)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run(cases: Iterator[tuple[str, int]], seed: int, workers: int) -> Iterator[object]:
    """The outcome of every case; a process that dies or hangs is an outcome too, and another takes its place."""
    from tests.hostile.case import HANG, TRACEBACK, Outcome

    crew = [Worker(seed) for _ in range(workers)]
    while True:
        for worker in crew:
            if worker.asked is None and (case := next(cases, None)) is not None:
                worker.ask(case)
        busy = [worker for worker in crew if worker.asked is not None]
        if not busy:
            break
        ready = wait([worker.pipe for worker in busy], timeout=5.0)
        for worker in busy:
            kind, number = worker.asked or ("", 0)
            late = monotonic() - worker.since > PATIENCE
            if worker.pipe in ready:
                try:
                    outcome, _ = worker.pipe.recv()
                    worker.asked = None
                    yield outcome
                    continue
                except EOFError:
                    yield Outcome(kind, number, "", "", TRACEBACK, "the process died", monotonic() - worker.since)
            elif late:
                yield Outcome(kind, number, "", "", HANG, "stopped", monotonic() - worker.since)
            else:
                continue
            worker.end()
            crew[crew.index(worker)] = Worker(seed)
    for worker in crew:
        worker.end()


def main() -> int:
    """Run and write the report; 1 if anything happened that may not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", nargs="?")
    parser.add_argument("number", nargs="?", type=int)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=2012)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    if asked.kind:
        from tests.hostile.case import judged
        from tests.hostile.cases import make

        print(judged(make(asked.kind, asked.number, asked.seed)))
        return 0
    from benchmarks.fuzz_page import page
    from tests.hostile.cases import plan_of

    begun, found = monotonic(), []
    for outcome in run(plan_of(asked.cases), asked.seed, asked.workers):
        found.append(outcome)
        if not outcome.good:
            print(f"{outcome.verdict}: {outcome.kind} {outcome.number} ({outcome.what})\n    {outcome.said[-600:]}")
        if len(found) % 500 == 0:
            print(f"{len(found)} cases, {monotonic() - begun:.0f} s", flush=True)
    (HERE / "fuzzing.md").write_text(page(found, asked.seed), encoding="utf-8")
    return 0 if all(outcome.good for outcome in found) else 1


if __name__ == "__main__":
    sys.exit(main())
