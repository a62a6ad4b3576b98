"""How fast: this package, and lavaan beside it where `Rscript` and lavaan are present.

    python -m benchmarks [--quick]

Both programs read the same answers and the same spec text, on one thread. Prints a table of medians and
ratios and writes it to `benchmarks/results.md`. The ratio is of processor time, which other work on the machine
disturbs least; the wall clock stands beside it.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import tempfile
from datetime import date
from pathlib import Path
from shutil import which
from statistics import median

import numpy as np
import pandas as pd
import scipy
from threadpoolctl import threadpool_limits

import mkb21sem
from benchmarks.jobs import BCA_DRAWS, DRAWS, SIZES, Job, N, Timing, every_interval, jobs, profile, rows, timed, wave
from benchmarks.reading import ROWS, table
from benchmarks.survey import five_point, spec, with_holes

HERE = Path(__file__).parent
LAVAAN_DRAWS = 20
LAVAAN_RUNS = {"ML": (11, 3), "MLR": (5, 1), "WLSMV": (5, 1), "FIML": (1, 1)}
"""Full and quick. lavaan's FIML indices take minutes, so one run has to do."""


def has_lavaan() -> bool:
    """Whether `Rscript` starts and finds lavaan."""
    asked = ["Rscript", "-e", 'quit(status = !requireNamespace("lavaan", quietly = TRUE))']
    return which("Rscript") is not None and subprocess.run(asked, capture_output=True, check=False).returncode == 0


def lavaan(quick: bool) -> tuple[dict[str, Timing], str]:
    """Time lavaan on one thread; its timings by job, and the versions of R and lavaan."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "spec.txt").write_text(spec() + "\n", encoding="utf-8")
        default, answers = wave()
        (folder / "mkb21.txt").write_text(str(default) + "\n", encoding="utf-8")
        answers.to_csv(folder / "mkb21.csv", index=False)
        five_point(N).to_csv(folder / "five.csv", index=False)
        with_holes(N).to_csv(folder / "holes.csv", index=False, na_rep="NA")
        runs = [str(pair[quick]) for pair in LAVAAN_RUNS.values()]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        command = ["Rscript", str(HERE / "lavaan.R"), str(folder), *runs, str(LAVAAN_DRAWS)]
        subprocess.run(command, check=True, env=os.environ | threads)
        lines = pd.read_csv(folder / "timings.csv")
        versions = pd.read_csv(folder / "versions.csv", dtype=str)
    scale = lines["job"].map({"bootstrap": DRAWS / LAVAAN_DRAWS, "bca": BCA_DRAWS / LAVAAN_DRAWS}).fillna(1.0)
    lines[["wall", "cpu"]] = lines[["wall", "cpu"]].mul(scale, axis=0)
    found = {
        str(job): Timing(tuple(runs["wall"]), tuple(runs["cpu"]), float(runs["chisq"].iloc[0]))
        for job, runs in lines.groupby("job", sort=False)
    }
    return found, ", ".join(f"{line.program} {line.version}" for line in versions.itertuples())


def against(work: tuple[Job, ...], ours: dict[str, Timing], theirs: dict[str, Timing]) -> list[str]:
    """The table of jobs, and under it a profile of each one whose ratio is below its target."""
    lines = [
        "| job | ours, cpu s | ours, wall s | runs | lavaan, cpu s | lavaan, wall s | runs | ratio (cpu) | target | "
        "χ² ours | χ² lavaan |",
        "|---|" + "---:|" * 10,
    ]
    missed = []
    for job in work:
        mine = ours[job.name]
        cells = [job.says, f"{median(mine.cpu):.4f}", f"{median(mine.wall):.4f}", str(len(mine.cpu))]
        if job.name in theirs:
            other = theirs[job.name]
            ratio = median(other.cpu) / median(mine.cpu)
            cells += [f"{median(other.cpu):.3f}", f"{median(other.wall):.3f}", str(len(other.cpu)), f"{ratio:.1f}"]
            if ratio < job.target:
                missed.append(f"- {job.says}: {ratio:.1f}, not {job.target:g}. Its time goes: {profile(job.run)}.")
        else:
            cells += ["", "", "", ""]
        cells += [f"≥ {job.target:g}", _number(mine.chisq)]
        cells.append(_number(theirs[job.name].chisq) if job.name in theirs else "")
        lines.append("| " + " | ".join(cells) + " |")
    if theirs:
        lines += ["", "Targets missed:" if missed else "Every target is reached.", *([""] if missed else []), *missed]
    return lines


def by_rows(found: dict[int, Timing]) -> list[str]:
    """What a row costs: all told, and each row more than the size before."""
    lines = ["| N | cpu s | wall s | µs a row | µs for each row more |", "|---:|---:|---:|---:|---:|"]
    before: tuple[int, float] | None = None
    for n, timing in found.items():
        cpu = median(timing.cpu)
        more = f"{1e6 * (cpu - before[1]) / (n - before[0]):.2f}" if before else ""
        lines.append(f"| {n:,} | {cpu:.4f} | {median(timing.wall):.4f} | {1e6 * cpu / n:.2f} | {more} |")
        before = n, cpu
    return lines


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"


def machine() -> str:
    """Processor and cores."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{named[0] if named else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def text(quick: bool) -> str:
    """The whole benchmark as Markdown."""
    work = jobs()
    ours = {job.name: timed(job.run, job.quick if quick else job.runs) for job in work}
    cost = rows(3 if quick else 7)
    two = median(timed(lambda: every_interval(2), 1 if quick else 3).wall)
    theirs, versions = lavaan(quick) if has_lavaan() else ({}, "Rscript with lavaan was not found: only our own times")
    python = f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    lines = [
        "# Speed",
        "",
        "Written by `make bench`; a benchmark, not a test.",
        "",
        f"{date.today()}. {machine()}; load averages at the end {load}. mkb21sem {mkb21sem.__version__}, {python}, "
        f"pandas {pd.__version__}. {versions}. One thread each.{' Quick run.' if quick else ''}",
        "",
        f"38 five-point items, 9 latents, 94 free parameters, N = {N} (`benchmarks/survey.py`). Medians over runs "
        "after a first run that isn't counted (lavaan: one of ML). The ratio is of processor seconds. Indices are all "
        "that `indices()` and `fitMeasures()` give.",
        "",
        *against(work, ours, theirs),
        "",
        f"lavaan's bootstrap: {LAVAAN_DRAWS} draws of `bootstrapLavaan`, times {DRAWS / LAVAAN_DRAWS:g} or "
        f"{BCA_DRAWS / LAVAAN_DRAWS:g}; the draws only, as it has no BCa. Ours includes fit, jackknife and intervals. "
        f"In two processes that takes {two:.1f} s by the wall clock (target: 15 s).",
        "",
        "## Cost of a row",
        "",
        f"ML fit from a table of 38 complete normal columns, N = {' / '.join(f'{n:,}' for n in SIZES)}. The fit itself "
        "works on moments, so only the pass over the rows grows with N.",
        "",
        *by_rows(cost),
        "",
        "## Reading a wave",
        "",
        f"{ROWS:,} rows of the questionnaire, all cells checked against the codebook.",
        "",
        *table(1 if quick else 5),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--quick", action="store_true", help="fewer runs")
    ask.add_argument("--out", type=Path, default=HERE / "results.md", help="where the table goes")
    told = ask.parse_args()
    with threadpool_limits(1):
        written = text(told.quick)
    print(written)
    told.out.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
