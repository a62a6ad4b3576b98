"""How fast is the invariance ladder: this package, and lavaan beside it where R, lavaan and semTools are present.

    python -m benchmarks.wave_speed [--alone]

24 five-point items, 6 constructs, 4 waves of 500: the ordinal ladder with its table, and the continuous one. Both
programs read the same answers on one thread. Writes `wave_speed.md`.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from mkb21sem.infer.waves.ladder import invariance
from mkb21sem.specify.model import Model

HERE = Path(__file__).parent
CONSTRUCTS, EACH, WAVES, N, SEED = 6, 4, 4, 500, 20
TARGETS = {"ordinal": 15.0, "continuous": 1.0}
RUNS = {"ordinal": 5, "continuous": 11}
SPEC = "\n".join(f"f{k + 1} =~ " + " + ".join(f"x{EACH * k + j + 1}" for j in range(EACH)) for k in range(CONSTRUCTS))


def answers() -> pd.DataFrame:
    """Five-point answers whose constructs drift over waves."""
    rng, frames = np.random.default_rng(SEED), []
    for wave in range(WAVES):
        eta = rng.multivariate_normal(np.full(CONSTRUCTS, 0.1 * wave), 0.4 * np.eye(CONSTRUCTS) + 0.6, N)
        y = np.repeat(eta, EACH, axis=1) * 0.8 + 0.6 * rng.standard_normal((N, CONSTRUCTS * EACH))
        names = [f"x{i + 1}" for i in range(CONSTRUCTS * EACH)]
        frames.append(
            pd.DataFrame(np.digitize(y, [-1.5, -0.5, 0.3, 1.2]) + 1, columns=names).assign(wave=f"w{wave + 1}")
        )
    return pd.concat(frames, ignore_index=True)


def ours(table: pd.DataFrame) -> dict[str, tuple[float, float, list[float]]]:
    """Median wall and processor seconds, and χ² of every rung, by ladder."""
    found = {}
    for name, runs in RUNS.items():
        wall, cpu, chisq = [], [], []
        for _ in range(runs):
            clock, processor = time.perf_counter(), time.process_time()
            with threadpool_limits(1):
                ladder = invariance(Model.parse(SPEC), table, ordinal=name == "ordinal")
                chisq = ladder.table()["chisq_scaled"].tolist()
            wall.append(time.perf_counter() - clock)
            cpu.append(time.process_time() - processor)
        found[name] = (median(wall), median(cpu), chisq)
    return found


def theirs(table: pd.DataFrame) -> pd.DataFrame:
    """The same by lavaan and semTools, one run: ladder rung wall cpu chisq, and a row with the versions."""
    with tempfile.TemporaryDirectory() as name:
        table.to_csv(Path(name) / "answers.csv", index=False)
        (Path(name) / "spec.txt").write_text(SPEC + "\n", encoding="utf-8")
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        subprocess.run(["Rscript", str(HERE / "wave_speed.R"), name], check=True, env=os.environ | threads)
        return pd.read_csv(Path(name) / "timings.csv")


def page(found: dict[str, tuple[float, float, list[float]]], beside: pd.DataFrame | None) -> str:
    """The results as a table."""
    lines = [
        "# Speed of the invariance ladder",
        "",
        f"{CONSTRUCTS * EACH} five-point items, {CONSTRUCTS} constructs, {WAVES} waves of {N}; all rungs with scaled "
        f"tests, difference tests and fit indices. Python {platform.python_version()}, {date.today()}, one thread. "
        f"Medians of {RUNS['ordinal']} and {RUNS['continuous']} runs; lavaan once. The ratio is of processor time.",
        "",
        "| ladder | wall, s | processor, s | target, s | lavaan wall, s | lavaan processor, s | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (wall, cpu, chisq) in found.items():
        if beside is None:
            other = "not measured | – | –"
        else:
            part = beside[beside["ladder"] == name]
            np.testing.assert_allclose(chisq, part["chisq"], rtol=1e-5)
            other = f"{part['wall'].sum():.1f} | {part['cpu'].sum():.1f} | {part['cpu'].sum() / cpu:.0f}"
        lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | < {TARGETS[name]:.0f} | {other} |")
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    if busy > 1.5:
        lines += [
            "",
            f"The machine was busy ({busy:.0f} jobs a core): the wall clock shows that, processor time does not.",
        ]
    if beside is not None:
        versions = beside["versions"].iloc[0]
        lines += ["", f"{versions}. The scaled χ² of every rung agrees within 1e-5."]
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", action="store_true", help="without lavaan")
    given = parser.parse_args()
    table = answers()
    text = page(ours(table), None if given.alone else theirs(table))
    (HERE / "wave_speed.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
