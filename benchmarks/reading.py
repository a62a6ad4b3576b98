"""How long a wave takes to read, by kind of file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import pandas as pd

from benchmarks.jobs import timed
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from tests.survey import platforms

ROWS = 20_000
SEED = 11


def table(runs: int) -> list[str]:
    """Markdown: what `ROWS` rows of the questionnaire's 78 columns cost, as .csv and as .xlsx."""
    answers = synthetic_wave(SEED).answers.reset_index(drop=True)
    many = pd.concat([answers] * (ROWS // len(answers) + 1), ignore_index=True).head(ROWS)
    lines = ["| file | MB | cpu s | wall s |", "|---|---:|---:|---:|"]
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("csv", "xlsx"):
            path = Path(folder) / f"wave.{ending}"
            if ending == "csv":
                many.to_csv(path, index=False)
            else:
                path.write_bytes(platforms.workbook(many))
            found = timed(lambda path=path: float(Wave.read(path).n), runs)  # type: ignore[misc]
            size = path.stat().st_size / 2**20
            lines.append(f"| .{ending} | {size:.1f} | {median(found.cpu):.2f} | {median(found.wall):.2f} |")
    return lines
