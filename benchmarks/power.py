"""How fast power is simulated: five-point answers drawn and fitted by MLR, and lavaan doing the same beside it.

    python -m benchmarks.power [--replications 1000] [--theirs 20]

Both draw samples of 256 from the default model's population with the reference wave's answer categories, fit the
default model by MLR and keep estimates, standard errors and the robust test. lavaan runs fewer samples, scaled up; it
also runs without its baseline model, which power doesn't need. Writes `power.md`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.__main__ import has_lavaan, machine
from mkb21sem.infer.planning.answers import Source, source
from mkb21sem.infer.planning.noncentrality import AtPopulation, at_population
from mkb21sem.infer.planning.population import population
from mkb21sem.infer.planning.simulate import Simulated, simulate
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.survey import population as invented
from mkb21sem.survey.synthetic import synthetic_wave

HERE = Path(__file__).parent
N, SEED, TARGET, SECONDS = 256, 1, 20.0, 30.0


def setting() -> tuple[AtPopulation, Source]:
    """The default model at its population, and samples with the reference wave's categories."""
    model = Model.read("mkb21")
    at = at_population(model, population(invented.population(), model))
    return at, source(at.layout.observed, at.Sigma, synthetic_wave().frame(at.layout.observed))


def timed(run: Callable[[], Simulated]) -> tuple[float, float, Simulated]:
    """Wall and processor seconds of a run, and what it gave."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = run()
    return time.perf_counter() - wall, time.process_time() - cpu, found


def lavaan(at: AtPopulation, origin: Source, replications: int) -> pd.DataFrame:
    """lavaan's seconds for so many samples, with and without a baseline: job wall cpu power."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = "\n".join(str(arrow).partition("#")[0] for arrow in Model.read("mkb21").arrows)
        (folder / "spec.txt").write_text(spec + "\n", encoding="utf-8")
        pd.DataFrame(origin.root, columns=list(origin.names)).to_csv(folder / "root.csv", index=False)
        rows = [
            (item, level, cut)
            for item, margin in zip(origin.names, origin.margins, strict=True)
            for level, cut in zip(margin.levels, [*margin.cuts, np.inf], strict=True)
        ]
        pd.DataFrame(rows, columns=["item", "level", "cut"]).to_csv(folder / "margins.csv", index=False)
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        command = ["Rscript", str(HERE / "power.R"), str(folder), str(N), str(replications)]
        subprocess.run(command, check=True, env=os.environ | threads)
        return pd.read_csv(folder / "timings.csv").set_index("job")


def text(replications: int, theirs: int) -> str:
    """The benchmark as Markdown."""
    at, origin = setting()
    claims = Hypothesis.read("mkb21")

    def run(workers: int) -> Simulated:
        return simulate(at, origin, claims, N, replications, seed=SEED, workers=workers)[0]

    wall, cpu, one = timed(lambda: run(1))
    wall2, _, two = timed(lambda: run(2))
    same = np.array_equal(one.est, two.est) and np.array_equal(one.se, two.se)
    place = [claim.id for claim in claims].index("H9")
    power = float((one.est[:, place] / one.se[:, place] > 1.6448536269514722).mean())
    lines = [
        "# Speed of simulated power",
        "",
        "Written by `python -m benchmarks.power`; a benchmark, not a test.",
        "",
        f"{date.today()}. {machine()}; load averages {', '.join(f'{part:.1f}' for part in os.getloadavg())}. Default "
        f"model of MKB21 (25 variables, 71 parameters), N = {N}, {replications:,} samples with the answer categories "
        "of the reference wave, fitted by MLR with robust standard errors and test.",
        "",
        "| program | wall s | cpu s | cpu s a sample | power of H9 |",
        "|---|---:|---:|---:|---:|",
        f"| mkb21sem, 1 process | {wall:.1f} | {cpu:.1f} | {cpu / replications:.4f} | {power:.3f} |",
        f"| mkb21sem, 2 processes | {wall2:.1f} | | | {'the same bits' if same else 'OTHER NUMBERS'} |",
    ]
    verdicts = [
        f"Target: under {SECONDS:g} s on two cores; taken {min(wall, wall2):.1f} s by the wall clock (with the load "
        f"above beside it), {cpu:.1f} s of one processor."
    ]
    if has_lavaan():
        table = lavaan(at, origin, theirs)
        scale = replications / theirs
        for job, row in table.iterrows():
            each = row["cpu"] / theirs
            lines.append(
                f"| {job} | {row['wall'] * scale:.0f} | {row['cpu'] * scale:.0f} | {each:.4f} | {row['power']:.3f} |"
            )
        ratio = table["cpu"].min() / theirs / (cpu / replications)
        verdicts.append(f"Target: {TARGET:g} times lavaan's speed; reached {ratio:.0f} times (its faster variant).")
        verdicts.append(f"lavaan's times are those of {theirs} samples, times {scale:g}.")
    return "\n".join([*lines, "", *verdicts, ""])


def main() -> None:
    """Run and write `power.md`."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--replications", type=int, default=1000)
    ask.add_argument("--theirs", type=int, default=20)
    told = ask.parse_args()
    written = text(told.replications, told.theirs)
    (HERE / "power.md").write_text(written, encoding="utf-8")
    print(written)


if __name__ == "__main__":
    main()
